import type { KeyObject } from 'node:crypto';
import type { SignatureAlgorithm } from '../algorithm.ts';

/** Hash functions, by Node's name. */
export type HashName = 'sha256' | 'sha384' | 'sha512' | 'sha3-256' | 'sha3-384';

/** How an algorithm signs. `hash` is what is made of the message first; pure Ed25519 makes none. */
export type Scheme =
  | { readonly kind: 'ecdsa'; readonly curve: Curve; readonly hash: HashName }
  | { readonly kind: 'ed25519' }
  | { readonly kind: 'ed25519-ph'; readonly hash: 'sha512' }
  | { readonly kind: 'rsa-pkcs1' | 'rsa-pss'; readonly bits: number; readonly hash: 'sha256' };

/** Curves by OpenSSL's names. */
export type Curve = 'prime256v1' | 'secp384r1' | 'secp521r1';

const SCHEMES: Readonly<Record<SignatureAlgorithm, Scheme>> = {
  'ecdsa-sha2-256-nistp256': { kind: 'ecdsa', curve: 'prime256v1', hash: 'sha256' },
  'ecdsa-sha2-384-nistp384': { kind: 'ecdsa', curve: 'secp384r1', hash: 'sha384' },
  'ecdsa-sha2-256-nistp384': { kind: 'ecdsa', curve: 'secp384r1', hash: 'sha256' },
  'ecdsa-sha2-512-nistp521': { kind: 'ecdsa', curve: 'secp521r1', hash: 'sha512' },
  'ecdsa-sha2-256-nistp521': { kind: 'ecdsa', curve: 'secp521r1', hash: 'sha256' },
  ed25519: { kind: 'ed25519' },
  'ed25519-ph': { kind: 'ed25519-ph', hash: 'sha512' },
  'rsa-sign-pkcs1-2048-sha256': { kind: 'rsa-pkcs1', bits: 2048, hash: 'sha256' },
  'rsa-sign-pkcs1-3072-sha256': { kind: 'rsa-pkcs1', bits: 3072, hash: 'sha256' },
  'rsa-sign-pkcs1-4096-sha256': { kind: 'rsa-pkcs1', bits: 4096, hash: 'sha256' },
  'rsa-sign-pss-2048-sha256': { kind: 'rsa-pss', bits: 2048, hash: 'sha256' },
  'rsa-sign-pss-3072-sha256': { kind: 'rsa-pss', bits: 3072, hash: 'sha256' },
  'rsa-sign-pss-4096-sha256': { kind: 'rsa-pss', bits: 4096, hash: 'sha256' },
};

/** How an algorithm of the registry signs. */
export function schemeOf(algorithm: SignatureAlgorithm): Scheme {
  return SCHEMES[algorithm];
}

/** Whether a key is of the kind, curve or length that an algorithm asks for. */
export function fitsKey(algorithm: SignatureAlgorithm, key: KeyObject): boolean {
  const scheme = schemeOf(algorithm);
  const details = key.asymmetricKeyDetails;
  switch (scheme.kind) {
    case 'ecdsa':
      return key.asymmetricKeyType === 'ec' && details?.namedCurve === scheme.curve;
    case 'ed25519':
    case 'ed25519-ph':
      return key.asymmetricKeyType === 'ed25519';
    case 'rsa-pkcs1':
      return key.asymmetricKeyType === 'rsa' && details?.modulusLength === scheme.bits;
    case 'rsa-pss':
      return key.asymmetricKeyType?.startsWith('rsa') === true && details?.modulusLength === scheme.bits;
  }
}

/**
 * The algorithms that a signature by this key may have where none is pinned to it, the registry's default first; none: such keys are not
 * verified here. Signatures of one cannot pass for another's: the hash is strong in each, and Ed25519ph signs under a domain of its own.
 */
export function algorithmsFor(key: KeyObject): readonly SignatureAlgorithm[] {
  const order: readonly SignatureAlgorithm[] = [
    'ecdsa-sha2-256-nistp256',
    'ecdsa-sha2-384-nistp384',
    'ecdsa-sha2-256-nistp384',
    'ecdsa-sha2-512-nistp521',
    'ecdsa-sha2-256-nistp521',
    'ed25519',
    'ed25519-ph',
    'rsa-sign-pkcs1-2048-sha256',
    'rsa-sign-pkcs1-3072-sha256',
    'rsa-sign-pkcs1-4096-sha256',
    ...(key.asymmetricKeyType === 'rsa-pss' ? PSS : []),
  ];
  return order.filter((algorithm) => fitsKey(algorithm, key));
}

const PSS: readonly SignatureAlgorithm[] = [
  'rsa-sign-pss-2048-sha256',
  'rsa-sign-pss-3072-sha256',
  'rsa-sign-pss-4096-sha256',
];

/** The registry's default for a key's kind, or undefined where it is not one that is verified here. */
export function defaultAlgorithmFor(key: KeyObject): SignatureAlgorithm | undefined {
  return algorithmsFor(key)[0];
}
