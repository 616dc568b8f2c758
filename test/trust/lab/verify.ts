import { sha256 } from '../../../src/model/digest.ts';
import { artifactOf } from '../../../src/trust/artifact.ts';
import { FORM_CHECKS } from '../../../src/trust/bundle/checks.ts';
import { parseBundle } from '../../../src/trust/bundle/parse-bundle.ts';
import { BUNDLE_CHECKS } from '../../../src/trust/checks/bundle-checks.ts';
import { failureOf } from '../../../src/trust/failure.ts';
import { parseTrustRoot } from '../../../src/trust/root/parse-trust-root.ts';
import type { TrustRoot } from '../../../src/trust/root/trust-root.ts';
import type { BundleVerification } from '../../../src/trust/verified-bundle.ts';
import { type VerifyBundleInput, verifyBundle } from '../../../src/trust/verify-bundle.ts';
import type { Made } from './made.ts';

const HOUR = 3_600_000;

/** The names of all of our checks: those of a bundle's form, and those of what it proves. */
export const CHECK_NAMES: readonly string[] = [...FORM_CHECKS, ...BUNDLE_CHECKS].map(({ name }) => name);

/** What the product makes of it an hour after it was signed; checks left out by name only to prove that they are needed. */
export function verifyMade(made: Made, without: readonly string[] = []): BundleVerification {
  const { bundleBytes, allowCosignLegacy, artifact, artifactByDigest, thresholds, signedAt } = made;
  const isKept = ({ name }: { readonly name: string }): boolean => !without.includes(name);
  try {
    const bundle = parseBundle(bundleBytes, { allowCosignLegacy }, FORM_CHECKS.filter(isKept));
    const { digest } = artifactOf(artifact);
    return verifyBundle(
      {
        bundle,
        artifact: artifactByDigest ? { digest } : artifactOf(artifact),
        trusted: trustedBy(made),
        thresholds,
        now: signedAt + HOUR,
      },
      BUNDLE_CHECKS.filter(isKept),
    );
  } catch (thrown) {
    return { verified: false, code: failureOf(thrown), message: String(thrown), checks: [] };
  }
}

/** Whom a scenario's verifier trusts: a keyed bundle without log or timestamp needs no root. */
export function trustedBy(made: Made): VerifyBundleInput['trusted'] {
  const { key, keyValidity, scenario } = made;
  if (key === undefined) return { mode: 'keyless', root: rootOf(made) };
  const { from, to, revokedAt } = keyValidity;
  const pin = {
    digest: sha256(key.spki),
    key: key.publicKey,
    algorithm: key.algorithm,
    ...(from !== undefined && { validFrom: from }),
    ...(to !== undefined && { validTo: to }),
    ...(revokedAt !== undefined && { revokedAt }),
  };
  const rooted = scenario.entries.length + scenario.timestamps.length > 0;
  return { mode: 'keyed', keys: [pin], ...(rooted ? { root: rootOf(made) } : {}) };
}

const parsed = new Map<string, TrustRoot>();

/** Parsed once for all that share it: most do. */
function rootOf({ trustedRootBytes }: Made): TrustRoot {
  const digest = sha256(trustedRootBytes);
  const root = parsed.get(digest) ?? parseTrustRoot(trustedRootBytes);
  parsed.set(digest, root);
  return root;
}
