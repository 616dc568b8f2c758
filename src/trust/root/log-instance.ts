import { createPublicKey, hash, type KeyObject } from 'node:crypto';
import { CodedError, describeThrown } from '../../errors.ts';
import { type Json, type JsonObject, member } from '../../model/json.ts';
import { canonicalSpki } from '../canonical-key.ts';
import { noteKeyId, schemeless } from '../log/note-key-id.ts';
import { bytesOf, malformed, objectOf, operatorOf, optional, textOf, validityOf } from './members.ts';
import type { TrustedLog } from './trust-root.ts';

/** A log, and its key as the trusted root spells it. */
export type LogInstance = TrustedLog & {
  readonly keyDetails: string;
  readonly rawKey: Buffer;
};

/** Logs of signatures (Rekor) sign checkpoints; logs of certificates (RFC 6962) sign SCTs. Their ids are made differently. */
export type LogKind = 'signatures' | 'certificates';

/** Kinds of keys that log entries, checkpoints and SCTs are verified with, by the names of protobuf-specs' PublicKeyDetails. */
const KEYS: ReadonlyMap<string, (key: KeyObject) => boolean> = new Map([
  ['PKIX_ECDSA_P256_SHA_256', isCurve('prime256v1')],
  ['PKIX_ECDSA_P384_SHA_256', isCurve('secp384r1')],
  ['PKIX_ECDSA_P521_SHA_256', isCurve('secp521r1')],
  ['PKIX_ED25519', (key) => key.asymmetricKeyType === 'ed25519'],
  ['PKCS1_RSA_PKCS1V5', isRsa],
  ['PKIX_RSA_PKCS1V5', isRsa],
  ['PKIX_RSA_PKCS1V15_2048_SHA256', isRsa],
  ['PKIX_RSA_PKCS1V15_3072_SHA256', isRsa],
  ['PKIX_RSA_PKCS1V15_4096_SHA256', isRsa],
]);

function isCurve(name: string): (key: KeyObject) => boolean {
  return (key) => key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === name;
}

function isRsa(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048;
}

/**
 * Reads a TransparencyLogInstance of a trusted root.
 *
 * @throws CodedError `root.malformed`, `root.member_unknown`, `root.key_malformed`, `root.key_unsupported`, `root.log_id_mismatch`,
 *   `root.validity_*`
 */
export function readLog(value: Json, kind: LogKind, where: string): LogInstance {
  const log = objectOf(value, where, ['baseUrl', 'hashAlgorithm', 'publicKey', 'logId', 'checkpointKeyId', 'operator']);
  const hashAlgorithm = member(log, 'hashAlgorithm');
  if (hashAlgorithm !== 'SHA2_256') {
    throw new CodedError('root.key_unsupported', `${where}.hashAlgorithm must be SHA2_256: no other trees are read`, {
      detail: { where },
    });
  }
  const publicKey = objectOf(optional(log, 'publicKey'), `${where}.publicKey`, ['rawBytes', 'keyDetails', 'validFor']);
  const baseUrl = readBaseUrl(log, kind, where);
  const key = readKey(publicKey, `${where}.publicKey`);
  return {
    id: readId(log, kind, key.key, baseUrl, where),
    baseUrl,
    operator: operatorOf(log, where),
    ...key,
    ...validityOf(publicKey, `${where}.publicKey`),
  };
}

/** Checkpoints name the log by its URL, so a log of signatures must have one; a log of certificates may lack it. */
function readBaseUrl(log: JsonObject, kind: LogKind, where: string): string {
  const baseUrl = textOf(log, 'baseUrl', where);
  if (baseUrl === undefined) {
    if (kind === 'certificates') return '';
    throw malformed(`${where}.baseUrl`, 'is missing, and the checkpoints of the log name it by its URL');
  }
  if (!URL.canParse(baseUrl)) throw malformed(`${where}.baseUrl`, 'must be a URL');
  return baseUrl;
}

