import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createBudget } from '../../src/schema/budget.ts';
import { splitLookAheads } from '../../src/schema/look-ahead.ts';
import { createPatternCompiler } from '../../src/schema/pattern.ts';

const compile = createPatternCompiler(createBudget(Number.POSITIVE_INFINITY));
/** What zod 4 writes for `z.email()`. */
const EMAIL = "^(?!\\.)(?!.*\\.\\.)([A-Za-z0-9_'+\\-\\.]*)[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\\-]*\\.)+[A-Za-z]{2,}$";
const PATTERNS = [
  EMAIL,
  '^(?=.*[0-9])(?=.*[a-z]).{3,}$',
  '^(?!a|b)[ab@.]*$',
  '^(?!(?:a|\\))b)a?\\)?b*$',
  '^(?![)a])[)ab.]+$',
  '^(?!\\[a)\\[?[ab]*$',
  '^(?!)a',
  '^(?=)a*$',
];

describe('look-aheads at the beginning of a pattern', () => {
  it('mean what they mean in ECMA-262', () => {
    const text = fc.string({ unit: fc.constantFrom(...'ab.@)[0Z|\n'), maxLength: 8 });
    fc.assert(
      fc.property(fc.constantFrom(...PATTERNS), text, (pattern, value) => {
        // RE2 and ECMA-262 differ in what `.` means for line separators alone, and `\n` is one for both.
        assert.equal(compile(pattern, 'u').test(value), new RegExp(pattern, 'u').test(value), `${pattern} ${value}`);
      }),
      { numRuns: 5000 },
    );
    for (const address of ['a@b.co', '.a@b.co', 'a..b@c.de', 'a.b@c.de', 'a@b', "o'x+y@z.org"]) {
      assert.equal(compile(EMAIL, 'u').test(address), new RegExp(EMAIL, 'u').test(address), address);
    }
  });

  it('are taken off only where they bind the whole of the rest', () => {
    for (const pattern of ['^(?!a)b|c', '(?!a)b', '^a(?!b)', '^(?!a)(?:b|c)$|d', 'a', '^(?<!a)b']) {
      assert.equal(splitLookAheads(pattern), undefined, pattern);
    }
    assert.deepEqual(splitLookAheads('^(?!a|b)(?=[|)]x)(?:c|d)[|]\\|$'), {
      lookAheads: [
        { negative: true, pattern: '^(?:a|b)' },
        { negative: false, pattern: '^(?:[|)]x)' },
      ],
      rest: '^(?:c|d)[|]\\|$',
    });
  });

  it('elsewhere are refused, and so is what would need backtracking inside', () => {
    for (const pattern of ['^a(?!b)c$', '^(?!a)b|c', '^(?!(a)\\1)a', '^(?!(?!a)b)a', '^(?<=a)b']) {
      assert.throws(() => compile(pattern, 'u'), /without backtracking/, pattern);
    }
  });
});
