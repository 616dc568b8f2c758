import { CodedError } from '../errors.ts';
import type { Milliseconds } from '../model/clock.ts';
import { sha256 } from '../model/digest.ts';
import { printable } from '../model/printable.ts';
import { type Account, createAccount, DOCUMENT_LIMITS } from './account.ts';
import type { Artifact } from './artifact.ts';
import { attestationChoices, type FoundAttestation, type SignedBundle } from './authority/attestations.ts';
import type { DocumentKind, Rule } from './authority/authority.ts';
import { type CompiledAuthority, compileAuthority } from './authority/compile.ts';
import { isEmptyContent } from './authority/content.ts';
import { createScopeCheck, type DocumentContent } from './authority/scope.ts';
import type { AuthoritySource } from './authority/source.ts';
import { vouchFailure } from './authority/vouch.ts';
import { createExaminer, type RootSource, VERIFIERS, type Verifiers } from './examine.ts';
import { provedBy } from './proofs.ts';
import type { AuthorityFailure, AuthorityMatch, DocumentVerdict } from './verdict.ts';
import type { CheckResult, VerifiedBundle } from './verified-bundle.ts';
import { verifiedSignature } from './verified-signature.ts';

/** One document with all that its verdict follows from: plain data, as it is sent to a thread. */
export type VerificationJob = {
  readonly kind: DocumentKind;
  readonly artifact: Artifact;
  readonly bundles: readonly Uint8Array[];
  /** What scopes and highest effects are compared with; with nothing in it they strike nothing. */
  readonly content: DocumentContent;
  /** All of the configuration, in its order. */
  readonly authorities: readonly AuthoritySource[];
  readonly rules: readonly Rule[];
  /** By name, those that authorities name. */
  readonly roots: Readonly<Record<string, RootSource>>;
  readonly now: Milliseconds;
};

/**
 * Verifies the signatures of one document: every bundle under every authority, in the order given, and collects who vouches and why
 * others do not. Pure and synchronous, for a thread of its own. It never throws: whatever breaks is a failure and never a match.
 *
 * An authority vouches where a bundle verifies, the signer is one of its keys or identities, what was signed is of the type that vouches
 * for the kind and about the document, what the document names and declares lies within its scope and highest effect, and all
 * attestations that it asks for are there. Who attests vouches for nothing, so needs no scope. An authority that signed but may not vouch for
 * the kind is told of as such; of one that has nothing to do with the kind and did not sign nothing is said.
 */
