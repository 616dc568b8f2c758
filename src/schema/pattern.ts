import { RE2JS } from 're2js';
import type { Budget } from './budget.ts';
import { splitLookAheads } from './look-ahead.ts';
import { patternWork } from './pattern-work.ts';

/** What Ajv asks of a regular expression engine. */
type PatternCompiler = {
  (pattern: string, flags: string): { readonly test: (text: string) => boolean; readonly toString: () => string };
  code: string;
};

/**
 * RE2's time grows with the text's length, and at worst with its product with the program's: some 10 ns for each instruction where
 * the pattern defeats its automaton, 100 ns in all where it does not, as nearly always. A quarter of the worst is charged, so that
 * ordinary bounded repetitions (`{1,63}`) stay cheap.
 */
const STEPS_PER_CHARACTER = 10;
const INSTRUCTIONS_PER_STEP = 4;
/** Of the program of one pattern, as estimated. Ordinary ones have some hundred. */
const MAX_INSTRUCTIONS = 20_000;

/**
 * Compiles the patterns of schemas (ECMA-262 with the flag u, 2020-12 section 6.4) for RE2, which runs in linear time. A pattern
 * must be valid for both: look-around and back-references, which need backtracking, are refused, and so is what only RE2 knows. Only
 * look-aheads at a pattern's beginning are taken: they are patterns of their own (see look-ahead.ts).
 * Where the two differ in what `.` and `\s` mean for line separators and exotic blanks, RE2's meaning holds.
 *
 * @throws SyntaxError for a pattern that one of the two does not know, or that is too large. What it takes to compile one is for the caller to bound
 *   (see `compilationWork`).
 */
export function createPatternCompiler(budget: Budget): PatternCompiler {
  // The same few patterns stand in most of a server's schemas.
  const compiled = new Map<string, ReturnType<PatternCompiler>>();
  const compile = (pattern: string): ReturnType<PatternCompiler> => {
    const known = compiled.get(pattern);
    if (known !== undefined) return known;
    refuseSize(pattern);
    // Compiled, never run: it is only asked whether the pattern is one in ECMA-262.
    new RegExp(pattern, 'u');
    const { lookAheads, rest } = splitLookAheads(pattern) ?? { lookAheads: [], rest: pattern };
    const expression = compileLinear(rest, pattern);
    const before = lookAheads.map((one) => ({ ...one, expression: compileLinear(one.pattern, pattern) }));
    const size = [expression, ...before.map((one) => one.expression)].reduce((sum, one) => sum + one.programSize(), 0);
    const steps = Math.max(STEPS_PER_CHARACTER * (1 + before.length), size / INSTRUCTIONS_PER_STEP);
    const made: ReturnType<PatternCompiler> = {
      test: (text) => {
        budget.spend((text.length + 1) * steps);
        return before.every((one) => one.expression.test(text) !== one.negative) && expression.test(text);
      },
      // Ajv takes patterns of equal text for one.
      toString: () => `re2:${pattern}`,
    };
    compiled.set(pattern, made);
    return made;
  };
  // What Ajv would write into generated source; it only keys its tables with it here.
  return Object.assign(compile, { code: 're2' });
}

function refuseSize(pattern: string): void {
  const { instructions } = patternWork(pattern);
  if (instructions > MAX_INSTRUCTIONS) {
    throw new SyntaxError(
      `a pattern repeats too much: it would become a program of more than ${MAX_INSTRUCTIONS} instructions; lower its counted repetitions`,
    );
  }
}

function compileLinear(pattern: string, whole: string): RE2JS {
  try {
    return RE2JS.compile(RE2JS.translateRegExp(pattern));
  } catch (cause) {
    throw new SyntaxError(
      `the pattern ${whole} cannot run without backtracking; rewrite it without look-around, save look-aheads at its beginning, and back-references`,
      { cause },
    );
  }
}
