import type { PatternNode } from './pattern-tree.ts';

/** How texts begin (or end): with exactly this, and `whole` where nothing else stands beside it. */
export type LiteralEnd = { readonly text: string; readonly whole: boolean };

/** More alternatives than anybody writes out, and more characters than a pattern has. */
const MOST_ENDS = 256;
const MOST_TEXT = 1024;

const NOTHING: LiteralEnd = { text: '', whole: true };
const OPEN: LiteralEnd = { text: '', whole: false };

/**
 * How whatever matches must begin, or end: each match begins (ends) with one of these. They are as long as can be told from characters
 * that stand for one alone; behind an open one nothing is told. None at all: nothing matches.
 */
export function literalEnds(node: PatternNode, end: 'first' | 'last'): readonly LiteralEnd[] {
  switch (node.kind) {
    case 'character':
      if (node.members.length > 1) return [OPEN];
      return node.members.length === 0 ? [] : [{ text: node.members, whole: true }];
    case 'choice':
      return bounded(node.branches.flatMap((branch) => literalEnds(branch, end))) ?? [OPEN];
    case 'sequence': {
      const parts = end === 'first' ? node.parts : node.parts.toReversed();
      return parts.reduce<readonly LiteralEnd[]>(
        (ends, part) => extended(ends, () => literalEnds(part, end), end),
        [NOTHING],
      );
    }
    case 'repetition':
      return repeatedEnds(node, end);
  }
}

function repeatedEnds(
  { part, least, most }: Extract<PatternNode, { readonly kind: 'repetition' }>,
  end: 'first' | 'last',
): readonly LiteralEnd[] {
  const once = literalEnds(part, end);
  const orNone = [...once, NOTHING];
  let ends: readonly LiteralEnd[] = [NOTHING];
  const count = Number.isFinite(most) ? most : least;
  for (let index = 0; index < count; index += 1) {
    const next = extended(ends, () => (index < least ? once : orNone), end);
    if (isSame(next, ends)) break;
    ends = next;
  }
  return Number.isFinite(most) ? ends : extended(ends, () => [OPEN], end);
}

/** Those that are whole go on with each of `more`. Where they would become too many, it is told that they go on, and not how. */
function extended(
  ends: readonly LiteralEnd[],
  more: () => readonly LiteralEnd[],
  end: 'first' | 'last',
): readonly LiteralEnd[] {
  if (ends.every(({ whole }) => !whole)) return ends;
  const further = more();
  const all = ends.flatMap((one) =>
    one.whole
      ? further.map(({ text, whole }) => ({ text: end === 'first' ? one.text + text : text + one.text, whole }))
      : [one],
  );
  return bounded(all) ?? ends.map(({ text }) => ({ text, whole: false }));
}

function bounded(ends: readonly LiteralEnd[]): readonly LiteralEnd[] | undefined {
  const unique = [...new Map(ends.map((one) => [`${one.whole}${one.text}`, one])).values()];
  return unique.length > MOST_ENDS || unique.some(({ text }) => text.length > MOST_TEXT) ? undefined : unique;
}

function isSame(one: readonly LiteralEnd[], other: readonly LiteralEnd[]): boolean {
  return (
    one.length === other.length &&
    one.every((each, index) => each.text === other[index]?.text && each.whole === other[index]?.whole)
  );
}

/** How often a character stands in a match at most. */
export function mostOf(character: string, node: PatternNode): number {
  switch (node.kind) {
    case 'character':
      return node.members.includes(character) ? 1 : 0;
    case 'choice':
      return Math.max(...node.branches.map((branch) => mostOf(character, branch)));
    case 'sequence':
      return node.parts.reduce((sum, part) => sum + mostOf(character, part), 0);
    case 'repetition': {
      const once = mostOf(character, node.part);
      return once === 0 ? 0 : once * node.most;
    }
  }
}
