import type { Rule } from './authority/authority.ts';
import type { AuthorityFailure, AuthorityMatch, DocumentVerdict } from './verdict.ts';
import type { CheckResult } from './verified-bundle.ts';
import type { VerificationJob } from './verify-document.ts';

/** Bounds of what is looked at and told, whatever the configuration allows. */
export const DOCUMENT_LIMITS = {
  /** Bundles beside one document. */
  bundles: 64,
  /** Matches of one authority: of each by itself, so that none makes room for another, or takes it. */
  matches: 64,
  /** Failures, and pairs of bundle and authority whose checks are told. */
  failures: 256,
  checks: 256,
} as const;

/** What is found about one document. */
export type Account = ReturnType<typeof createAccount>;

/** Collects what is found, each failure once, no more of anything than its bound. */
export function createAccount() {
  const matches: AuthorityMatch[] = [];
  const matchesOf = new Map<string, number>();
  const refusals = new Map<string, AuthorityFailure>();
  const failures = new Map<string, AuthorityFailure>();
  const checks: DocumentVerdict['checks'][number][] = [];
  return {
    match: (match: AuthorityMatch): void => {
      const count = (matchesOf.get(match.authority) ?? 0) + 1;
      if (count > DOCUMENT_LIMITS.matches) return;
      matchesOf.set(match.authority, count);
      matches.push(match);
    },
    fail: (failure: AuthorityFailure): void => note(failures, failure),
    /** Why an authority that did sign does not vouch: told before why others did not sign, of which there can be very many. */
    refuse: (failure: AuthorityFailure): void => note(refusals, failure),
    checked: (bundle: number, authority: string, results: readonly CheckResult[]): void => {
      if (checks.length < DOCUMENT_LIMITS.checks) checks.push({ bundle, authority, results });
    },
    verdict: (job: Pick<VerificationJob, 'artifact' | 'kind'>, rules: readonly Rule[]): DocumentVerdict => ({
      document: job.artifact.digest,
      kind: job.kind,
      by: matches,
      failed: [...refusals.values(), ...failures.values()].slice(0, DOCUMENT_LIMITS.failures),
      rules,
      checks: checks.sort((one, other) => one.bundle - other.bundle),
    }),
  };
}

function note(failures: Map<string, AuthorityFailure>, failure: AuthorityFailure): void {
  const key = JSON.stringify([failure.authority, failure.code, failure.bundle]);
  if (failures.size < DOCUMENT_LIMITS.failures && !failures.has(key)) failures.set(key, failure);
}
