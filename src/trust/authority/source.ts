import { canonicalize } from '../../model/canonical.ts';
import type { Milliseconds } from '../../model/clock.ts';
import { type Sha256Digest, sha256 } from '../../model/digest.ts';
import type { Effect } from '../../model/facts.ts';
import type { SignatureAlgorithm } from '../algorithm.ts';
import type { DocumentKind, IdentityRule, NeededAttestation, Rule, Scope, Thresholds } from './authority.ts';

/** A pinned key: public, as PEM. */
export type KeySource = {
  readonly pem: string;
  readonly algorithm: SignatureAlgorithm;
  readonly validFrom?: Milliseconds;
  readonly validTo?: Milliseconds;
  readonly revokedAt?: Milliseconds;
};

/**
 * An authority as plain JSON: files read, defaults filled in, nothing left that depends on where the configuration lies. It is what is
 * handed to the threads that verify, and what the digest of an authority is taken over.
 */
export type AuthoritySource = {
  readonly name: string;
  readonly signer:
    | { readonly mode: 'keyed'; readonly keys: readonly KeySource[]; readonly root?: string }
    | { readonly mode: 'keyless'; readonly identities: readonly IdentityRule[]; readonly root: string };
  readonly vouchesFor: Readonly<Record<DocumentKind, { readonly predicateType?: string }>>;
  readonly scope: Scope;
  readonly highestEffect: Effect;
  readonly attestations: readonly NeededAttestation[];
  readonly thresholds: Thresholds;
  readonly allowsCosignLegacy: boolean;
};

/** SHA-256 over the RFC 8785 form of an authority's configuration, key material included. */
export function authorityDigest(source: AuthoritySource): Sha256Digest {
  return sha256(canonicalize(source));
}

/** SHA-256 over the RFC 8785 form of all authorities and rules: what verdicts are kept under. */
export function authoritiesDigest(sources: readonly AuthoritySource[], rules: readonly Rule[]): Sha256Digest {
  return sha256(authoritiesBytes(sources, rules));
}

/** That form itself, to be kept beside the records that name its digest. */
export function authoritiesBytes(sources: readonly AuthoritySource[], rules: readonly Rule[]): Uint8Array {
  return new TextEncoder().encode(canonicalize({ authorities: sources, rules }));
}
