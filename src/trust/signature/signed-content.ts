import { hash } from 'node:crypto';
import type { Bundle } from '@sigstore/bundle';
import { dsse } from '@sigstore/core';
import { HashAlgorithm } from '@sigstore/protobuf-specs';
import type { HashName } from '../algorithm.ts';
import { type Artifact, artifactDigest } from '../artifact.ts';
import { refusal } from '../failure.ts';
import type { SignedMessage } from './verify-signature.ts';

/** What a bundle's signature is over, and what the bundle says of it. */
export type SignedContent = {
  readonly signature: Buffer;
  readonly message: SignedMessage;
  /** A message signature's own statement about the artifact, which nothing authenticates; absent for an envelope. */
  readonly claimed?: { readonly hash: HashName; readonly digest: Buffer };
  /** An envelope's payload; absent for a message signature. */
  readonly payload?: Buffer;
};

const HASH_NAMES: ReadonlyMap<HashAlgorithm, HashName> = new Map([
  [HashAlgorithm.SHA2_256, 'sha256'],
  [HashAlgorithm.SHA2_384, 'sha384'],
  [HashAlgorithm.SHA2_512, 'sha512'],
  [HashAlgorithm.SHA3_256, 'sha3-256'],
  [HashAlgorithm.SHA3_384, 'sha3-384'],
]);

/**
 * What the bundle's signature is over: the artifact, or the envelope's pre-authentication encoding (DSSE v1), which is always at hand.
 *
 * @throws CodedError `trust.algorithm_unsupported`, `trust.bundle_malformed`
 */
export function signedContentOf(bundle: Bundle, artifact: Artifact): SignedContent {
  if (bundle.content.$case === 'messageSignature') {
    const { messageDigest, signature } = bundle.content.messageSignature;
    const name = HASH_NAMES.get(messageDigest.algorithm);
    if (name === undefined)
      throw refusal('algorithm_unsupported', 'the hash that messageDigest names is not one that is read');
    const sha256 = Buffer.from(artifact.digest.slice('sha256:'.length), 'hex');
    return {
      signature,
      message: artifact.bytes === undefined ? { sha256 } : { bytes: artifact.bytes, artifact },
      claimed: { hash: name, digest: messageDigest.digest },
    };
  }
  const { payloadType, payload, signatures } = bundle.content.dsseEnvelope;
  const [only, ...more] = signatures;
  if (only === undefined || more.length > 0)
    throw refusal('bundle_malformed', 'the envelope must have exactly one signature');
  return { signature: only.sig, message: { bytes: dsse.preAuthEncoding(payloadType, payload) }, payload };
}

/** Whether the bytes hash to a digest; false where only their SHA-256 is known and another hash is asked for. */
export function hashesTo(message: SignedMessage, name: HashName, digest: Uint8Array): boolean {
  return digestOf(message, name)?.equals(digest) ?? false;
}

/** The message's digest by a hash, or undefined where only another one is known. */
export function digestOf(message: SignedMessage, name: HashName): Buffer | undefined {
  if ('artifact' in message && message.artifact !== undefined) return artifactDigest(message.artifact, name);
  if ('bytes' in message) return hash(name, message.bytes, 'buffer');
  return name === 'sha256' ? message.sha256 : undefined;
}
