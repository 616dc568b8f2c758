import type { Milliseconds } from '../../../src/model/clock.ts';
import type { Json } from '../../../src/model/json.ts';
import type { Thresholds } from '../../../src/trust/authority/authority.ts';
import type { Scenario } from './scenario.ts';
import type { SigningKey } from './signing-key.ts';

/** Everything that a verifier is handed. */
export type Made = {
  readonly scenario: Scenario;
  readonly artifact: Buffer;
  readonly bundle: Json;
  /** What stands in the file: the JSON above, unless the bytes themselves were altered. */
  readonly bundleBytes: Buffer;
  readonly trustedRoot: Json;
  readonly trustedRootBytes: Buffer;
  /** Whether the verifier is handed the artifact's digest alone. */
  readonly artifactByDigest: boolean;
  /** Whose signature counts; absent: that of whom the certificate names. */
  readonly key?: SigningKey;
  /** Keyed: since when and until when it counts. */
  readonly keyValidity: { readonly from?: Milliseconds; readonly to?: Milliseconds; readonly revokedAt?: Milliseconds };
  /** Keyless: whose. */
  readonly identity: string;
  readonly issuer: string;
  readonly thresholds: Thresholds;
  readonly allowCosignLegacy: boolean;
  /** When it was signed. */
  readonly signedAt: Milliseconds;
};
