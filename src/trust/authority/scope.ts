import type { Effect } from '../../model/facts.ts';
import { printable } from '../../model/printable.ts';
import { compileWildcard } from '../../model/wildcard.ts';
import type { AuthorityFailure } from '../verdict.ts';
import type { Authority } from './authority.ts';

/** What a document says that it is about: what an authority's scope and highest effect are compared with. */
export type DocumentContent = {
  readonly servers: readonly string[];
  /** `SERVER/TOOL`. */
  readonly tools: readonly string[];
  readonly planAgents: readonly string[];
  readonly environments: readonly string[];
  /** Of each tool or step. */
  readonly effects: readonly Effect[];
};

const RANK: Readonly<Record<Effect, number>> = { read: 0, write: 1, destructive: 2 };

/** How many of the names outside of a scope a message spells out. */
const SPELLED_OUT = 5;

/** Where a document goes beyond what one authority may vouch for. */
export type ScopeCheck = (
  authority: Pick<Authority, 'name' | 'scope' | 'highestEffect'>,
) => readonly (AuthorityFailure & { readonly authority: string })[];

/**
 * Where a document goes beyond what its authority may vouch for: at most one failure for each list of the scope and one for the effect,
 * in this order. An empty list of the scope allows nothing; a document that names nothing goes beyond nothing.
 */
export function scopeFailures(
  authority: Pick<Authority, 'name' | 'scope' | 'highestEffect'>,
  content: DocumentContent,
): ReturnType<ScopeCheck> {
  return createScopeCheck(content)(authority);
}

/** The same for one document and many authorities: those that share a list of globs share the work. */
export function createScopeCheck(content: DocumentContent): ScopeCheck {
  const known = new Map<string, readonly string[]>();
  const outside = (what: ListName, globs: readonly string[]): readonly string[] => {
    const key = JSON.stringify([what, globs]);
    const found = known.get(key) ?? outsideOf(globs, content[what]);
    known.set(key, found);
    return found;
  };
  return ({ name, scope, highestEffect }) => {
    const failures: ReturnType<ScopeCheck>[number][] = [];
    for (const [what, text] of LISTS) {
      const beyond = outside(what, scope[what]);
      if (beyond.length === 0) continue;
      const listed = beyond.slice(0, SPELLED_OUT).map((one) => printable(one, 120));
      const more = beyond.length > SPELLED_OUT ? ` and ${beyond.length - SPELLED_OUT} more` : '';
      failures.push({
        authority: name,
        code: 'outside_scope',
        message: `the document names ${text} outside of the scope of ${name}: ${listed.join(', ')}${more}`,
      });
    }
    // An effect that nobody ranked is higher than any.
    const highest = RANK[highestEffect];
    const beyond = content.effects.find((effect) => !(Object.hasOwn(RANK, effect) && RANK[effect] <= highest));
    if (beyond !== undefined) {
      failures.push({
        authority: name,
        code: 'effect_too_high',
        message: `the document declares the effect ${printable(beyond, 40)}; ${name} may declare ${highestEffect} at most`,
      });
    }
    return failures;
  };
}

type ListName = 'servers' | 'tools' | 'planAgents' | 'environments';

const LISTS: readonly (readonly [ListName, string])[] = [
  ['servers', 'servers'],
  ['tools', 'tools'],
  ['planAgents', 'plan agents'],
  ['environments', 'environments'],
];

function outsideOf(globs: readonly string[], names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  const allows = compileGlobs(globs);
  return names.filter((name) => !allows(name));
}

/**
 * Whole names are looked up, and so is what stands before the first `*`: a scope of many globs does not cost its product with the
 * document's names.
 */
function compileGlobs(globs: readonly string[]): (text: string) => boolean {
  if (globs.includes('*')) return () => true;
  const exact = new Set<string>();
  const wild = new Map<string, ((text: string) => boolean)[]>();
  for (const glob of new Set(globs)) {
    const star = glob.indexOf('*');
    if (star < 0) {
      exact.add(glob);
      continue;
    }
    const start = glob.slice(0, star);
    wild.set(start, [...(wild.get(start) ?? []), compileWildcard(glob)]);
  }
  const lengths = [...new Set([...wild.keys()].map((start) => start.length))];
  return (text) =>
    exact.has(text) ||
    lengths.some(
      (length) => length <= text.length && wild.get(text.slice(0, length))?.some((matches) => matches(text)) === true,
    );
}
