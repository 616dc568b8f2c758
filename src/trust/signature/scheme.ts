import type { KeyObject } from 'node:crypto';
import { SIGNATURE_ALGORITHMS, type SignatureAlgorithm, schemeOf } from '../algorithm.ts';

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
 * verified here. PSS only by keys that are of nothing else. Signatures of one cannot pass for another's: the hash is strong in each, and
 * Ed25519ph signs under a domain of its own.
 */
export function algorithmsFor(key: KeyObject): readonly SignatureAlgorithm[] {
  return SIGNATURE_ALGORITHMS.filter(
    (algorithm) =>
      fitsKey(algorithm, key) && (schemeOf(algorithm).kind !== 'rsa-pss' || key.asymmetricKeyType === 'rsa-pss'),
  );
}

/** The registry's default for a key's kind, or undefined where it is not one that is verified here. */
export function defaultAlgorithmFor(key: KeyObject): SignatureAlgorithm | undefined {
  return algorithmsFor(key)[0];
}
