import { RE2JS } from 're2js';
import { classEnd } from './pattern.ts';

/** A pattern taken apart. Every character of it stands for those of printable ASCII that it matches: nothing else is ever compared. */
export type PatternNode =
  | { readonly kind: 'character'; readonly members: string }
  | { readonly kind: 'sequence'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly branches: readonly PatternNode[] }
  | { readonly kind: 'repetition'; readonly part: PatternNode; readonly least: number; readonly most: number };

const PRINTABLE = Array.from({ length: 0x7f - 0x20 }, (_, index) => String.fromCharCode(0x20 + index));
const ESCAPE = /\\(?:x[0-9A-Fa-f]{2}|x\{[0-9A-Fa-f]{1,6}\}|[^0-9x])/y;
const REPETITION = /(?:[*+?]|\{(\d+)(?:(,)(\d+)?)?\})\??/y;

/** Thrown and caught in here alone: a spelling of which it is not known for sure what RE2 reads in it. */
class Unknown extends Error {}

/**
 * Takes apart what stands between the anchors of a pattern that `patternProblem` found nothing wrong with. What a class or an escape
 * matches is asked of RE2 itself. Undefined where the pattern holds anything else than characters, groups, alternatives, repetitions.
 */
export function patternTree(inner: string): PatternNode | undefined {
  try {
    const reader = createReader(inner);
    const tree = reader.choice();
    return reader.isDone() ? tree : undefined;
  } catch (thrown) {
    if (thrown instanceof Unknown) return undefined;
    throw thrown;
  }
}

function createReader(inner: string) {
  let at = 0;

  function choice(): PatternNode {
    const branches = [sequence()];
    while (inner.charAt(at) === '|') {
      at += 1;
      branches.push(sequence());
    }
    const [only] = branches;
    return only !== undefined && branches.length === 1 ? only : { kind: 'choice', branches };
  }

  function sequence(): PatternNode {
    const parts: PatternNode[] = [];
    while (at < inner.length && inner.charAt(at) !== '|' && inner.charAt(at) !== ')') parts.push(repeated(atom()));
    return { kind: 'sequence', parts };
  }

  function repeated(part: PatternNode): PatternNode {
    const found = take(REPETITION);
    if (found === undefined) return part;
    const [sign, count, comma, upper] = found;
    if (count !== undefined) {
      const least = Number(count);
      const most = comma === undefined ? least : Number(upper ?? Number.POSITIVE_INFINITY);
      return { kind: 'repetition', part, least, most };
    }
    const least = sign.startsWith('+') ? 1 : 0;
    return { kind: 'repetition', part, least, most: sign.startsWith('?') ? 1 : Number.POSITIVE_INFINITY };
  }

  function atom(): PatternNode {
    const character = inner.charAt(at);
    if (character === '(') return group();
    if (character === '[') {
      const end = classEnd(inner, at);
      if (end === undefined) throw new Unknown();
      const start = at;
      at = end;
      return { kind: 'character', members: membersOf(inner.slice(start, end)) };
    }
    if (character === '\\') {
      const found = take(ESCAPE);
      if (found === undefined) throw new Unknown();
      return { kind: 'character', members: membersOf(found[0]) };
    }
    at += 1;
    return { kind: 'character', members: character === '.' ? PRINTABLE.join('') : character };
  }

  function group(): PatternNode {
    at += inner.startsWith('(?:', at) ? 3 : 1;
    const inside = choice();
    if (inner.charAt(at) !== ')') throw new Unknown();
    at += 1;
    return inside;
  }

  function take(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = at;
    const found = expression.exec(inner) ?? undefined;
    at += found?.[0].length ?? 0;
    return found;
  }

  return { choice, isDone: () => at === inner.length };
}

function membersOf(source: string): string {
  try {
    const expression = RE2JS.compile(source);
    return PRINTABLE.filter((character) => expression.matches(character)).join('');
  } catch {
    throw new Unknown();
  }
}
