import type { Sha256Digest } from '../../model/digest.ts';

/**
 * What no longer counts, whoever signed it: looked up at every decision, so effective at once. `unavailable` while a file of
 * revocations is missing or malformed: then nothing signed counts (`revocations_unavailable`).
 */
export type Revocations =
  | {
      readonly state: 'ready';
      /** One more with each change of what is revoked. */
      readonly generation: number;
      /** Over the digests of the files, in their order. */
      readonly digest: Sha256Digest;
      /** SHA-256 over the key's SubjectPublicKeyInfo. */
      readonly keys: ReadonlySet<Sha256Digest>;
      /** SHA-256 over the certificate's DER, a leaf's or an authority's. */
      readonly certificates: ReadonlySet<Sha256Digest>;
      /** By `identityKey`. */
      readonly identities: ReadonlySet<string>;
      /** SHA-256 over the document's bytes. */
      readonly artifacts: ReadonlySet<Sha256Digest>;
    }
  | {
      readonly state: 'unavailable';
      readonly generation: number;
      /** Public: which file, what is wrong with it, what to do. */
      readonly message: string;
    };

/** An identity as one string: issuer and subject cannot run into one another. Compared exactly, letter by letter. */
export function identityKey(issuer: string, subject: string): string {
  return JSON.stringify([issuer, subject]);
}
