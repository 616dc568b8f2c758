import { CodedError } from '../errors.ts';
import { canonicalize } from '../model/canonical.ts';
import { type Sha256Digest, sha256 } from '../model/digest.ts';
import type { Json, JsonObject } from '../model/json.ts';
import type { RecordDraft } from '../model/record.ts';

/** The version of the record's form; it grows when a reader of the old one would misread the new one. */
const RECORD_VERSION = 1;
/** Bytes of a record's RFC 8785 form: the bound of an entry in C2SP tlog-tiles. */
export const MAX_RECORD_BYTES = 65_535;
/** Bytes of a payload's RFC 8785 form. */
const MAX_PAYLOAD_BYTES = 4 * 1024 * 1024;
/** Bytes of a whole line: record, payload, and what stands around them. */
export const MAX_LINE_BYTES = MAX_RECORD_BYTES + MAX_PAYLOAD_BYTES + 512;
/** Random bytes before a payload's JSON: without them a digest could be guessed from likely payloads. */
export const SALT_BYTES = 32;

/** Where a record stands: its index, and the leaf hash of the record before it; null for the first of a log. */
export type Place = { readonly index: number; readonly previous: Sha256Digest | null };

/** What the log says about itself in every record. */
export type LogIdentity = { readonly instance: string; readonly tenant: string };

/** A line as it is written, its line feed included. */
export type WrittenLine = { readonly text: string; readonly bytes: number; readonly leaf: Sha256Digest };

/** The members of a record that the log writes; a draft's body may not name them. */
const OWN = new Set(['v', 'kind', 'index', 'previous', 'id', 'time', 'instance', 'tenant', 'payload_digest']);

/** SHA-256(0x00 ‖ record): the leaf hash of RFC 6962, section 2.1. */
export function leafHash(record: string): Sha256Digest {
  return sha256(`\0${record}`);
}

const scratch = Buffer.alloc(64 * 1024);

/** SHA-256(salt ‖ data), data in RFC 8785 form. */
export function payloadDigest(salt: Uint8Array, data: string): Sha256Digest {
  // Three bytes of UTF-8 for a UTF-16 code unit at most; what surely fits needs no buffer of its own.
  const fits = salt.length + data.length * 3 <= scratch.length;
  const bytes = fits ? scratch : Buffer.alloc(salt.length + Buffer.byteLength(data));
  bytes.set(salt, 0);
  const written = bytes.write(data, salt.length, 'utf8');
  return sha256(bytes.subarray(0, salt.length + written));
}

/**
 * Brings a draft into the line that is written: `{"record":…,"payload":{"salt":…,"data":…},"leaf":…}`. The leaf hash stands in the
 * line beside the record, so that damage is found in the very line that has it, also in the last one.
 *
 * @param payload already masked
 * @throws CodedError audit.member_reserved | audit.not_json | audit.record_too_large | audit.payload_too_large
 */
export function composeLine(
  draft: RecordDraft,
  payload: JsonObject | undefined,
  salt: () => Uint8Array,
  place: Place,
  identity: LogIdentity,
): WrittenLine {
  for (const name of Object.keys(draft.body)) {
    if (OWN.has(name)) {
      throw new CodedError(
        'audit.member_reserved',
        `The record member "${name}" is the log's own: leave it out of the body.`,
        {
          detail: { member: name },
        },
      );
    }
  }
  let between = '';
  let excess = 0;
  const record: Record<string, Json> = {
    ...draft.body,
    v: RECORD_VERSION,
    kind: draft.kind,
    index: place.index,
    previous: place.previous,
    id: draft.id,
    time: draft.time,
    instance: identity.instance,
    tenant: identity.tenant,
  };
  if (payload !== undefined) {
    const data = canonicalForm(payload, 'payload');
    excess = bounded(data, MAX_PAYLOAD_BYTES, 'payload') - data.length;
    const grains = salt();
    record.payload_digest = payloadDigest(grains, data);
    between = `,"payload":{"salt":"${base64(grains)}","data":${data}}`;
  }
  const form = canonicalForm(record, 'record');
  excess += bounded(form, MAX_RECORD_BYTES, 'record') - form.length;
  const leaf = leafHash(form);
  const text = `{"record":${form}${between},"leaf":"${leaf}"}\n`;
  // What is neither record nor data is ASCII, so this is the length in bytes without counting them again.
  return { text, bytes: text.length + excess, leaf };
}

function canonicalForm(value: Json, what: 'record' | 'payload'): string {
  try {
    return canonicalize(value);
  } catch (cause) {
    throw new CodedError('audit.not_json', `The ${what} holds what JSON cannot say; it was not written.`, {
      cause,
      detail: { what },
    });
  }
}

function bounded(text: string, max: number, what: 'record' | 'payload'): number {
  const bytes = Buffer.byteLength(text);
  if (bytes <= max) return bytes;
  throw new CodedError(
    `audit.${what}_too_large`,
    `The ${what} would be ${bytes} bytes; the audit log takes ${max} at most. It was not written: send less.`,
    { detail: { what, bytes, max } },
  );
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
