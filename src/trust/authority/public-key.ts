import { createPublicKey, type KeyObject } from 'node:crypto';
import { type Sha256Digest, sha256 } from '../../model/digest.ts';
import { isJsonObject, type Json, member } from '../../model/json.ts';
import { JWK_ALGORITHMS, SIGNATURE_ALGORITHMS, type SignatureAlgorithm } from '../algorithm.ts';
import { canonicalSpki } from '../canonical-key.ts';
import { fitsKey } from '../signature/scheme.ts';

/** A key as the configuration gives it, or what is wrong with it. */
export type KeyReading =
  | { readonly key: KeyObject; readonly named?: readonly SignatureAlgorithm[] }
  | { readonly problem: string };

const PEM = /^\s*-----BEGIN PUBLIC KEY-----\s+[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----\s*$/;
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const JWK_MEMBERS = new Set(['kty', 'crv', 'x', 'y', 'n', 'e', 'alg', 'use', 'key_ops', 'kid']);
const HOLDS_PRIVATE =
  'holds a private key: take it out of the configuration, consider it known to others, and give the public key alone';

/** Reads a public key in PEM (SubjectPublicKeyInfo, RFC 7468 section 13). Nothing of it stands in a problem: it may be a secret. */
export function readPem(text: string): KeyReading {
  if (/PRIVATE KEY/.test(text)) return { problem: HOLDS_PRIVATE };
  if (/BEGIN CERTIFICATE/.test(text)) {
    return { problem: 'is a certificate; give its public key (openssl x509 -pubkey -noout)' };
  }
  if (!PEM.test(text)) return { problem: 'must be one PEM block, -----BEGIN PUBLIC KEY-----' };
  try {
    return { key: createPublicKey({ key: text, format: 'pem' }) };
  } catch {
    return { problem: 'is no public key that can be read' };
  }
}

/** Reads a public JWK (RFC 7517); `alg`, where it stands there, names the algorithm. */
export function readJwk(jwk: Json): KeyReading {
  if (!isJsonObject(jwk)) return { problem: 'must be a JWK: an object' };
  if (PRIVATE_MEMBERS.some((name) => Object.hasOwn(jwk, name))) return { problem: HOLDS_PRIVATE };
  if (Object.keys(jwk).some((name) => !JWK_MEMBERS.has(name))) {
    return { problem: `must hold nothing but ${[...JWK_MEMBERS].join(', ')}` };
  }
  const use = member(jwk, 'use');
  if (use !== undefined && use !== 'sig')
    return { problem: 'has a use other than sig: it is not meant for signatures' };
  const operations = member(jwk, 'key_ops');
  if (
    operations !== undefined &&
    !(Array.isArray(operations) && operations.length === 1 && operations[0] === 'verify')
  ) {
    return { problem: 'has key_ops other than ["verify"]: it is not meant for verifying' };
  }
  let key: KeyObject;
  try {
    key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
  } catch {
    return { problem: 'is no public key that can be read' };
  }
  const alg = member(jwk, 'alg');
  if (alg === undefined) return { key };
  const named = typeof alg === 'string' ? JWK_ALGORITHMS.get(alg) : undefined;
  if (named === undefined) {
    return { problem: `has an alg that is not verified here; take one of ${[...JWK_ALGORITHMS.keys()].join(', ')}` };
  }
  return { key, named };
}

/** What a key is called. The first algorithm that fits it is taken where none is named, if `natural`. */
type KeyType = { readonly name: string; readonly natural: boolean };

function typeOf(key: KeyObject): KeyType | { readonly problem: string } {
  const details = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'ed25519':
      return { name: 'Ed25519', natural: true };
    case 'ec':
      switch (details.namedCurve) {
        case 'prime256v1':
          return { name: 'P-256', natural: true };
        case 'secp384r1':
          return { name: 'P-384', natural: false };
        case 'secp521r1':
          return { name: 'P-521', natural: false };
        default:
          return { problem: 'is on a curve that is not verified here; take P-256, P-384 or P-521' };
      }
    case 'rsa':
      return rsaType(details.modulusLength ?? 0, details.publicExponent ?? 0n);
    default:
      return { problem: 'is of a type that is not verified here; take ECDSA, Ed25519 or RSA' };
  }
}

function rsaType(bits: number, exponent: bigint): KeyType | { readonly problem: string } {
  if (bits < 2048) return { problem: 'is an RSA key of fewer than 2048 bits, which is too weak; make a new one' };
  // With an exponent of 1 anything is its own signature; small ones forgive errors in padding.
  if (exponent < 65_537n || exponent % 2n === 0n)
    return { problem: 'is an RSA key with an exponent below 65537; make a new one' };
  if (bits !== 2048 && bits !== 3072 && bits !== 4096) {
    return { problem: 'is an RSA key of a size that has no registered algorithm; take 2048, 3072 or 4096 bits' };
  }
  return { name: `RSA-${bits}`, natural: false };
}

/**
 * The one algorithm of a key: the one named, which must fit the key and what its JWK says; without one what the JWK says; without that
 * the natural one of P-256 and Ed25519. Elsewhere one must be named.
 */
export function algorithmOf(
  reading: Extract<KeyReading, { readonly key: KeyObject }>,
  named?: SignatureAlgorithm,
): SignatureAlgorithm | { readonly problem: string } {
  const type = typeOf(reading.key);
  if ('problem' in type) return type;
  const { name, natural } = type;
  const algorithms = SIGNATURE_ALGORITHMS.filter((one) => fitsKey(one, reading.key));
  const possible = reading.named === undefined ? algorithms : algorithms.filter((one) => reading.named?.includes(one));
  const [first] = possible;
  if (first === undefined) return { problem: `is a ${name} key, which the alg of its JWK does not fit` };
  if (named !== undefined) {
    if (possible.includes(named)) return named;
    return { problem: `is a ${name} key, which ${named} does not fit; take ${possible.join(' or ')}` };
  }
  if (natural || reading.named !== undefined) return first;
  return { problem: `is a ${name} key, which several algorithms fit; name one in algorithm: ${possible.join(' or ')}` };
}

/** The key's name in facts and revocations: SHA-256 over its canonical SubjectPublicKeyInfo in DER. */
export function keyDigest(key: KeyObject): Sha256Digest {
  return sha256(canonicalSpki(key));
}
