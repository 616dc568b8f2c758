import { constants, type KeyObject, type SigningOptions, sign, verify } from 'node:crypto';
import { CodedError } from '../../errors.ts';
import type { SignatureAlgorithm } from '../algorithm.ts';

/** What is signed with here: all that is verified but `ed25519-ph`, which nothing but cosign's attestations use. */
export type SigningAlgorithm = Exclude<SignatureAlgorithm, 'ed25519-ph'>;

type Row = {
  /** What `keyKind` says of the keys that it is for. */
  readonly key: string;
  /** node:crypto's name of the hash; null: Ed25519 hashes by itself. */
  readonly hash: 'sha256' | 'sha384' | 'sha512' | null;
  readonly options?: SigningOptions;
};

const PSS: SigningOptions = {
  padding: constants.RSA_PKCS1_PSS_PADDING,
  saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
};

// The first row of a kind of key is its default: the one that Sigstore's registry recommends.
const ROWS: ReadonlyMap<SigningAlgorithm, Row> = new Map<SigningAlgorithm, Row>([
  ['ecdsa-sha2-256-nistp256', { key: 'prime256v1', hash: 'sha256' }],
  ['ecdsa-sha2-384-nistp384', { key: 'secp384r1', hash: 'sha384' }],
  ['ecdsa-sha2-256-nistp384', { key: 'secp384r1', hash: 'sha256' }],
  ['ecdsa-sha2-512-nistp521', { key: 'secp521r1', hash: 'sha512' }],
  ['ecdsa-sha2-256-nistp521', { key: 'secp521r1', hash: 'sha256' }],
  ['ed25519', { key: 'ed25519', hash: null }],
  ['rsa-sign-pkcs1-2048-sha256', { key: 'rsa 2048', hash: 'sha256' }],
  ['rsa-sign-pkcs1-3072-sha256', { key: 'rsa 3072', hash: 'sha256' }],
  ['rsa-sign-pkcs1-4096-sha256', { key: 'rsa 4096', hash: 'sha256' }],
  ['rsa-sign-pss-2048-sha256', { key: 'rsa 2048', hash: 'sha256', options: PSS }],
  ['rsa-sign-pss-3072-sha256', { key: 'rsa 3072', hash: 'sha256', options: PSS }],
  ['rsa-sign-pss-4096-sha256', { key: 'rsa 4096', hash: 'sha256', options: PSS }],
]);

/** The names of all of them. */
export const SIGNING_ALGORITHMS: readonly SigningAlgorithm[] = [...ROWS.keys()];

/**
 * The algorithm to sign with: the one asked for, if the key fits it, else the key's default.
 *
 * @throws CodedError `sign.key_unsupported`, `sign.algorithm_unfit`
 */
export function algorithmFor(key: KeyObject, wanted?: SigningAlgorithm): SigningAlgorithm {
  const kind = keyKind(key);
  const fitting = SIGNING_ALGORITHMS.filter((name) => ROWS.get(name)?.key === kind);
  const [first] = fitting;
  if (first === undefined) {
    throw new CodedError(
      'sign.key_unsupported',
      'the key is none that signs here; take one on P-256, P-384 or P-521, Ed25519, or RSA of 2048, 3072 or 4096 bits',
    );
  }
  if (wanted === undefined || fitting.includes(wanted)) return wanted ?? first;
  throw new CodedError(
    'sign.algorithm_unfit',
    `the key does not sign with ${wanted}; it does with ${fitting.join(', ')}`,
  );
}

function keyKind(key: KeyObject): string {
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'ec') return namedCurve ?? '';
  if (key.asymmetricKeyType === 'rsa') return `rsa ${modulusLength}`;
  return key.asymmetricKeyType ?? '';
}

/** The hash by which a bundle names a message that is signed so; Ed25519 prescribes none. */
export function messageHash(algorithm: SigningAlgorithm): 'sha256' | 'sha384' | 'sha512' {
  return rowOf(algorithm).hash ?? 'sha256';
}

/** Signs bytes: ECDSA signatures in DER, as Sigstore has them. */
export function signBytes(algorithm: SigningAlgorithm, privateKey: KeyObject, bytes: Uint8Array): Buffer {
  const { hash, options } = rowOf(algorithm);
  return sign(hash, bytes, { key: privateKey, ...options });
}

/** Whether a signature is one that `signBytes` could have made over these bytes. */
export function verifyBytes(
  algorithm: SigningAlgorithm,
  publicKey: KeyObject,
  bytes: Uint8Array,
  signature: Uint8Array,
): boolean {
  const { hash, options } = rowOf(algorithm);
  return verify(hash, bytes, { key: publicKey, ...options }, signature);
}

function rowOf(algorithm: SigningAlgorithm): Row {
  const row = ROWS.get(algorithm);
  if (row === undefined) throw new TypeError(`no algorithm ${algorithm}`);
  return row;
}
