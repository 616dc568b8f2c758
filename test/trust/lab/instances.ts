import { hash } from 'node:crypto';
import type { SignatureAlgorithm } from '../../../src/trust/algorithm.ts';
import {
  authorityExtensions,
  authorityKeyId,
  type CertificateDescription,
  extendedKeyUsage,
  issue,
  keyUsage,
  nameOf,
  PURPOSE,
  subjectKeyId,
} from './certificate.ts';
import { rawEd25519 } from './note.ts';
import type { Seed } from './seed.ts';
import { type SigningKey, signingKey } from './signing-key.ts';

/** A log of signatures. `stranger` stands in no trusted root. */
export const LOG_NAMES = [
  'rekor1',
  'rekor1-twin',
  'rekor1-other',
  'rekor2',
  'rekor2-ecdsa',
  'rekor2-other',
  'stranger',
] as const;
export type LogName = (typeof LOG_NAMES)[number];

/** A log of certificates. */
export const CT_LOG_NAMES = ['ct', 'ct-twin', 'ct-other', 'stranger'] as const;
export type CtLogName = (typeof CT_LOG_NAMES)[number];

/** A timestamp authority. */
export const TSA_NAMES = ['tsa', 'tsa-twin', 'tsa-other', 'stranger'] as const;
export type TsaName = (typeof TSA_NAMES)[number];

export type LogInstance = {
  readonly name: LogName;
  readonly generation: 1 | 2;
  readonly operator: string;
  readonly baseUrl: string;
  readonly origin: string;
  /** On the log's signature lines. */
  readonly noteName: string;
  readonly key: SigningKey;
  readonly id: Buffer;
};

export type CtLogInstance = {
  readonly name: CtLogName;
  readonly operator: string;
  readonly baseUrl: string;
  readonly key: SigningKey;
  readonly id: Buffer;
};

export type TsaInstance = {
  readonly name: TsaName;
  readonly operator: string;
  readonly uri: string;
  readonly key: SigningKey;
  readonly leaf: CertificateDescription;
  /** Lowest first. */
  readonly chain: readonly Buffer[];
};

const LOGS: Record<LogName, { generation: 1 | 2; operator: string; host: string; algorithm: SignatureAlgorithm }> = {
  rekor1: { generation: 1, operator: 'lab', host: 'rekor.lab.example', algorithm: 'ecdsa-sha2-256-nistp256' },
  'rekor1-twin': { generation: 1, operator: 'lab', host: 'rekor-b.lab.example', algorithm: 'ecdsa-sha2-256-nistp256' },
  'rekor1-other': {
    generation: 1,
    operator: 'other',
    host: 'rekor.other.example',
    algorithm: 'ecdsa-sha2-256-nistp256',
  },
  rekor2: { generation: 2, operator: 'lab', host: 'log2026.lab.example', algorithm: 'ed25519' },
  'rekor2-ecdsa': {
    generation: 2,
    operator: 'lab',
    host: 'log2026-b.lab.example',
    algorithm: 'ecdsa-sha2-256-nistp256',
  },
  'rekor2-other': { generation: 2, operator: 'other', host: 'log2026.other.example', algorithm: 'ed25519' },
  stranger: { generation: 1, operator: 'stranger', host: 'rekor.lab.example', algorithm: 'ecdsa-sha2-256-nistp256' },
};

export function logInstance(seed: Seed, name: LogName): LogInstance {
  const { generation, operator, host, algorithm } = LOGS[name];
  const key = signingKey(seed, `log ${name}`, algorithm);
  // Rekor v1 names a log by the hash of its key; v2 as signed notes do (C2SP signed-note), ECDSA keys excepted.
  const ofNote = Buffer.concat([Buffer.from(`${host}\n`), Buffer.of(1), rawEd25519(key)]);
  const id = hash('sha256', algorithm === 'ed25519' ? ofNote : key.spki, 'buffer');
  const tree = BigInt(`0x${seed(`tree ${name}`, 7).toString('hex')}`);
  return {
    name,
    generation,
    operator,
    baseUrl: `https://${host}`,
    origin: generation === 1 ? `${host} - ${tree}` : host,
    noteName: host,
    key,
    id,
  };
}

const operatorOf = (name: string): string =>
  name.endsWith('other') || name === 'stranger' ? name.replace(/.*-/, '') : 'lab';

export function ctLogInstance(seed: Seed, name: CtLogName): CtLogInstance {
  const key = signingKey(seed, `ct log ${name}`, 'ecdsa-sha2-256-nistp256');
  const operator = operatorOf(name);
  return {
    name,
    operator,
    baseUrl: `https://${name}.${operator}.example`,
    key,
    id: hash('sha256', key.spki, 'buffer'),
  };
}

export type TsaAlterations = {
  readonly leaf?: (leaf: CertificateDescription) => CertificateDescription;
};

/** A timestamp authority with its chain of two. */
export function tsaInstance(
  seed: Seed,
  name: TsaName,
  { from, to }: { from: Date; to: Date },
  alter: TsaAlterations = {},
): TsaInstance {
  const rootKey = signingKey(seed, `tsa root ${name}`, 'ecdsa-sha2-256-nistp256');
  const key = signingKey(seed, `tsa ${name}`, 'ecdsa-sha2-256-nistp256');
  const operator = operatorOf(name);
  const rootName = nameOf(`${operator}.example`, `${name} root`);
  const root: CertificateDescription = {
    serial: serialOf(seed, `tsa root ${name}`),
    issuer: rootName,
    subject: rootName,
    notBefore: from,
    notAfter: to,
    spki: rootKey.spki,
    extensions: authorityExtensions(rootKey.spki, rootKey.spki, 0, []),
  };
  const plain: CertificateDescription = {
    serial: serialOf(seed, `tsa ${name}`),
    issuer: rootName,
    subject: nameOf(`${operator}.example`, name),
    notBefore: from,
    notAfter: to,
    spki: key.spki,
    extensions: [
      keyUsage('digitalSignature'),
      { ...extendedKeyUsage(PURPOSE.timeStamping), critical: true },
      subjectKeyId(key.spki),
      authorityKeyId(rootKey.spki),
    ],
  };
  const leaf = alter.leaf?.(plain) ?? plain;
  return {
    name,
    operator,
    uri: `https://${name}.${operator}.example/api/v1/timestamp`,
    key,
    leaf,
    chain: [issue(leaf, rootKey), issue(root, rootKey)],
  };
}

/** 19 bytes, positive and not zero. */
export const serialOf = (seed: Seed, label: string): Buffer => {
  const serial = Buffer.from(seed(`serial ${label}`, 19));
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return serial;
};
