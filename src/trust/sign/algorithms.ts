import { constants, type KeyObject, sign } from 'node:crypto';
import { CodedError } from '../../errors.ts';
import { SIGNATURE_ALGORITHMS, type SignatureAlgorithm, schemeOf } from '../algorithm.ts';
import { fitsKey } from '../signature/scheme.ts';

/** What is signed with here: all that is verified but `ed25519-ph`, which cosign writes attestations with and then does not verify. */
export const SIGNING_ALGORITHMS: readonly SignatureAlgorithm[] = SIGNATURE_ALGORITHMS.filter(
  (name) => name !== 'ed25519-ph',
);

/**
 * The algorithm to sign with: the one asked for, if the key fits it, else the one that Sigstore's registry names first for such keys.
 *
 * @throws CodedError `sign.key_unsupported`, `sign.algorithm_unfit`
 */
export function algorithmFor(key: KeyObject, wanted?: SignatureAlgorithm): SignatureAlgorithm {
  const fitting = SIGNING_ALGORITHMS.filter((name) => fitsKey(name, key));
  const chosen = wanted ?? fitting[0];
  if (fitting.length === 0 || chosen === undefined) {
    throw new CodedError(
      'sign.key_unsupported',
      'the key is none that signs here; take one on P-256, P-384 or P-521, Ed25519, or RSA of 2048, 3072 or 4096 bits',
    );
  }
  if (fitting.includes(chosen)) return chosen;
  throw new CodedError(
    'sign.algorithm_unfit',
    `the key does not sign with ${chosen}; it does with ${fitting.join(', ')}`,
  );
}

/** The hash by which a bundle names a message that is signed so; Ed25519 prescribes none. */
export function messageHash(algorithm: SignatureAlgorithm): 'sha256' | 'sha384' | 'sha512' {
  const scheme = schemeOf(algorithm);
  return scheme.kind === 'ed25519' ? 'sha256' : scheme.hash;
}

/** Signs bytes: ECDSA signatures in DER, as Sigstore has them; the salt of PSS as long as the hash. */
export function signBytes(algorithm: SignatureAlgorithm, key: KeyObject, bytes: Uint8Array): Buffer {
  const scheme = schemeOf(algorithm);
  switch (scheme.kind) {
    case 'ecdsa':
      return sign(scheme.hash, bytes, { key, dsaEncoding: 'der' });
    case 'ed25519':
      return sign(null, bytes, key);
    case 'ed25519-ph':
      throw new TypeError('nothing is signed with ed25519-ph');
    case 'rsa-pkcs1':
      return sign(scheme.hash, bytes, { key, padding: constants.RSA_PKCS1_PADDING });
    case 'rsa-pss':
      return sign(scheme.hash, bytes, {
        key,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
      });
  }
}
