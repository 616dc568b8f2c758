import assert from 'node:assert/strict';
import fc from 'fast-check';
import { canonicalize } from '../../src/model/canonical.ts';
import { parseStrictJsonText } from '../../src/model/strict-json.ts';

describe('RFC 8785', () => {
  it('writes the example of section 3.2.2', () => {
    const value = {
      numbers: [JSON.parse('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '€$\u000f\nA\'B"\\\\"/',
      literals: [null, true, false],
    };
    assert.equal(
      canonicalize(value),
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it('sorts members by UTF-16 code units, as the example of section 3.2.3', () => {
    const value = {
      '€': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '😀': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      ö: 'Latin Small Letter O With Diaeresis',
    };
    assert.deepEqual(Object.values(JSON.parse(canonicalize(value))), [
      // JSON.parse puts the integer-like name first by itself; the text below shows the order.
      'One',
      'Carriage Return',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]);
    assert.ok(canonicalize(value).startsWith('{"\\r":"Carriage Return","1":"One"'));
  });

  it('refuses what JSON cannot say', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, '\ud800']) {
      assert.throws(() => canonicalize([value]), TypeError);
      assert.throws(() => canonicalize({ '\ud800': 1, a: value }), TypeError);
    }
  });

  it('is stable: what it wrote, parsed and written again, has the same bytes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = canonicalize(JSON.parse(JSON.stringify(value)));
        assert.equal(canonicalize(JSON.parse(text)), text);
      }),
    );
  });

  it('writes a member named __proto__ like any other', () => {
    assert.equal(canonicalize(parseStrictJsonText('{"b":1,"__proto__":2}')), '{"__proto__":2,"b":1}');
  });
});
