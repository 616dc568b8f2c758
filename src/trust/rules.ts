import type { Rule } from './authority/authority.ts';
import type { AuthorityMatch } from './verdict.ts';

/** A rule, and how many of its authorities vouch by signers that differ. */
export type RuleStanding = {
  readonly rule: Rule;
  readonly vouching: number;
  readonly met: boolean;
  /** By whom it is met, or how far it is: of those who vouch no more than the rule asks for. */
  readonly deciding: readonly AuthorityMatch[];
};

/**
 * How the rules stand. An authority counts once, and so does a signer: one key or identity that several authorities list is still one,
 * so that "two of three" needs two who sign. Counted is the largest number of pairs, each of an authority and a signer of its own.
 */
export function ruleStandings(rules: readonly Rule[], matches: readonly AuthorityMatch[]): readonly RuleStanding[] {
  return rules.map((rule) => {
    const candidates = rule.authorities.map((name) => bySigner(matches.filter(({ authority }) => authority === name)));
    const pairs = largestPairing(candidates.map((signers) => [...signers.keys()]));
    // A rule that asks for none is none.
    const needed = Math.max(1, rule.atLeast);
    const deciding = pairs.slice(0, needed).flatMap(([authority, signer]) => candidates[authority]?.get(signer) ?? []);
    return { rule, vouching: pairs.length, met: pairs.length >= needed, deciding };
  });
}

/** The first match by each signer. */
function bySigner(matches: readonly AuthorityMatch[]): ReadonlyMap<string, AuthorityMatch> {
  const first = new Map<string, AuthorityMatch>();
  for (const match of matches) if (!first.has(signerOf(match))) first.set(signerOf(match), match);
  return first;
}

function signerOf({ fact }: AuthorityMatch): string {
  return JSON.stringify(fact.mode === 'keyed' ? ['key', fact.key] : ['identity', fact.issuer, fact.subject]);
}

/** Kuhn's algorithm: each authority, by its place, takes a free signer, or has another authority move on to one. */
function largestPairing(signers: readonly (readonly string[])[]): readonly (readonly [number, string])[] {
  const takenBy = new Map<string, number>();
  const place = (authority: number, tried: Set<string>): boolean => {
    for (const signer of signers[authority] ?? []) {
      if (tried.has(signer)) continue;
      tried.add(signer);
      const holder = takenBy.get(signer);
      if (holder === undefined || place(holder, tried)) {
        takenBy.set(signer, authority);
        return true;
      }
    }
    return false;
  };
  for (const authority of signers.keys()) place(authority, new Set());
  return [...takenBy].map(([signer, authority]) => [authority, signer] as const).sort(([one], [other]) => one - other);
}
