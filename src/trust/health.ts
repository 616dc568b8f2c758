import type { Sha256Digest } from '../model/digest.ts';
import { authoritiesBytes } from './authority/source.ts';
import type { FailureCode } from './failure.ts';
import type { TrustMaterial } from './material.ts';
import { VERIFIER_VERSION } from './verifier-version.ts';

/** What trust rests on at this moment, by digest: for the record of an activation. */
export type TrustIdentity = {
  readonly verifier: string;
  /** Over the canonical configuration of authorities and rules. */
  readonly authorities: Sha256Digest;
  readonly roots: Readonly<Record<string, Sha256Digest | 'root_stale' | 'root_unavailable'>>;
  readonly revocations: Sha256Digest | 'revocations_unavailable';
};

/** Whether documents can be verified at all. */
export type TrustHealth =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly code: FailureCode; readonly message: string };

/** The same, with what is held: documents, verdicts that are kept, documents that wait or are being verified. */
export type TrustState = TrustHealth & {
  readonly documents: number;
  readonly verdicts: number;
  readonly pending: number;
};

/** Failed: while revocations cannot be read, or a root that authorities name is stale or missing. */
export function healthOf({ revocations, rootSources }: TrustMaterial): TrustHealth {
  const revoked = revocations.current();
  if (revoked.state === 'unavailable') {
    return { kind: 'failed', code: 'revocations_unavailable', message: revoked.message };
  }
  for (const root of Object.values(rootSources())) {
    if ('failure' in root) return { kind: 'failed', code: root.failure, message: root.message };
  }
  return { kind: 'ready' };
}

/** What the material is, by digest. */
export function identityOf({ digest, rootDigests, revocations }: TrustMaterial): TrustIdentity {
  const revoked = revocations.current();
  return {
    verifier: VERIFIER_VERSION,
    authorities: digest,
    roots: rootDigests(),
    revocations: revoked.state === 'ready' ? revoked.digest : 'revocations_unavailable',
  };
}

/** The bytes behind these digests: authorities with rules, and the roots that can be had. */
export function objectsOf({ authorities, rules, rootSources }: TrustMaterial): readonly Uint8Array[] {
  const roots = Object.values(rootSources()).flatMap((root) => ('bytes' in root ? [root.bytes] : []));
  return [authoritiesBytes(authorities, rules), ...roots];
}
