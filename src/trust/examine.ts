import { CodedError } from '../errors.ts';
import type { Milliseconds } from '../model/clock.ts';
import { printable } from '../model/printable.ts';
import type { Artifact } from './artifact.ts';
import type { Thresholds } from './authority/authority.ts';
import type { CompiledAuthority } from './authority/compile.ts';
import { identityFailure } from './authority/identity.ts';
import { parseBundle } from './bundle/parse-bundle.ts';
import { type FailureCode, failureOf } from './failure.ts';
import { parseTrustRoot } from './root/parse-trust-root.ts';
import type { TrustRoot } from './root/trust-root.ts';
import type { CheckResult, VerifiedBundle } from './verified-bundle.ts';
import { type VerifyBundleInput, verifyBundle } from './verify-bundle.ts';

/** A trusted root as it is handed to verification, or why it cannot be had. */
export type RootSource =
  | { readonly bytes: Uint8Array }
  | { readonly failure: 'root_stale' | 'root_unavailable'; readonly message: string };

/** What reads and verifies; the real ones but in tests. */
export type Verifiers = {
  readonly parseBundle: typeof parseBundle;
  readonly parseTrustRoot: typeof parseTrustRoot;
  readonly verifyBundle: (input: VerifyBundleInput) => ReturnType<typeof verifyBundle>;
};

export const VERIFIERS: Verifiers = { parseBundle, parseTrustRoot, verifyBundle: (input) => verifyBundle(input) };

type Failure = { readonly code: FailureCode; readonly message: string };

/** Whether an authority signed a bundle, and each check on the way. */
export type Examination = {
  readonly checks: readonly CheckResult[];
} & (
  | { readonly signed: true; readonly proved: VerifiedBundle }
  /** `concerns`: the bundle whoever looks at it, the authority whatever it looks at, or the one with the other. */
  | { readonly signed: false; readonly failure: Failure; readonly concerns: 'bundle' | 'authority' | 'both' }
);

/** What the examinations of one document have in common. */
export type ExaminedJob = {
  readonly artifact: Artifact;
  readonly bundles: readonly Uint8Array[];
  readonly roots: Readonly<Record<string, RootSource>>;
  readonly now: Milliseconds;
};

/**
 * Examines bundles under authorities. What does not depend on the authority is done once: keyless authorities that share a root and
 * thresholds share its result, and only compare identities. Nothing thrown leaves it: whatever breaks is a failure.
 */
export function createExaminer(job: ExaminedJob, verifiers: Verifiers) {
  const parsed = memo((bundle: number, legacy: boolean) =>
    attempt(() => verifiers.parseBundle(bundleAt(job, bundle), { allowCosignLegacy: legacy })),
  );
  const roots = memo((name: string) => readRoot(job.roots, name, verifiers));
  const verified = memo(
    (bundle: number, legacy: boolean, root: string, logs: number, timestamps: number, scts: number) =>
      verify(bundle, legacy, { mode: 'keyless', root: mustBe(roots(root)) }, { logs, timestamps, scts }),
  );

  function verify(bundle: number, legacy: boolean, trusted: VerifyBundleInput['trusted'], thresholds: Thresholds) {
    const found = mustBe(parsed(bundle, legacy));
    return attempt(() =>
      verifiers.verifyBundle({ bundle: found, artifact: job.artifact, trusted, thresholds, now: job.now }),
    );
  }

  return (bundle: number, authority: CompiledAuthority): Examination => {
    const { signer, allowsCosignLegacy: legacy, thresholds } = authority;
    const form = parsed(bundle, legacy);
    if ('failure' in form) {
      const { failure } = form;
      const concerns = failure.code === 'legacy_not_allowed' ? 'both' : 'bundle';
      return { signed: false, failure, concerns, checks: [{ check: 'bundle form', result: 'failed', ...failure }] };
    }
    const root = signer.root === undefined ? undefined : roots(signer.root);
    if (root !== undefined && 'failure' in root) {
      const { failure } = root;
      return {
        signed: false,
        failure,
        concerns: 'authority',
        checks: [{ check: 'root', result: 'failed', ...failure }],
      };
    }
    const outcome =
      signer.mode === 'keyless'
        ? verified(bundle, legacy, signer.root, thresholds.logs, thresholds.timestamps, thresholds.scts)
        : verify(
            bundle,
            legacy,
            { mode: 'keyed', keys: signer.keys, ...(root !== undefined && { root: root.value }) },
            thresholds,
          );
    if ('failure' in outcome) return { signed: false, failure: outcome.failure, concerns: 'both', checks: [] };
    const verification = outcome.value;
    if (!verification.verified) {
      const { code, message, checks } = verification;
      return { signed: false, failure: { code, message: printable(message, 1000) }, concerns: 'both', checks };
    }
    const { proved, checks } = verification;
    const failure = signerFailure(authority, proved);
    if (failure === undefined)
      return { signed: true, proved, checks: [...checks, { check: 'signer', result: 'passed' }] };
    return {
      signed: false,
      failure,
      concerns: 'both',
      checks: [...checks, { check: 'signer', result: 'failed', ...failure }],
    };
  };
}

/** Why the signer is not the authority. */
function signerFailure(
  { signer, matchers }: CompiledAuthority,
  { signer: found }: VerifiedBundle,
): Failure | undefined {
  if (signer.mode === 'keyed') {
    if (found.mode === 'keyed' && signer.keys.some(({ digest }) => digest === found.key)) return undefined;
    return { code: 'key_unknown', message: 'no key of the authority made the signature' };
  }
  if (found.mode === 'keyed') return { code: 'key_unknown', message: 'a key signed, and the authority is keyless' };
  return identityFailure(matchers, found);
}

function readRoot(roots: ExaminedJob['roots'], name: string, { parseTrustRoot }: Verifiers): Attempt<TrustRoot> {
  const source = Object.hasOwn(roots, name) ? roots[name] : undefined;
  if (source === undefined) {
    return { failure: { code: 'root_unavailable', message: `the root ${name} was not handed to verification` } };
  }
  if ('failure' in source) return { failure: { code: source.failure, message: printable(source.message, 1000) } };
  const parsed = attempt(() => parseTrustRoot(source.bytes));
  if (!('failure' in parsed)) return parsed;
  return {
    failure: { code: 'root_unavailable', message: `the root ${name} cannot be used: ${parsed.failure.message}` },
  };
}

function bundleAt({ bundles }: ExaminedJob, index: number): Uint8Array {
  const bytes = bundles[index];
  if (bytes === undefined) throw new TypeError(`there is no bundle ${index}`);
  return bytes;
}

type Attempt<T> = { readonly value: T } | { readonly failure: Failure };

function attempt<T>(act: () => T): Attempt<T> {
  try {
    return { value: act() };
  } catch (thrown) {
    const message = thrown instanceof CodedError ? printable(thrown.message, 1000) : 'the verifier broke off';
    return { failure: { code: failureOf(thrown), message } };
  }
}

/** What was looked at before: its failures were turned away there. */
function mustBe<T>(found: Attempt<T>): T {
  if ('failure' in found) throw new TypeError(found.failure.message);
  return found.value;
}

/** A function of texts and numbers that is asked the same again. */
function memo<Arguments extends readonly (string | number | boolean)[], T>(
  answer: (...given: Arguments) => T,
): (...given: Arguments) => T {
  const answers = new Map<string, { readonly value: T }>();
  return (...given) => {
    const key = JSON.stringify(given);
    const known = answers.get(key) ?? { value: answer(...given) };
    answers.set(key, known);
    return known.value;
  };
}
