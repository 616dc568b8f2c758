import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compileText, patternProblem } from '../../../src/trust/authority/pattern.ts';

describe('patterns of identities', () => {
  it('match the whole of a text and nothing around it', () => {
    const matches = compileText({ pattern: '^https://github\\.com/acme/(?:tools|site)$' });
    assert.equal(matches('https://github.com/acme/tools'), true);
    for (const text of [
      'https://github.com/acme/tools2',
      'https://github.com/acme/tools\n',
      ' https://github.com/acme/tools',
      'https://github.com/acme/tools\nhttps://github.com/acme/tools',
      'https://githubXcom/acme/tools',
      'https://github.com/acme/TOOLS',
      '',
    ]) {
      assert.equal(matches(text), false, JSON.stringify(text));
    }
  });

  it('match printable ASCII alone, whatever they say', () => {
    const anything = compileText({ pattern: '^[^x]+$' });
    assert.equal(anything('abc'), true);
    for (const text of ['аbc', 'a\u0000', 'a\u0080', 'a\u0141', 'a\t', '']) assert.equal(anything(text), false, text);
    assert.equal(compileText({ exact: 'é' })('é'), false);
  });

  it('hold brackets, anchors and strokes as characters where they are escaped or in a class', () => {
    for (const [pattern, text] of [
      ['^a\\$$', 'a$'],
      ['^\\^a$', '^a'],
      ['^a\\|b$', 'a|b'],
      ['^[a|b]$', '|'],
      ['^[$^]+$', '$^'],
      ['^[]a]$', ']'],
      ['^[^]a]$', 'b'],
      ['^[[:digit:]|]+$', '1|'],
      ['^[\\]|]$', '|'],
      ['^(?:a|(b|c))$', 'c'],
      ['^\\\\$', '\\'],
    ] as const) {
      assert.equal(patternProblem(pattern), undefined, pattern);
      assert.equal(compileText({ pattern })(text), true, pattern);
    }
  });

  it('are compiled only where they passed the check', () => {
    assert.throws(() => compileText({ pattern: 'a' }), TypeError);
  });

  it('take linear time over what would hang an engine that backtracks', () => {
    const matches = compileText({ pattern: '^(?:a+)+$' });
    assert.equal(matches(`${'a'.repeat(8000)}!`), false);
    assert.equal(matches('a'.repeat(9000)), false, 'no identity is that long');
  });

  it('once exact, are met by no other text', () => {
    const text = fc.string({ unit: fc.constantFrom(...'abc.*/^$\\|() '), minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(text, text, (exact, other) => {
        const matches = compileText({ exact });
        assert.equal(matches(exact), true);
        assert.equal(matches(other), other === exact);
        assert.equal(matches(exact + other) || matches(other + exact), false);
      }),
    );
  });

  it('once accepted, match nothing with a stranger before, behind or on a line of its own', () => {
    // Neither dots nor negated classes: nothing in these patterns stands for a tilde.
    const unit = fc.constantFrom(
      'a',
      'b',
      '(',
      '(?:',
      ')',
      '|',
      '[',
      ']',
      '^',
      '$',
      '\\',
      '*',
      '+',
      '?',
      '\\$',
      '{2}',
      '(?m)',
    );
    const texts = fc.string({ unit: fc.constantFrom(...'ab()[]|$^\\'), maxLength: 6 });
    let accepted = 0;
    let matched = 0;
    fc.assert(
      fc.property(
        fc.array(unit, { minLength: 1, maxLength: 8 }),
        fc.array(texts, { maxLength: 20 }),
        (units, tried) => {
          const pattern = `^${units.join('')}$`;
          fc.pre(!pattern.includes('[^') && patternProblem(pattern) === undefined);
          accepted += 1;
          const matches = compileText({ pattern });
          for (const text of [...tried, 'a', 'ab', 'aa']) {
            if (matches(text)) matched += 1;
            for (const longer of [`~${text}`, `${text}~`, `${text}\n~`, `~\n${text}`])
              assert.equal(matches(longer), false);
          }
        },
      ),
      { numRuns: 500, maxSkipsPerRun: 100 },
    );
    assert.ok(accepted > 0 && matched > 0, `${accepted} accepted, ${matched} matches`);
  });
});
