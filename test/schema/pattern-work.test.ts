import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { createBudget } from '../../src/schema/budget.ts';
import { createPatternCompiler } from '../../src/schema/pattern.ts';
import { patternWork } from '../../src/schema/pattern-work.ts';

/** Patterns as the grammar of ECMA-262 has them, of what both engines know. */
const { pattern } = fc.letrec<{ pattern: string; term: string; atom: string }>((tie) => ({
  pattern: fc
    .array(fc.array(tie('term'), { maxLength: 4 }), { minLength: 1, maxLength: 3 })
    .map((alternatives) => alternatives.map((terms) => terms.join('')).join('|')),
  term: fc
    .tuple(tie('atom'), fc.constantFrom('', '', '*', '+', '?', '*?', '{3}', '{2,}', '{2,9}', '{0,4}?'))
    .map((parts) => parts.join('')),
  atom: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom('a', '.', '\\d', '\\p{Lu}', '[a-z0-9_]', '[^\\]\\p{N}]', '\\u00e9', '\\u{1f600}', '\\/', '[(]'),
    fc.tuple(fc.constantFrom('(', '(?:'), tie('pattern')).map(([opening, inner]) => `${opening}${inner})`),
  ),
}));

/** Undefined for what RE2 does not take: repetitions of more than 1,000 in all. */
function programSize(text: string): number | undefined {
  try {
    return RE2JS.compile(RE2JS.translateRegExp(text)).programSize();
  } catch {
    return undefined;
  }
}

describe('the work that a pattern is', () => {
  it('is estimated from above by the size of its program', () => {
    fc.assert(
      fc.property(pattern, (text) => {
        const size = programSize(text);
        fc.pre(size !== undefined);
        // Beginning and end of every program are of no pattern.
        assert.ok(size <= patternWork(text).instructions * 1.5 + 10, `${size} ${patternWork(text).instructions}`);
      }),
    );
  });

  it('is little for what people write', () => {
    for (const text of [
      '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$',
      '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
      '^(?:[a-z0-9]+(?:\\.[a-z0-9]+)*)@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\\.)+[a-z0-9]+$',
      '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?(Z|[+-]\\d{2}:\\d{2})$',
    ]) {
      assert.ok(patternWork(text).steps < 100_000, text);
    }
    assert.ok(patternWork('^[\\p{L}\\p{N}]{1,63}$').steps < 1_000_000);
  });

  it('is much for few characters that are made to be slow', () => {
    for (const text of [
      '^\\p{L}{99}1',
      '(?i:[a-\\u{ffff}])',
      '(?:(?:[a-z]{1,10}){1,10}){1,10}',
      '\\p{L}|'.repeat(20),
      `[${'\\p{L}'.repeat(20)}]`,
      `[${'ab'.repeat(2_000)}]`,
      `^${'(?=a)(?!b)'.repeat(10)}a`,
    ]) {
      assert.ok(patternWork(text).steps > 400_000, text);
    }
  });

  it('is estimated quickly, whatever the text', () => {
    for (const text of ['(', '[', '\\', '{9', '(?<', ')', '{999}', '\\p{', '(?i', '(?:', '|', '[^']) {
      assert.ok(patternWork(text.repeat(30_000)).steps > 0, text);
      assert.ok(patternWork(`a${text}`.repeat(20_000)).steps > 0, text);
    }
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => patternWork(text).steps >= 0));
  });

  it('is refused before anything is compiled where the program would be too large', () => {
    const compile = createPatternCompiler(createBudget());
    for (const text of ['(?:a{1000}){1000}', '((a{1,100}){1,100}){1,100}', '(?:\\p{L}{1000}x){100}']) {
      assert.throws(() => compile(text, 'u'), /^SyntaxError: a pattern repeats too much/);
    }
    assert.equal(compile('^a{1,1000}$', 'u').test('a'.repeat(1_000)), true);
  });
});