function readKey(publicKey: JsonObject, where: string): Pick<LogInstance, 'key' | 'keyDetails' | 'rawKey'> {
  const rawKey = bytesOf(publicKey, 'rawBytes', where);
  const keyDetails = member(publicKey, 'keyDetails');
  const fits = typeof keyDetails === 'string' ? KEYS.get(keyDetails) : undefined;
  if (fits === undefined || typeof keyDetails !== 'string') {
    throw new CodedError(
      'root.key_unsupported',
      `${where}.keyDetails is none of the kinds of keys that logs are verified with (${[...KEYS.keys()].join(', ')})`,
      { detail: { where } },
    );
  }
  let key: KeyObject;
  try {
    if (rawKey === undefined) throw new TypeError('the key is missing');
    key = readPublicKey(rawKey, keyDetails);
  } catch (cause) {
    throw new CodedError('root.key_malformed', `${where}.rawBytes is no ${keyDetails} key: ${describeThrown(cause)}`, {
      detail: { where },
      cause,
    });
  }
  if (!fits(key)) {
    throw new CodedError(
      'root.key_malformed',
      `${where}: the key is not of the kind that keyDetails names (${keyDetails}), or is too short; correct one of them`,
      { detail: { where } },
    );
  }
  return { key, keyDetails, rawKey };
}

function readPublicKey(raw: Buffer, keyDetails: string): KeyObject {
  const type = keyDetails.startsWith('PKCS1_') ? 'pkcs1' : 'spki';
  const key = createPublicKey({ key: raw, format: 'der', type });
  // One key, one encoding: trailing bytes and laxer forms are refused.
  const canonical = type === 'spki' ? canonicalSpki(key) : key.export({ format: 'der', type });
  if (!canonical.equals(raw)) throw new TypeError('its encoding is not the canonical one');
  return key;
}

/**
 * The id: SHA-256 over the key's SubjectPublicKeyInfo (RFC 6962, section 3.2; Rekor v1), or for a checkpoint log with an Ed25519 key
 * (Rekor v2) the whole hash whose first four bytes are the note's key id (C2SP signed-note). Recomputed: an id that belongs to
 * neither was pasted beside the wrong key.
 */
function readId(log: JsonObject, kind: LogKind, key: KeyObject, baseUrl: string, where: string): string {
  const spki = hash('sha256', key.export({ format: 'der', type: 'spki' }), 'buffer');
  const ids = kind === 'signatures' && key.asymmetricKeyType === 'ed25519' ? [...noteIds(key, baseUrl), spki] : [spki];
  const logId = keyIdOf(log, 'logId', where);
  const checkpointKeyId = keyIdOf(log, 'checkpointKeyId', where);
  const given = logId ?? checkpointKeyId;
  if (given === undefined) throw malformed(`${where}.logId`, 'is missing');
  // Rekor v2 may give the four bytes of the note's key id alone; bundles carry the whole hash.
  const id = ids.find((candidate) => isIdOf(candidate, given));
  if (id === undefined || (checkpointKeyId !== undefined && !isIdOf(id, checkpointKeyId))) {
    throw new CodedError(
      'root.log_id_mismatch',
      `${where}: ${id === undefined && logId !== undefined ? 'logId' : 'checkpointKeyId'} is not the id of the log's key (for an Ed25519 key of a log of signatures, at its baseUrl); it must be ${ids.map((candidate) => candidate.toString('base64')).join(' or ')}`,
      { detail: { where } },
    );
  }
  return id.toString('hex');
}

function isIdOf(id: Buffer, given: Buffer): boolean {
  return given.equals(id) || given.equals(id.subarray(0, 4));
}

function keyIdOf(log: JsonObject, name: string, where: string): Buffer | undefined {
  const holder = optional(log, name);
  if (holder === undefined) return undefined;
  return bytesOf(objectOf(holder, `${where}.${name}`, ['keyId']), 'keyId', `${where}.${name}`);
}

/** What the log may call itself in notes: its URL without the scheme, with and without a path's last slash. */
function noteIds(key: KeyObject, baseUrl: string): Buffer[] {
  const name = schemeless(baseUrl);
  return [...new Set([name.replace(/\/+$/, ''), name])].map((each) => noteKeyId(each, key));
}
