import type { Bundle } from '@sigstore/bundle';
import type { Sha256Digest } from '../../model/digest.ts';
import type { Statement } from './statement.ts';

/** A bundle whose form is known to be good; nothing in it is verified yet. */
export type ParsedBundle = {
  /** `cosign_legacy`: translated from cosign's own bundle; its log entries have a SET and no inclusion proof. */
  readonly form: 'sigstore' | 'cosign_legacy';
  readonly version: '0.1' | '0.2' | '0.3';
  /** SHA-256 over the bundle's raw bytes. */
  readonly digest: Sha256Digest;
  /** As the library wants it: camelCase, base64 decoded, one alternative of each choice. */
  readonly bundle: Bundle;
  /** What a DSSE envelope holds, parsed from the very bytes that its signature covers; absent for a message signature. */
  readonly statement?: Statement;
};
