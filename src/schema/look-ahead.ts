/** What has to hold at the beginning of a text before the rest of a pattern is looked for. */
export type LookAhead = {
  readonly negative: boolean;
  /** Of its own, anchored at the beginning. */
  readonly pattern: string;
};

/**
 * Takes the look-aheads off a pattern that begins with them, as `^(?!\.)(?!.*\.\.)…` of zod's e-mail addresses does: tested one after the
 * other they mean the same, and none of them needs backtracking. Undefined for a pattern that has none there, or alternatives at its top,
 * of which a look-ahead would bind the first alone.
 *
 * @param pattern valid in ECMA-262, without the flag m
 */
export function splitLookAheads(
  pattern: string,
): { readonly lookAheads: readonly LookAhead[]; readonly rest: string } | undefined {
  if (!/^\^\(\?[=!]/.test(pattern)) return undefined;
  const lookAheads: LookAhead[] = [];
  let at = 1;
  while (/^\(\?[=!]/.test(pattern.slice(at, at + 3))) {
    const end = endOfGroup(pattern, at);
    // What follows the group would repeat it; nobody writes that, and it is not read here.
    if (end === undefined || /^[*+?{]/.test(pattern.slice(end))) return undefined;
    lookAheads.push({ negative: pattern[at + 2] === '!', pattern: `^(?:${pattern.slice(at + 3, end - 1)})` });
    at = end;
  }
  const rest = `^${pattern.slice(at)}`;
  return hasAlternatives(rest) ? undefined : { lookAheads, rest };
}

/** The place behind the group that begins at `from`. */
function endOfGroup(pattern: string, from: number): number | undefined {
  for (const { place, character, depth } of outsideOfClasses(pattern.slice(from))) {
    if (character === ')' && depth === 0) return from + place + 1;
  }
  return undefined;
}

function hasAlternatives(pattern: string): boolean {
  for (const { character, depth } of outsideOfClasses(pattern)) if (character === '|' && depth === 0) return true;
  return false;
}

/** The characters that are neither escaped nor in a class, each with how many groups are open behind it. */
function* outsideOfClasses(pattern: string) {
  let depth = 0;
  let inClass = false;
  for (let place = 0; place < pattern.length; place += 1) {
    const character = pattern[place];
    if (character === '\\') place += 1;
    else if (inClass) inClass = character !== ']';
    else {
      if (character === '[') inClass = true;
      if (character === '(') depth += 1;
      if (character === ')') depth -= 1;
      yield { place, character, depth };
    }
  }
}
