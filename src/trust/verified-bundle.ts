import type { Milliseconds } from '../model/clock.ts';
import type { Sha256Digest } from '../model/digest.ts';
import type { ClaimName } from './authority/claims.ts';
import type { Statement } from './bundle/statement.ts';
import type { FailureCode } from './failure.ts';

/** Who signed, as far as it was proved. */
export type VerifiedSigner =
  | { readonly mode: 'keyed'; readonly key: Sha256Digest }
  | {
      readonly mode: 'keyless';
      readonly issuer: string;
      readonly subject: string;
      /** Of the certificate's key (SubjectPublicKeyInfo). */
      readonly key: Sha256Digest;
      /** SHA-256 over the DER, from the leaf upwards; behind each those of its other forms (see certificate.ts), whose revocation strikes it too. */
      readonly certificates: readonly Sha256Digest[];
      readonly claims: Readonly<Partial<Record<ClaimName, string>>>;
    };

/** An entry whose inclusion was proved. All of it is authenticated: the index is that of the proof, not the one beside it. */
export type VerifiedLogEntry = {
  readonly operator: string;
  /** Hex. */
  readonly logId: string;
  /** The checkpoint's first line; absent where there was only a SET (cosign's legacy bundle). */
  readonly origin?: string;
  /** Decimal: indices can exceed 2^53. */
  readonly index: string;
  /** Of the checkpoint: tree size in decimal, root in hex. */
  readonly size?: string;
  readonly root?: string;
};

/** A time that a trusted party vouched for. */
export type VerifiedTime = {
  readonly operator: string;
  readonly source: 'tsa' | 'log';
  readonly time: Milliseconds;
};

/** What a bundle was found to prove about an artifact, by authenticated fields alone. */
export type VerifiedBundle = {
  readonly bundle: Sha256Digest;
  readonly signer: VerifiedSigner;
  /** Absent for a message signature over the artifact itself. */
  readonly statement?: Statement;
  readonly logs: readonly VerifiedLogEntry[];
  readonly times: readonly VerifiedTime[];
  readonly scts: readonly { readonly operator: string; readonly logId: string }[];
  /** From then on it no longer holds: the key's end where nothing verified says when it signed. */
  readonly notAfter?: Milliseconds;
};

/** One check and how it ended: a line of `exequatur verify`. */
export type CheckResult =
  | { readonly check: string; readonly result: 'passed' | 'not_run' }
  | { readonly check: string; readonly result: 'failed'; readonly code: FailureCode; readonly message: string };

/** What came of verifying one bundle. */
export type BundleVerification =
  | { readonly verified: true; readonly proved: VerifiedBundle; readonly checks: readonly CheckResult[] }
  | {
      readonly verified: false;
      readonly code: FailureCode;
      /** Public: what, where, what to do. */
      readonly message: string;
      readonly checks: readonly CheckResult[];
    };
