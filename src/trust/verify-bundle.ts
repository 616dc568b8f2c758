import { X509Certificate } from 'node:crypto';
import { CodedError } from '../errors.ts';
import type { Milliseconds } from '../model/clock.ts';
import type { Artifact } from './artifact.ts';
import type { PinnedKey, Thresholds } from './authority/authority.ts';
import type { ParsedBundle } from './bundle/parsed-bundle.ts';
import { type Certificate, parseCertificate } from './certificate/certificate.ts';
import { checkBounds } from './checks/bounds.ts';
import type { BundleCheck, ClaimedContext, ClaimedSigner } from './checks/bundle-check.ts';
import { BUNDLE_CHECKS } from './checks/bundle-checks.ts';
import { LIBRARY_STAGES, type LibraryStage, runLibrary } from './checks/library.ts';
import { libraryFailure } from './checks/library-errors.ts';
import { provedContext, provedFacts } from './checks/proved.ts';
import { Report } from './checks/report.ts';
import { failureOf, refusal } from './failure.ts';
import type { TrustRoot } from './root/trust-root.ts';
import { findKey } from './signature/find-key.ts';
import { signedContentOf } from './signature/signed-content.ts';
import { verifyByLeaf } from './signature/verify-by-leaf.ts';
import { readTimestamps } from './timestamp/timestamp.ts';
import type { BundleVerification } from './verified-bundle.ts';

/** Everything that verification depends on. */
export type VerifyBundleInput = {
  readonly bundle: ParsedBundle;
  readonly artifact: Artifact;
  /**
   * Whom to trust. Keyed without a root: log entries and timestamps in the bundle are unauthenticated, so nothing is made of them; with a
   * root they are verified as those of a keyless bundle are.
   */
  readonly trusted:
    | { readonly mode: 'keyed'; readonly keys: readonly PinnedKey[]; readonly root?: TrustRoot }
    | { readonly mode: 'keyless'; readonly root: TrustRoot };
  /** Distinct operators that must vouch. A keyless bundle needs at least one time, whatever stands here. */
  readonly thresholds: Thresholds;
  readonly now: Milliseconds;
};

/**
 * Verifies what a bundle proves about an artifact: `@sigstore/verify` and, around it, what that leaves open. Pure and synchronous, some
 * milliseconds of work. It never throws: whatever is thrown within means "not verified".
 *
 * @param checks for tests, which prove by leaving one out that it is needed; nothing else passes them
 */
export function verifyBundle(
  input: VerifyBundleInput,
  checks: readonly BundleCheck[] = BUNDLE_CHECKS,
): BundleVerification {
  const report = new Report(checks, input.trusted.mode);
  try {
    return verify(input, checks, report);
  } catch (thrown) {
    const message = thrown instanceof CodedError ? thrown.message : 'the verifier broke off';
    return report.refused(failureOf(thrown), message);
  }
}

function verify(input: VerifyBundleInput, checks: readonly BundleCheck[], report: Report): BundleVerification {
  const { bundle, artifact, trusted, thresholds, now } = input;
  checkBounds(bundle.bundle);
  const claimed: ClaimedContext = { bundle, artifact, content: signedContentOf(bundle.bundle, artifact), now };
  const leaf = leafOf(bundle, trusted.mode);
  for (const check of checks)
    if (check.stage === 'claimed') report.run(check, check.concerns?.(claimed) ?? true, () => check.refuse(claimed));
  const signer = report.within('signature', () => signerOf(claimed, input, leaf));
  const timestamps = trusted.root === undefined ? [] : report.within('timestamps', () => readTimestamps(bundle.bundle));

  const about = stagesAbout(input, timestamps.length);
  let entered: LibraryStage = 'timestamps';
  const root = trusted.root === undefined ? {} : { root: trusted.root };
  try {
    runLibrary(
      {
        bundle: bundle.bundle,
        content: claimed.content,
        // A pinned key's signature has been verified, with its own algorithm, when the key was found.
        verifySignature: (key) =>
          signer.mode === 'keyed' ? key === signer.key.key : verifyByLeaf(claimed.content, key),
        signer:
          signer.mode === 'keyed' ? { mode: 'keyed', key: signer.key.key } : { mode: 'keyless', leaf: signer.leaf.der },
        timestamps,
        ...root,
        thresholds,
      },
      (stage) => {
        entered = stage;
      },
    );
  } catch (thrown) {
    const failure = libraryFailure(thrown, entered, bundle.bundle.verificationMaterial.tlogEntries, trusted.root);
    report.stages(about.filter((stage) => LIBRARY_STAGES.indexOf(stage) < LIBRARY_STAGES.indexOf(failure.stage)));
    report.fail(failure.stage, failure.code, failure.message);
    throw refusal(failure.code, failure.message, thrown);
  }
  report.stages(about);

  const proved = provedContext(claimed, signer, timestamps, trusted.root, thresholds);
  for (const check of checks)
    if (check.stage === 'proved') report.run(check, check.concerns?.(proved) ?? true, () => check.refuse(proved));
  return report.verified(provedFacts(proved));
}

/** The library's stages that find something in the bundle: the others pass over nothing, which proves nothing. */
function stagesAbout({ bundle, trusted, thresholds }: VerifyBundleInput, timestamps: number): readonly LibraryStage[] {
  const entries = trusted.root === undefined ? [] : bundle.bundle.verificationMaterial.tlogEntries;
  const holds: Readonly<Record<LibraryStage, boolean>> = {
    timestamps: timestamps > 0 || entries.some(({ inclusionPromise }) => inclusionPromise !== undefined),
    chain: trusted.mode === 'keyless',
    SCTs: trusted.mode === 'keyless' && thresholds.scts > 0,
    'log inclusion': entries.length > 0,
    'log entries': entries.length > 0,
    signature: true,
  };
  return LIBRARY_STAGES.filter((stage) => holds[stage]);
}

/** The certificate that signed, or undefined for a key. @throws CodedError `trust.key_unknown`: the bundle is of the other mode */
function leafOf({ bundle }: ParsedBundle, mode: 'keyed' | 'keyless'): Certificate | undefined {
  const material = bundle.verificationMaterial.content;
  if (material.$case === 'publicKey') {
    if (mode === 'keyless')
      throw refusal('key_unknown', 'the bundle is signed by a key, and a certificate is asked for');
    return undefined;
  }
  if (mode === 'keyed') throw refusal('key_unknown', 'the bundle is signed by a certificate, and a key is asked for');
  const der =
    material.$case === 'certificate'
      ? material.certificate.rawBytes
      : material.x509CertificateChain.certificates[0]?.rawBytes;
  if (der === undefined) throw refusal('certificate_malformed', 'the bundle holds an empty chain of certificates');
  try {
    new X509Certificate(der);
  } catch (cause) {
    throw refusal('certificate_malformed', 'the signing certificate cannot be read', cause);
  }
  return parseCertificate(der, 'the signing certificate');
}

function signerOf(
  { content }: ClaimedContext,
  { bundle, trusted }: VerifyBundleInput,
  leaf: Certificate | undefined,
): ClaimedSigner {
  if (leaf !== undefined) return { mode: 'keyless', leaf };
  const material = bundle.bundle.verificationMaterial.content;
  const hint = material.$case === 'publicKey' ? material.publicKey.hint : '';
  return { mode: 'keyed', key: findKey(content, trusted.mode === 'keyed' ? trusted.keys : [], hint) };
}
