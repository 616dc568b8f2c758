import { constants, type KeyObject, publicDecrypt } from 'node:crypto';
import type { ECDSA } from '@noble/curves/abstract/weierstrass.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { type Curve, type SignatureAlgorithm, schemeOf } from '../algorithm.ts';
import { refusal } from '../failure.ts';

const CURVES: Readonly<Record<Curve, ECDSA>> = { prime256v1: p256, secp384r1: p384, secp521r1: p521 };

/** DigestInfo of SHA-256 up to the digest (RFC 8017, section 9.2, note 1). */
const SHA256_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex');

/**
 * Whether the signature was made over the message of which only the SHA-256 is known.
 *
 * @throws CodedError `trust.digest_alone_insufficient`: the algorithm signs the bytes (Ed25519), another hash of them, or was not taken up
 *   here (PSS)
 */
export function verifyByDigest(
  algorithm: SignatureAlgorithm,
  key: KeyObject,
  sha256: Buffer,
  signature: Uint8Array,
): boolean {
  const scheme = schemeOf(algorithm);
  if (scheme.kind === 'ecdsa' && scheme.hash === 'sha256') return verifyEcdsa(scheme.curve, key, sha256, signature);
  if (scheme.kind === 'rsa-pkcs1') return verifyPkcs1(key, sha256, signature);
  throw refusal(
    'digest_alone_insufficient',
    `${algorithm} cannot be checked by the SHA-256 of the artifact alone; give the artifact itself`,
  );
}

/** Node verifies no ECDSA over a digest. */
function verifyEcdsa(curve: Curve, key: KeyObject, sha256: Buffer, signature: Uint8Array): boolean {
  const { x, y } = key.export({ format: 'jwk' });
  if (x === undefined || y === undefined) return false;
  const point = Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
  try {
    // Both values of s count, as they do for OpenSSL: the malleability of ECDSA is no matter of a verifier's taste.
    return CURVES[curve].verify(signature, sha256, point, { prehash: false, lowS: false, format: 'der' });
  } catch {
    return false;
  }
}

/** RFC 8017, section 8.2.2: the whole encoded message is made anew and compared, so that no padding has to be understood. */
function verifyPkcs1(key: KeyObject, sha256: Buffer, signature: Uint8Array): boolean {
  const length = (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8;
  if (signature.length !== length) return false;
  const padding = Buffer.alloc(length - 3 - SHA256_INFO.length - sha256.length, 0xff);
  const expected = Buffer.concat([Buffer.from([0, 1]), padding, Buffer.from([0]), SHA256_INFO, sha256]);
  try {
    return publicDecrypt({ key, padding: constants.RSA_NO_PADDING }, signature).equals(expected);
  } catch {
    return false;
  }
}
