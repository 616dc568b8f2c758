import type { KeyObject } from 'node:crypto';
import type { Milliseconds } from '../../model/clock.ts';
import type { Sha256Digest } from '../../model/digest.ts';
import type { Effect } from '../../model/facts.ts';
import type { JsonObject } from '../../model/json.ts';
import type { SignatureAlgorithm } from '../algorithm.ts';
import type { ClaimName } from './claims.ts';

/** What an authority may vouch for: `tool`, `catalogue`, `plan`, `policy`, or a kind that a deployment names. */
export type DocumentKind = string;

/** A public key pinned by the configuration, with the one algorithm that it signs with. */
export type PinnedKey = {
  /** SHA-256 over the key's SubjectPublicKeyInfo in DER: its name in facts and revocations. */
  readonly digest: Sha256Digest;
  readonly key: KeyObject;
  readonly algorithm: SignatureAlgorithm;
  readonly validFrom?: Milliseconds;
  /** Inclusive. */
  readonly validTo?: Milliseconds;
  /** Signatures made at this time or later do not count; where nothing verified says when one was made, none counts from then on. */
  readonly revokedAt?: Milliseconds;
};

/** How many distinct operators must vouch. */
export type Thresholds = { readonly logs: number; readonly timestamps: number; readonly scts: number };

/** Which text is meant: the whole of it, or an RE2 pattern anchored at both ends. */
export type TextMatch = { readonly exact: string } | { readonly pattern: string };

/** One identity that counts: its issuer and subject, and what else the certificate must carry. */
export type IdentityRule = {
  readonly issuer: TextMatch;
  readonly subject: TextMatch;
  readonly claims: Readonly<Partial<Record<ClaimName, TextMatch>>>;
};

/** Globs: `*` stands for any run of characters, nothing else is special. An empty list allows nothing. */
export type Scope = {
  readonly servers: readonly string[];
  /** `SERVER/TOOL`. */
  readonly tools: readonly string[];
  readonly planAgents: readonly string[];
  readonly environments: readonly string[];
};

/** An attestation that must come besides: of this type, by one of these authorities, its predicate matching the schema. */
export type NeededAttestation = {
  readonly name: string;
  readonly predicateType: string;
  readonly by: readonly string[];
  readonly schema?: JsonObject;
};

/** Whose signature counts for what, ready to verify with. */
export type Authority = {
  readonly name: string;
  /** SHA-256 over the RFC 8785 form of its configuration, key material included. */
  readonly digest: Sha256Digest;
  readonly signer:
    | { readonly mode: 'keyed'; readonly keys: readonly PinnedKey[]; readonly root?: string }
    | { readonly mode: 'keyless'; readonly identities: readonly IdentityRule[]; readonly root: string };
  /** By kind: what a Statement's predicateType must be to vouch for it; absent: only a message signature vouches. */
  readonly vouchesFor: ReadonlyMap<DocumentKind, { readonly predicateType?: string }>;
  readonly scope: Scope;
  readonly highestEffect: Effect;
  readonly attestations: readonly NeededAttestation[];
  readonly thresholds: Thresholds;
  /** cosign's legacy bundle, which has no inclusion proof, is read. */
  readonly allowsCosignLegacy: boolean;
};

/** Authorities combined: at least so many of these must vouch for a document of one of these kinds. All rules of a kind must hold. */
export type Rule = {
  readonly name: string;
  readonly kinds: readonly DocumentKind[];
  readonly authorities: readonly string[];
  readonly atLeast: number;
};
