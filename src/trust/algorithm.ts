/** Hash functions, by Node's name. */
export type HashName = 'sha256' | 'sha384' | 'sha512' | 'sha3-256' | 'sha3-384';

/** Curves by OpenSSL's names. */
export type Curve = 'prime256v1' | 'secp384r1' | 'secp521r1';

/** How an algorithm signs. `hash` is what is made of the message first; pure Ed25519 makes none. */
export type Scheme =
  | { readonly kind: 'ecdsa'; readonly curve: Curve; readonly hash: 'sha256' | 'sha384' | 'sha512' }
  | { readonly kind: 'ed25519' }
  | { readonly kind: 'ed25519-ph'; readonly hash: 'sha512' }
  | { readonly kind: 'rsa-pkcs1' | 'rsa-pss'; readonly bits: number; readonly hash: 'sha256' };

/** A scheme, and the `alg` of JWKs that stand for it (RFC 7518 section 3.1, RFC 8037, RFC 9864). */
type Row = Scheme & { readonly jwk?: readonly string[] };

/**
 * The algorithms that signatures are verified with, by the names of Sigstore's algorithm registry
 * (sigstore/architecture-docs, algorithm-registry.md). One is pinned to each key: the signature does not choose. Of those that fit a key,
 * the first is the registry's default.
 */
const TABLE = {
  'ecdsa-sha2-256-nistp256': { kind: 'ecdsa', curve: 'prime256v1', hash: 'sha256', jwk: ['ES256'] },
  'ecdsa-sha2-384-nistp384': { kind: 'ecdsa', curve: 'secp384r1', hash: 'sha384', jwk: ['ES384'] },
  'ecdsa-sha2-256-nistp384': { kind: 'ecdsa', curve: 'secp384r1', hash: 'sha256' },
  'ecdsa-sha2-512-nistp521': { kind: 'ecdsa', curve: 'secp521r1', hash: 'sha512', jwk: ['ES512'] },
  'ecdsa-sha2-256-nistp521': { kind: 'ecdsa', curve: 'secp521r1', hash: 'sha256' },
  ed25519: { kind: 'ed25519', jwk: ['EdDSA', 'Ed25519'] },
  'ed25519-ph': { kind: 'ed25519-ph', hash: 'sha512' },
  'rsa-sign-pkcs1-2048-sha256': { kind: 'rsa-pkcs1', bits: 2048, hash: 'sha256', jwk: ['RS256'] },
  'rsa-sign-pkcs1-3072-sha256': { kind: 'rsa-pkcs1', bits: 3072, hash: 'sha256', jwk: ['RS256'] },
  'rsa-sign-pkcs1-4096-sha256': { kind: 'rsa-pkcs1', bits: 4096, hash: 'sha256', jwk: ['RS256'] },
  'rsa-sign-pss-2048-sha256': { kind: 'rsa-pss', bits: 2048, hash: 'sha256', jwk: ['PS256'] },
  'rsa-sign-pss-3072-sha256': { kind: 'rsa-pss', bits: 3072, hash: 'sha256', jwk: ['PS256'] },
  'rsa-sign-pss-4096-sha256': { kind: 'rsa-pss', bits: 4096, hash: 'sha256', jwk: ['PS256'] },
} as const satisfies Readonly<Record<string, Row>>;

export type SignatureAlgorithm = keyof typeof TABLE;

const ROWS: Readonly<Record<SignatureAlgorithm, Row>> = TABLE;

/** In the order of the table. */
export const SIGNATURE_ALGORITHMS: readonly SignatureAlgorithm[] = Object.keys(TABLE).filter(isSignatureAlgorithm);

function isSignatureAlgorithm(name: string): name is SignatureAlgorithm {
  return Object.hasOwn(TABLE, name);
}

/** How an algorithm of the registry signs. */
export function schemeOf(algorithm: SignatureAlgorithm): Scheme {
  return ROWS[algorithm];
}

/** The `alg` of JWKs, and what each may mean here, by size of key where it leaves that open. */
export const JWK_ALGORITHMS: ReadonlyMap<string, readonly SignatureAlgorithm[]> = new Map(
  SIGNATURE_ALGORITHMS.flatMap((name) => ROWS[name].jwk ?? []).map((alg) => [
    alg,
    SIGNATURE_ALGORITHMS.filter((name) => ROWS[name].jwk?.includes(alg)),
  ]),
);
