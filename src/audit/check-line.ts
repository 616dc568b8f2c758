import { canonicalize } from '../model/canonical.ts';
import { isSha256Digest, type Sha256Digest } from '../model/digest.ts';
import { isJsonObject, type Json, type JsonObject, member } from '../model/json.ts';
import { leafHash, MAX_RECORD_BYTES, payloadDigest, SALT_BYTES } from './line.ts';

/** A line that holds: of exact form, its leaf hash and its payload's digest right. */
export type IntactLine = {
  readonly index: number;
  readonly previous: Sha256Digest | null;
  readonly leaf: Sha256Digest;
  readonly id: string;
  /** Any kind: readers accept those that they do not know. */
  readonly kind: string;
  readonly record: JsonObject;
  /** Absent where the record never had a payload; `dropped` where it had one that retention or erasure took away. */
  readonly payload: { readonly state: 'absent' | 'dropped' } | { readonly state: 'present'; readonly data: Json };
};

/** Why a line does not hold. `at` is a byte offset in the line, where one can be told. */
export type LineDamage = {
  readonly code: 'audit.line_malformed' | 'audit.line_form' | 'audit.leaf_mismatch' | 'audit.payload_mismatch';
  readonly message: string;
  readonly at?: number;
  /** As far as they can still be read: claims of a damaged line. */
  readonly index?: number;
  readonly id?: string;
};

/** What the check of one line found. */
export type CheckedLine =
  | { readonly intact: true; readonly line: IntactLine }
  | { readonly intact: false; readonly damage: LineDamage };

/**
 * Checks one line by itself, without its line feed. It is parsed, written again from what was understood and compared byte for byte,
 * so nothing in it is beyond the check.
 */
export function checkLine(bytes: Uint8Array): CheckedLine {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return damaged('audit.line_malformed', 'the line is not JSON', text);
  }
  if (!isJsonObject(parsed)) return damaged('audit.line_malformed', 'the line is not a JSON object', text);
  const record = member(parsed, 'record');
  const leaf = member(parsed, 'leaf');
  if (record === undefined || !isJsonObject(record)) {
    return damaged('audit.line_malformed', 'the line has no member "record"', text);
  }
  if (typeof leaf !== 'string' || !isSha256Digest(leaf)) {
    return damaged('audit.line_malformed', 'the line has no leaf hash', text, record);
  }
  const form = formOf(record);
  if (form === undefined) return damaged('audit.line_malformed', 'the record has no RFC 8785 form', text, record);
  if (leafHash(form) !== leaf) {
    return damaged('audit.leaf_mismatch', "the record does not have the line's leaf hash", text, record);
  }
  const read = readRecord(record);
  if (typeof read === 'string') return damaged('audit.line_malformed', read, text, record);
  const payload = checkPayload(parsed, record);
  if ('problem' in payload) return damaged('audit.payload_mismatch', payload.problem, text, record);
  const again = Buffer.from(`{"record":${form}${payload.text},"leaf":"${leaf}"}`);
  if (!again.equals(bytes)) {
    const at = firstDifference(again, bytes);
    return damaged('audit.line_form', `the line is not in the log's form from byte ${at} on`, text, record, at);
  }
  return { intact: true, line: { ...read, leaf, record, payload: payload.found } };
}

type OwnMembers = Pick<IntactLine, 'index' | 'previous' | 'id' | 'kind'>;

/** The log's own members, narrowed; a text says what is wrong with them. */
function readRecord(record: JsonObject): OwnMembers | string {
  const { v, index, previous, id, kind, time } = record;
  if (typeof v !== 'number' || !Number.isSafeInteger(v) || v < 1) return 'the record has no version';
  if (typeof index !== 'number' || !Number.isSafeInteger(index) || index < 0) return 'the record has no index';
  if (typeof id !== 'string') return 'the record has no id';
  if (typeof kind !== 'string') return 'the record has no kind';
  if (typeof time !== 'string') return 'the record has no time';
  if (previous === null) return { index, previous, id, kind };
  if (typeof previous !== 'string' || !isSha256Digest(previous)) return 'the record does not name the one before it';
  return { index, previous, id, kind };
}

type CheckedPayload = { readonly found: IntactLine['payload']; readonly text: string } | { readonly problem: string };

function checkPayload(line: JsonObject, record: JsonObject): CheckedPayload {
  const digest = member(record, 'payload_digest');
  const payload = member(line, 'payload');
  if (payload === undefined) return { found: { state: digest === undefined ? 'absent' : 'dropped' }, text: '' };
  if (digest === undefined) return { problem: 'the line has a payload that its record does not name' };
  if (!isJsonObject(payload)) return { problem: 'the payload is not an object' };
  const salt = member(payload, 'salt');
  const data = member(payload, 'data');
  if (typeof salt !== 'string' || data === undefined) return { problem: 'the payload has no salt or no data' };
  const form = formOf(data);
  if (form === undefined) return { problem: 'the payload has no RFC 8785 form' };
  const grains = Buffer.from(salt, 'base64');
  if (grains.length !== SALT_BYTES || payloadDigest(grains, form) !== digest) {
    return { problem: "the payload does not have the record's payload_digest" };
  }
  const text = `,"payload":{"salt":"${grains.toString('base64')}","data":${form}}`;
  return { found: { state: 'present', data }, text };
}

function formOf(value: Json): string | undefined {
  try {
    return canonicalize(value);
  } catch {
    return undefined;
  }
}

function firstDifference(one: Uint8Array, other: Uint8Array): number {
  let at = 0;
  while (at < one.length && at < other.length && one[at] === other[at]) at += 1;
  return at;
}

function damaged(
  code: LineDamage['code'],
  message: string,
  text: string,
  record?: JsonObject,
  at?: number,
): CheckedLine {
  return { intact: false, damage: { code, message, ...claims(text, record), ...(at === undefined ? {} : { at }) } };
}

/** What a damaged line still says about who it is; from its text where it cannot be parsed. */
function claims(text: string, record: JsonObject | undefined): { index?: number; id?: string } {
  const head = text.slice(0, MAX_RECORD_BYTES);
  const index = record === undefined ? Number(/"index":(\d{1,15})[,}]/.exec(head)?.[1] ?? Number.NaN) : record.index;
  const id = record === undefined ? /"id":"([0-9A-Za-z-]{1,64})","index"/.exec(head)?.[1] : record.id;
  return {
    ...(typeof index === 'number' && Number.isSafeInteger(index) ? { index } : {}),
    ...(typeof id === 'string' ? { id: id.slice(0, 64) } : {}),
  };
}
