import type { KeyObject } from 'node:crypto';
import type { TrustMaterial } from '@sigstore/verify';
import type { Milliseconds } from '../../model/clock.ts';
import type { Sha256Digest } from '../../model/digest.ts';

/** A log that a trusted root names: of signatures, or of certificates. */
export type TrustedLog = {
  /** The log's id, lower-case hex. */
  readonly id: string;
  readonly baseUrl: string;
  /** Who runs it: thresholds count distinct ones. Instances of one root without a named operator count as one. */
  readonly operator: string;
  readonly key: KeyObject;
  readonly validFrom: Milliseconds;
  /** Inclusive; absent: open-ended. */
  readonly validTo?: Milliseconds;
};

/** A certificate authority of signers, or of timestamps. */
export type TrustedChain = {
  readonly uri: string;
  readonly operator: string;
  /** DER, from the lowest certificate to the self-signed one. */
  readonly certificates: readonly Uint8Array[];
  readonly validFrom: Milliseconds;
  readonly validTo?: Milliseconds;
};

/** A TrustedRoot (protobuf-specs), checked: whom keyless signatures, log entries and timestamps are verified against. */
export type TrustRoot = {
  /** SHA-256 over the file's bytes. */
  readonly digest: Sha256Digest;
  readonly logs: readonly TrustedLog[];
  readonly certificateLogs: readonly TrustedLog[];
  readonly certificateAuthorities: readonly TrustedChain[];
  readonly timestampAuthorities: readonly TrustedChain[];
  /** The same as the library takes it. */
  readonly material: Omit<TrustMaterial, 'publicKey'>;
};
