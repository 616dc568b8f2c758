import type { Rule } from './authority/authority.ts';
import type { AuthorityMatch } from './verdict.ts';

/** A rule, and how many of its authorities vouch by signers that differ. */
export type RuleStanding = { readonly rule: Rule; readonly vouching: number; readonly met: boolean };

/**
 * How the rules stand. An authority counts once, and so does a signer: one key or identity that several authorities list is still one,
 * so that "two of three" needs two who sign. Counted is the largest number of pairs, each of an authority and a signer of its own.
 */
export function ruleStandings(rules: readonly Rule[], matches: readonly AuthorityMatch[]): readonly RuleStanding[] {
  return rules.map((rule) => {
    const vouching = largestPairing(rule.authorities.map((name) => signersOf(name, matches)));
    // A rule that asks for none is none.
    return { rule, vouching, met: vouching >= Math.max(1, rule.atLeast) };
  });
}

function signersOf(name: string, matches: readonly AuthorityMatch[]): readonly string[] {
  return matches.filter(({ authority }) => authority === name).map(signerOf);
}

function signerOf({ fact }: AuthorityMatch): string {
  return JSON.stringify(fact.mode === 'keyed' ? ['key', fact.key] : ['identity', fact.issuer, fact.subject]);
}

/** Kuhn's algorithm: each authority takes a free signer, or has another authority move on to one. */
function largestPairing(signers: readonly (readonly string[])[]): number {
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
  return signers.filter((_, authority) => place(authority, new Set())).length;
}
