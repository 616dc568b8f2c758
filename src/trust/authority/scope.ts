import type { Effect } from '../../model/facts.ts';
import { printable } from '../../model/printable.ts';
import { matchesWildcard } from '../../model/wildcard.ts';
import type { AuthorityFailure } from '../verdict.ts';
import type { Authority } from './authority.ts';

/** What a document, once verified and parsed, says that it is about. */
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

/**
 * Where a document goes beyond what its authority may vouch for: at most one failure for each list of the scope and one for the effect,
 * in this order. An empty list of the scope allows nothing; a document that names nothing goes beyond nothing.
 */
export function scopeFailures(
  { name, scope, highestEffect }: Pick<Authority, 'name' | 'scope' | 'highestEffect'>,
  content: DocumentContent,
): readonly AuthorityFailure[] {
  const failures: AuthorityFailure[] = [];
  for (const [what, globs, names] of [
    ['servers', scope.servers, content.servers],
    ['tools', scope.tools, content.tools],
    ['plan agents', scope.planAgents, content.planAgents],
    ['environments', scope.environments, content.environments],
  ] as const) {
    const allows = compileGlobs(globs);
    const outside = names.filter((one) => !allows(one));
    if (outside.length === 0) continue;
    const listed = outside.slice(0, SPELLED_OUT).map((one) => printable(one, 120));
    const more = outside.length > SPELLED_OUT ? ` and ${outside.length - SPELLED_OUT} more` : '';
    failures.push({
      authority: name,
      code: 'outside_scope',
      message: `the document names ${what} outside of the scope of ${name}: ${listed.join(', ')}${more}`,
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
}

/** Most globs are whole names: those are looked up, so that a scope of many names does not cost its product with the document's. */
function compileGlobs(globs: readonly string[]): (text: string) => boolean {
  if (globs.includes('*')) return () => true;
  const exact = new Set(globs.filter((glob) => !glob.includes('*')));
  const wild = globs.filter((glob) => glob.includes('*'));
  return (text) => exact.has(text) || wild.some((glob) => matchesWildcard(glob, text));
}