export function verifyDocument(job: VerificationJob, verifiers: Verifiers = VERIFIERS): DocumentVerdict {
  const { kind, artifact, bundles } = job;
  const rules = job.rules.filter((rule) => rule.kinds.includes(kind));
  const told = createAccount();
  if (rules.length === 0)
    told.fail({ code: 'no_rule', message: `no rule concerns documents of kind ${printable(kind, 64)}` });
  const broken = jobFailure(job);
  if (broken !== undefined) {
    told.fail(broken);
    return told.verdict(job, rules);
  }

  const authorities = job.authorities.flatMap((source) => compiled(source, told) ?? []);
  const relevant = new Set(
    authorities
      .filter(({ vouchesFor }) => vouchesFor.has(kind))
      .flatMap(({ name, attestations }) => [name, ...attestations.flatMap(({ by }) => by)]),
  );
  const examine = createExaminer(job, verifiers);
  const signed: (SignedBundle & { readonly signer: CompiledAuthority; readonly checks: readonly CheckResult[] })[] = [];
  for (const bundle of bundles.keys()) {
    for (const authority of authorities) {
      const { name } = authority;
      const examination = examine(bundle, authority);
      if (examination.signed) {
        signed.push({
          bundle,
          authority: name,
          signer: authority,
          proved: examination.proved,
          checks: examination.checks,
        });
        continue;
      }
      const { failure, concerns, checks } = examination;
      if (concerns === 'bundle') told.fail({ ...failure, bundle });
      else if (relevant.has(name)) told.fail({ ...failure, authority: name, ...(concerns === 'both' && { bundle }) });
      if (relevant.has(name)) told.checked(bundle, name, checks);
    }
  }

  // Only now: an attestation can lie in any of the bundles.
  const beyondScope = createScopeCheck(job.content);
  const scoped: CheckResult = { check: 'scope', result: isEmptyContent(job.content) ? 'not_run' : 'passed' };
  for (const { bundle, authority, signer, proved, checks } of signed) {
    const failure = vouchFailure(signer, kind, proved.statement, artifact);
    if (failure !== undefined) {
      const attests = failure.code === 'kind_not_vouched' && relevant.has(authority);
      if (!attests) told.refuse({ ...failure, authority, bundle });
      const vouches: CheckResult = attests
        ? { check: 'vouches', result: 'not_run' }
        : { check: 'vouches', result: 'failed', ...failure };
      told.checked(bundle, authority, [...checks, vouches]);
      continue;
    }
    // Before anything is counted: who may not vouch for all of it proves nothing, and raises no mark.
    const beyond = beyondScope(signer);
    const [first] = beyond;
    if (first !== undefined) {
      for (const one of beyond) told.refuse(one);
      const { code, message } = first;
      told.checked(bundle, authority, [...checks, VOUCHES, { check: 'scope', result: 'failed', code, message }]);
      continue;
    }
    const choices = attestationChoices(signer, signed, artifact);
    if ('code' in choices) {
      told.refuse({ ...choices, authority, bundle });
      told.checked(bundle, authority, [
        ...checks,
        VOUCHES,
        scoped,
        { check: 'attestations', result: 'failed', ...choices },
      ]);
      continue;
    }
    const attested: CheckResult = {
      check: 'attestations',
      result: signer.attestations.length === 0 ? 'not_run' : 'passed',
    };
    told.checked(bundle, authority, [...checks, VOUCHES, scoped, attested]);
    for (const found of choices) told.match(matchOf(authority, proved, found));
  }
  return told.verdict(job, rules);
}

const VOUCHES: CheckResult = { check: 'vouches', result: 'passed' };

/** What makes it pointless to look any further. */
function jobFailure({ artifact, bundles }: VerificationJob): AuthorityFailure | undefined {
  if (bundles.length === 0) return { code: 'unsigned', message: 'no bundle came with the document' };
  if (bundles.length > DOCUMENT_LIMITS.bundles) {
    return {
      code: 'bundle_too_many_parts',
      message: `more than ${DOCUMENT_LIMITS.bundles} bundles came with the document`,
    };
  }
  // The digest is what the verdict is about: it is not taken on anybody's word where the bytes are at hand.
  if (artifact.bytes !== undefined && sha256(artifact.bytes) !== artifact.digest) {
    return { code: 'digest_mismatch', message: 'the digest that came with the document is not that of its bytes' };
  }
  return undefined;
}

function compiled(source: AuthoritySource, told: Account): CompiledAuthority | undefined {
  try {
    return compileAuthority(source);
  } catch (thrown) {
    const why = thrown instanceof CodedError ? `: ${printable(thrown.message, 500)}` : '';
    told.fail({ code: 'verifier_failed', authority: source.name, message: `the authority cannot be used${why}` });
    return undefined;
  }
}

function matchOf(authority: string, proved: VerifiedBundle, found: readonly FoundAttestation[]): AuthorityMatch {
  const all = [proved, ...found.map(({ signed }) => signed.proved)];
  const ends = all.flatMap(({ notAfter }) => notAfter ?? []);
  return {
    authority,
    fact: verifiedSignature(authority, proved, found),
    reliesOn: {
      keys: unique(all.map(({ signer }) => signer.key)),
      certificates: unique(all.flatMap(({ signer }) => (signer.mode === 'keyless' ? signer.certificates : []))),
      identities: all.flatMap(({ signer }) =>
        signer.mode === 'keyless' ? [{ issuer: signer.issuer, subject: signer.subject }] : [],
      ),
    },
    proved: provedBy(proved, found),
    ...(ends.length > 0 && { notAfter: Math.min(...ends) }),
  };
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}
