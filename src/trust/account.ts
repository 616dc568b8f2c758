import type { FoundAttestation } from './authority/attestations.ts';
import type { Rule } from './authority/authority.ts';
import type { AuthorityFailure, AuthorityMatch, DocumentVerdict, Proofs, SeenCheckpoint } from './verdict.ts';
import type { CheckResult, VerifiedBundle } from './verified-bundle.ts';
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

/** A bundle that counts: what an authority vouches by, or what it asks for besides. */
export type Counted = { readonly proved: VerifiedBundle; readonly found: readonly FoundAttestation[] };

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
    match: (match: AuthorityMatch): boolean => {
      const count = (matchesOf.get(match.authority) ?? 0) + 1;
      if (count > DOCUMENT_LIMITS.matches) return false;
      matchesOf.set(match.authority, count);
      matches.push(match);
      return true;
    },
    fail: (failure: AuthorityFailure): void => note(failures, failure),
    /** Why an authority that did sign does not vouch: told before why others did not sign, of which there can be very many. */
    refuse: (failure: AuthorityFailure): void => note(refusals, failure),
    checked: (bundle: number, authority: string, results: readonly CheckResult[]): void => {
      if (checks.length < DOCUMENT_LIMITS.checks) checks.push({ bundle, authority, results });
    },
    verdict: (
      job: Pick<VerificationJob, 'artifact' | 'kind'>,
      rules: readonly Rule[],
      counted: readonly Counted[] = [],
    ): DocumentVerdict => ({
      document: job.artifact.digest,
      kind: job.kind,
      by: matches,
      failed: [...refusals.values(), ...failures.values()].slice(0, DOCUMENT_LIMITS.failures),
      rules,
      proofs: proofsOf(matches, counted),
      checkpoints: checkpointsOf(counted),
      checks: checks.sort((one, other) => one.bundle - other.bundle),
    }),
  };
}

function note(failures: Map<string, AuthorityFailure>, failure: AuthorityFailure): void {
  const key = JSON.stringify([failure.authority, failure.code, failure.bundle]);
  if (failures.size < DOCUMENT_LIMITS.failures && !failures.has(key)) failures.set(key, failure);
}

/** Distinct operators over all bundles that count. */
function proofsOf(matches: readonly AuthorityMatch[], counted: readonly Counted[]): Proofs {
  const bundles = bundlesOf(counted);
  const operators = (list: (bundle: VerifiedBundle) => readonly { readonly operator: string }[]) =>
    unique(bundles.flatMap((bundle) => list(bundle).map(({ operator }) => operator))).length;
  return {
    authorities: unique(matches.map(({ authority }) => authority)).length,
    logs: operators(({ logs }) => logs),
    timestamps: operators(({ times }) => times),
    scts: operators(({ scts }) => scts),
    attestations: unique(counted.flatMap(({ found }) => found.map(({ needed }) => needed.predicateType))).sort(),
  };
}

/** Of bundles that count alone: what a stranger signed must not move a mark of this document. */
function checkpointsOf(counted: readonly Counted[]): readonly SeenCheckpoint[] {
  const seen = new Map<string, SeenCheckpoint>();
  for (const { logId, origin, size, root } of bundlesOf(counted).flatMap(({ logs }) => logs)) {
    if (origin === undefined || size === undefined || root === undefined) continue;
    seen.set(JSON.stringify([logId, origin, size, root]), { logId, origin, size, root });
  }
  return [...seen.values()];
}

function bundlesOf(counted: readonly Counted[]): readonly VerifiedBundle[] {
  return unique(counted.flatMap(({ proved, found }) => [proved, ...found.map(({ signed }) => signed.proved)]));
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}
