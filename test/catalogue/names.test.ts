import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { nameProblem } from '../../src/catalogue/names/restriction.ts';
import { looksOf, skeleton } from '../../src/catalogue/names/skeleton.ts';

const vectors: { allowed: [string, string][]; refused: [string, string, string][] } = JSON.parse(
  readFileSync(new URL('../vectors/catalogue/names.json', import.meta.url), 'utf8'),
);

describe('a name', () => {
  for (const [what, name] of vectors.allowed) {
    it(`may be of ${what}`, () => assert.equal(nameProblem(name), undefined));
  }
  for (const [what, name, problem] of vectors.refused) {
    it(`may not have ${what}`, () => assert.ok(nameProblem(name)?.includes(problem), String(nameProblem(name))));
  }
});

describe('the skeleton of a text', () => {
  it('is the same for what looks the same', () => {
    assert.equal(skeleton('\u0440\u0430\u0443\u0440\u0430l'), skeleton('paypal'));
    assert.equal(skeleton('1I|l'), 'llll');
    assert.equal(skeleton('modem'), 'rnodern');
    assert.equal(skeleton('a\u200bb\ufe0f'), 'ab');
    assert.notEqual(skeleton('mail'), skeleton('mall'));
  });

  it('of a skeleton is itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => assert.equal(skeleton(skeleton(text)), skeleton(text))),
    );
  });

  it('is made the same way of ASCII and of what has more', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => {
        // A character that is its own skeleton and joins with nothing.
        assert.equal(skeleton(`${text}\u6c34`), `${skeleton(text)}\u6c34`);
        assert.deepEqual(
          looksOf(`${text}\u6c34`),
          looksOf(text).map((look) => `${look}\u6c34`),
        );
      }),
    );
  });
});
