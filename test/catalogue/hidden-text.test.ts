import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { hiddenCharacter } from '../../src/catalogue/hidden-text.ts';
import { codePoint } from '../../src/catalogue/names/restriction.ts';

const vectors: { what: string; text: string; hidden: string | null }[] = JSON.parse(
  readFileSync(new URL('../vectors/catalogue/hidden-text.json', import.meta.url), 'utf8'),
);

describe('text that people do not see', () => {
  for (const { what, text, hidden } of vectors) {
    it(`is ${hidden === null ? 'not' : hidden} in ${what}`, () => {
      const found = hiddenCharacter(text);
      assert.equal(found === undefined ? null : codePoint(found.character), hidden);
    });
  }

  it('is found wherever it stands', () => {
    const carriers = fc.constantFrom('\u200b', '\u2060', '\ufeff', '\u202e', '\u{e0041}', '\u00ad', '\u0000', '\u3164');
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        carriers,
        fc.string({ unit: 'grapheme' }),
        (before, hidden, after) => {
          assert.notEqual(hiddenCharacter(`${before}${hidden}${after}`), undefined);
        },
      ),
    );
  });
});
