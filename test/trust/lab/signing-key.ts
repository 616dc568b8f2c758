import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  type KeyObject,
  sign,
} from 'node:crypto';
import { ed25519ph } from '@noble/curves/ed25519.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import type { SignatureAlgorithm } from '../../../src/trust/algorithm.ts';
import { integer, none, octets, oid, pem, sequence } from './der.ts';
import type { Seed } from './seed.ts';

/** A key with the one algorithm that it signs with. */
export type SigningKey = {
  readonly algorithm: SignatureAlgorithm;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Buffer;
  readonly spkiPem: string;
  /** As PublicKeyDetails names it in sigstore's protobuf-specs. */
  readonly details: string;
  /** What the digest of a message signature is made with. */
  readonly digest: 'sha256' | 'sha384' | 'sha512';
  /** AlgorithmIdentifier of its signatures in certificates. */
  readonly identifier: Buffer;
  /** ECDSA with the nonces of RFC 6979, so that one seed gives one bundle; of RSA-PSS no two signatures are alike. */
  readonly sign: (data: Uint8Array) => Buffer;
};

type Curve = typeof p256;
type Ecdsa = {
  readonly curve: Curve;
  readonly name: 'P-256' | 'P-384' | 'P-521';
  readonly bytes: number;
  readonly digest: 'sha256' | 'sha384' | 'sha512';
  readonly details: string;
};

const ECDSA: Partial<Record<SignatureAlgorithm, Ecdsa>> = {
  'ecdsa-sha2-256-nistp256': {
    curve: p256,
    name: 'P-256',
    bytes: 32,
    digest: 'sha256',
    details: 'PKIX_ECDSA_P256_SHA_256',
  },
  'ecdsa-sha2-384-nistp384': {
    curve: p384,
    name: 'P-384',
    bytes: 48,
    digest: 'sha384',
    details: 'PKIX_ECDSA_P384_SHA_384',
  },
  'ecdsa-sha2-256-nistp384': {
    curve: p384,
    name: 'P-384',
    bytes: 48,
    digest: 'sha256',
    details: 'PKIX_ECDSA_P384_SHA_256',
  },
  'ecdsa-sha2-512-nistp521': {
    curve: p521,
    name: 'P-521',
    bytes: 66,
    digest: 'sha512',
    details: 'PKIX_ECDSA_P521_SHA_512',
  },
  'ecdsa-sha2-256-nistp521': {
    curve: p521,
    name: 'P-521',
    bytes: 66,
    digest: 'sha256',
    details: 'PKIX_ECDSA_P521_SHA_256',
  },
};

const ECDSA_WITH = {
  sha256: '1.2.840.10045.4.3.2',
  sha384: '1.2.840.10045.4.3.3',
  sha512: '1.2.840.10045.4.3.4',
} as const;

/** The same seed and label give the same key, but for RSA: its primes come from Node, once per label and process. */
export function signingKey(seed: Seed, label: string, algorithm: SignatureAlgorithm): SigningKey {
  const ecdsa = ECDSA[algorithm];
  if (ecdsa !== undefined) return ecdsaKey(seed(`key ${label}`, ecdsa.bytes), algorithm, ecdsa);
  if (algorithm === 'ed25519' || algorithm === 'ed25519-ph') return ed25519Key(seed(`key ${label}`, 32), algorithm);
  return rsaKey(label, algorithm);
}

function describe(privateKey: KeyObject): Pick<SigningKey, 'privateKey' | 'publicKey' | 'spki' | 'spkiPem'> {
  const publicKey = createPublicKey(privateKey);
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return { privateKey, publicKey, spki, spkiPem: pem('PUBLIC KEY', spki) };
}

function ecdsaKey(bytes: Buffer, algorithm: SignatureAlgorithm, { curve, name, digest, details }: Ecdsa): SigningKey {
  // The top byte cleared keeps the scalar below the order of the curve.
  const secret = Buffer.from(bytes);
  secret[0] = 0;
  if (name === 'P-521') secret[1] = 0;
  const point = Buffer.from(curve.getPublicKey(secret, false)).subarray(1);
  const x = point.subarray(0, point.length / 2).toString('base64url');
  const y = point.subarray(point.length / 2).toString('base64url');
  const key = { kty: 'EC', crv: name, d: secret.toString('base64url'), x, y };
  return {
    algorithm,
    ...describe(createPrivateKey({ format: 'jwk', key })),
    details,
    digest,
    identifier: sequence(oid(ECDSA_WITH[digest])),
    sign: remembered((data) =>
      Buffer.from(curve.sign(hash(digest, data, 'buffer'), secret, { prehash: false, format: 'der', lowS: false })),
    ),
  };
}

/** The same signature for the same bytes: most of what the laboratory signs differs in one place from what it signed before. */
function remembered(make: (data: Uint8Array) => Buffer): (data: Uint8Array) => Buffer {
  const signatures = new Map<string, Buffer>();
  return (data) => {
    const name = hash('sha256', data, 'base64');
    const signature = signatures.get(name) ?? make(data);
    signatures.set(name, signature);
    return Buffer.from(signature);
  };
}

function ed25519Key(secret: Buffer, algorithm: 'ed25519' | 'ed25519-ph'): SigningKey {
  const pkcs8 = sequence(integer(0), sequence(oid('1.3.101.112')), octets(octets(secret)));
  const described = describe(createPrivateKey({ format: 'der', type: 'pkcs8', key: pkcs8 }));
  const prehashed = algorithm === 'ed25519-ph';
  return {
    algorithm,
    ...described,
    details: prehashed ? 'PKIX_ED25519_PH' : 'PKIX_ED25519',
    digest: prehashed ? 'sha512' : 'sha256',
    identifier: sequence(oid('1.3.101.112')),
    sign: (data) => (prehashed ? Buffer.from(ed25519ph.sign(data, secret)) : sign(null, data, described.privateKey)),
  };
}

const rsaKeys = new Map<string, KeyObject>();

function rsaKey(label: string, algorithm: SignatureAlgorithm): SigningKey {
  const [, scheme = '', bits = ''] = /^rsa-sign-(pkcs1|pss)-(\d+)-sha256$/.exec(algorithm) ?? [];
  const kept = rsaKeys.get(`${label} ${bits}`);
  const privateKey = kept ?? generateKeyPairSync('rsa', { modulusLength: Number(bits) }).privateKey;
  rsaKeys.set(`${label} ${bits}`, privateKey);
  const padding =
    scheme === 'pss' ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST } : {};
  return {
    algorithm,
    ...describe(privateKey),
    details: scheme === 'pss' ? `PKIX_RSA_PSS_${bits}_SHA256` : `PKIX_RSA_PKCS1V15_${bits}_SHA256`,
    digest: 'sha256',
    identifier: sequence(oid('1.2.840.113549.1.1.11'), none()),
    sign: (data) => sign('sha256', data, { key: privateKey, ...padding }),
  };
}
