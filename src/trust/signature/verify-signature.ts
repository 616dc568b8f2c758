import { constants, type KeyObject, verify } from 'node:crypto';
import { ed25519ph } from '@noble/curves/ed25519.js';
import { type SignatureAlgorithm, schemeOf } from '../algorithm.ts';
import type { Artifact } from '../artifact.ts';
import { refusal } from '../failure.ts';
import { verifyByDigest } from './by-digest.ts';
import { rawEd25519 } from './raw-ed25519.ts';
import { fitsKey } from './scheme.ts';

/** What a signature is over: the bytes (`artifact`: those of one, whose digests are kept), or only their SHA-256. */
export type SignedMessage = { readonly bytes: Uint8Array; readonly artifact?: Artifact } | { readonly sha256: Buffer };

/**
 * Whether the signature was made over the message by the key with this algorithm. ECDSA signatures are strict DER (X.690), without
 * anything after them.
 *
 * @throws CodedError `trust.algorithm_not_pinned`: the key is not of the algorithm's kind; `trust.digest_alone_insufficient`: the
 *   algorithm needs the bytes themselves
 */
export function verifySignature(
  algorithm: SignatureAlgorithm,
  key: KeyObject,
  message: SignedMessage,
  signature: Uint8Array,
): boolean {
  if (!fitsKey(algorithm, key)) {
    throw refusal('algorithm_not_pinned', `the key is not of the kind, curve or length that ${algorithm} asks for`);
  }
  if ('sha256' in message) return verifyByDigest(algorithm, key, message.sha256, signature);
  const scheme = schemeOf(algorithm);
  try {
    switch (scheme.kind) {
      case 'ecdsa':
        return verify(scheme.hash, message.bytes, { key, dsaEncoding: 'der' }, signature);
      case 'ed25519':
        return verify(null, message.bytes, key, signature);
      case 'ed25519-ph':
        // RFC 8032, section 5.1; not the laxer rules that noble has by default.
        return ed25519ph.verify(signature, message.bytes, rawEd25519(key), { zip215: false });
      case 'rsa-pkcs1':
        return verify(scheme.hash, message.bytes, { key, padding: constants.RSA_PKCS1_PADDING }, signature);
      case 'rsa-pss':
        // Signers differ in the length of their salt; none of them weakens the signature.
        return verify(
          scheme.hash,
          message.bytes,
          { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO },
          signature,
        );
    }
  } catch {
    // Both libraries throw at signatures that cannot be read.
    return false;
  }
}
