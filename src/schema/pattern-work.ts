/** What a pattern comes to, as far as its text tells. */
export type PatternWork = {
  /** Of the program that it compiles into, about. */
  readonly instructions: number;
  /** To compile it, in steps of some 10 ns. */
  readonly steps: number;
};

const STEPS_PER_CHARACTER = 200;
const STEPS_PER_INSTRUCTION = 250;
/** Each copy of a class goes through all its ranges. */
const STEPS_PER_RANGE = 8;
/** A Unicode property: its table is read, sorted and merged. \p{L} has the most ranges, some 660. */
const STEPS_PER_PROPERTY = 30_000;
const RANGES_OF_A_PROPERTY = 700;
/** `\w` and its like. */
const RANGES_OF_AN_ESCAPE = 4;
/** The members of a class are sorted, at worst each against each. */
const COMPARISONS_PER_STEP = 10;
/** Where letters' case is passed over, a class is gone through by code points. */
const STEPS_PER_FOLDED_CLASS = 500_000;

/** One at the beginning becomes a program of its own. */
const STEPS_PER_LOOK_AHEAD = 20_000;

type Atom = { readonly instructions: number; readonly ranges: number };
/** What stands in a group so far; the last atom apart, as a quantifier may follow. */
type Group = { instructions: number; ranges: number; last: Atom };

const NOTHING: Atom = { instructions: 0, ranges: 0 };
/** Bounded, or a text of nothing but openings would be gone through from each of them. What is longer is counted as single characters. */
const QUANTIFIER = /\{(\d{1,9})(,?)(\d{0,9})\}/y;
const GROUP = /\(\?(?:[=!:]|<[=!]|<[^>]{0,64}>|[ims-]{0,8}:)/y;
const ESCAPE = /\\(?:[pP]\{[^}]{0,64}\}|u\{[^}]{0,64}\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|c[A-Za-z]|k<[^>]{0,64}>|.)/suy;

/**
 * Estimates, from above, what the compilation of a pattern takes, in time that grows with its length alone. Whoever wrote the pattern
 * controls it: eleven characters, `^\p{L}{99}1`, take RE2 some 10 ms.
 *
 * @param pattern anything; what is no pattern is estimated somehow
 */
export function patternWork(pattern: string): PatternWork {
  let steps = pattern.length * STEPS_PER_CHARACTER;
  let folds = false;
  const groups: Group[] = [];
  let group = emptyGroup();
  let at = 0;

  const matchAt = (expression: RegExp): RegExpExecArray | null => {
    expression.lastIndex = at;
    return expression.exec(pattern);
  };
  const atom = (instructions: number, ranges: number) => {
    settle(group);
    group.last = { instructions, ranges };
  };
  const charge = ({ properties, members }: ClassText) => {
    steps += properties * STEPS_PER_PROPERTY + members + members ** 2 / COMPARISONS_PER_STEP;
    if (folds) steps += STEPS_PER_FOLDED_CLASS;
    atom(1, properties * RANGES_OF_A_PROPERTY + members + 1);
  };

  while (at < pattern.length) {
    const character = pattern[at];
    if (character === '\\') {
      const [escaped] = matchAt(ESCAPE) ?? ['\\'];
      at += escaped.length;
      if (/^\\[pPwWsSdD]/.test(escaped)) charge(classText(escaped));
      else atom(1, 1);
    } else if (character === '[') {
      const end = endOfClass(pattern, at);
      charge(classText(pattern.slice(at, end)));
      at = end;
    } else if (character === '(') {
      const [opening] = matchAt(GROUP) ?? ['('];
      if (opening === '(?=' || opening === '(?!') steps += STEPS_PER_LOOK_AHEAD;
      folds ||= /^\(\?[ims-]+:$/.test(opening);
      groups.push(group);
      group = emptyGroup();
      at += opening.length;
    } else if (character === ')') {
      settle(group);
      // Two more to capture.
      const inner: Atom = { instructions: group.instructions + 2, ranges: group.ranges };
      group = groups.pop() ?? emptyGroup();
      atom(inner.instructions, inner.ranges);
      at += 1;
    } else if (character === '*' || character === '+' || character === '?') {
      group.last = { ...group.last, instructions: group.last.instructions + 1 };
      at += 1;
    } else {
      const counted = character === '{' ? matchAt(QUANTIFIER) : null;
      if (counted === null) atom(1, 1);
      else group.last = repeated(group.last, counted);
      at += counted?.[0].length ?? 1;
    }
  }
  for (;;) {
    settle(group);
    const outer = groups.pop();
    if (outer === undefined) break;
    outer.instructions += group.instructions;
    outer.ranges += group.ranges;
    group = outer;
  }
  const { instructions, ranges } = group;
  return { instructions, steps: steps + instructions * STEPS_PER_INSTRUCTION + ranges * STEPS_PER_RANGE };
}

function emptyGroup(): Group {
  return { instructions: 0, ranges: 0, last: NOTHING };
}

function settle(group: Group): void {
  group.instructions += group.last.instructions;
  group.ranges += group.last.ranges;
  group.last = NOTHING;
}

/** Copies of the atom, each optional one with a choice of its own. */
function repeated({ instructions, ranges }: Atom, [, least, comma, most]: RegExpExecArray): Atom {
  const [from, to] = [Number(least), Number(most)];
  const copies = Math.max(1, from, to) + (comma !== '' && most === '' ? 1 : 0);
  return { instructions: copies * (instructions + (comma === '' ? 0 : 1)), ranges: copies * ranges };
}

type ClassText = { readonly properties: number; readonly members: number };

/** What a class lists; escapes stand for one member or a few. */
function classText(text: string): ClassText {
  let properties = 0;
  let members = 0;
  for (let at = 0; at < text.length; ) {
    ESCAPE.lastIndex = at;
    const escaped = text[at] === '\\' ? ESCAPE.exec(text)?.[0] : undefined;
    at += escaped?.length ?? 1;
    if (escaped !== undefined && /^\\[pP]\{/.test(escaped)) properties += 1;
    else members += escaped === undefined ? 1 : RANGES_OF_AN_ESCAPE;
  }
  return { properties, members };
}

/** The place behind the class that begins at `from`. */
function endOfClass(pattern: string, from: number): number {
  for (let at = from + 1; at < pattern.length; at += 1) {
    if (pattern[at] === '\\') at += 1;
    else if (pattern[at] === ']') return at + 1;
  }
  return pattern.length;
}
