import { createPublicKey, type KeyObject } from 'node:crypto';

/**
 * The one SubjectPublicKeyInfo of a key, in DER, which all its names are made of: the point uncompressed on a named curve (RFC 5480,
 * section 2), RSA with its NULL parameters. OpenSSL gives a key back as it was written, and one key in two spellings would be two signers.
 * A type that JWK has no name for is given back as it was; nothing here verifies by such a key.
 */
export function canonicalSpki(key: KeyObject): Buffer {
  if (key.asymmetricKeyType !== 'ec' && key.asymmetricKeyType !== 'rsa')
    return key.export({ type: 'spki', format: 'der' });
  const known = key.asymmetricKeyType === 'rsa' || CURVES.has(key.asymmetricKeyDetails?.namedCurve ?? '');
  if (!known) return key.export({ type: 'spki', format: 'der' });
  return createPublicKey({ key: key.export({ format: 'jwk' }), format: 'jwk' }).export({ type: 'spki', format: 'der' });
}

const CURVES = new Set(['prime256v1', 'secp384r1', 'secp521r1', 'secp256k1']);
