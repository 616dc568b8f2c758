/**
 * The algorithms that signatures are verified with, by the names of Sigstore's algorithm registry
 * (sigstore/architecture-docs, algorithm-registry.md). One is pinned to each key: the signature does not choose.
 */
export const SIGNATURE_ALGORITHMS = [
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
  'rsa-sign-pss-2048-sha256',
  'rsa-sign-pss-3072-sha256',
  'rsa-sign-pss-4096-sha256',
] as const;

export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number];
