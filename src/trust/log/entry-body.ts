import { createPublicKey, type KeyObject } from 'node:crypto';
import { describeThrown } from '../../errors.ts';
import { type Json, within } from '../../model/json.ts';
import { parseStrictJson } from '../../model/strict-json.ts';
import type { HashName } from '../algorithm.ts';
import { fromCanonicalBase64 } from '../bundle/base64.ts';
import { refusal } from '../failure.ts';

/** Who signed, according to an entry of a log. */
export type EntrySigner =
  | { readonly kind: 'certificate'; readonly der: Uint8Array }
  | { readonly kind: 'key'; readonly key: KeyObject };

/** What an entry's body says beside what the library compares. Undefined: it does not say, or not in a form that is read. */
export type EntryBody = {
  readonly signer: EntrySigner | undefined;
  /** The hash of what was signed, or of an envelope's payload, by the name and as the bytes that the entry gives. */
  readonly hash: HashName | undefined;
  readonly digest: Buffer | undefined;
  readonly of: 'message' | 'payload';
};

const PEM = /^-----BEGIN (CERTIFICATE|PUBLIC KEY|RSA PUBLIC KEY)-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END \1-----\s*$/;

/** Hash algorithms as Rekor v1 and protobuf spell them. */
const HASHES: ReadonlyMap<Json | undefined, HashName> = new Map([
  ['sha256', 'sha256'],
  ['sha384', 'sha384'],
  ['sha512', 'sha512'],
  ['SHA2_256', 'sha256'],
  ['SHA2_384', 'sha384'],
  ['SHA2_512', 'sha512'],
]);

/** Where the kinds of entries keep signer and hash (sigstore/rekor, pkg/types; sigstore/rekor-tiles, api/proto/rekor/v2). */
const KINDS: Readonly<Record<string, (spec: Json | undefined) => EntryBody>> = {
  'hashedrekord@0.0.1': (spec) => ({
    signer: fromPem(within(spec, 'signature', 'publicKey', 'content')),
    ...inHex(within(spec, 'data', 'hash')),
    of: 'message',
  }),
  'hashedrekord@0.0.2': (spec) => ({
    signer: fromVerifier(within(spec, 'hashedRekordV002', 'signature', 'verifier')),
    ...inBase64(within(spec, 'hashedRekordV002', 'data')),
    of: 'message',
  }),
  'dsse@0.0.1': (spec) => ({
    signer: fromPem(within(spec, 'signatures', 0, 'verifier')),
    ...inHex(within(spec, 'payloadHash')),
    of: 'payload',
  }),
  'dsse@0.0.2': (spec) => ({
    signer: fromVerifier(within(spec, 'dsseV002', 'signatures', 0, 'verifier')),
    ...inBase64(within(spec, 'dsseV002', 'payloadHash')),
    of: 'payload',
  }),
  'intoto@0.0.2': (spec) => ({
    signer: fromPem(within(spec, 'content', 'envelope', 'signatures', 0, 'publicKey')),
    ...inHex(within(spec, 'content', 'payloadHash')),
    of: 'payload',
  }),
};

/** Kinds of Rekor v1, whose entries come with a signed promise (SET); v2 makes none. */
const FIRST_GENERATION: ReadonlySet<string> = new Set(['hashedrekord@0.0.1', 'dsse@0.0.1', 'intoto@0.0.2']);

/** Whether a kind of entry (`KIND@VERSION`) is Rekor v1's. */
export function isOfRekorV1(kind: string): boolean {
  return FIRST_GENERATION.has(kind);
}

/**
 * Reads an entry's body; what kind it is, the library has compared with the body.
 *
 * @throws CodedError `trust.log_entry_unsupported`: of a kind or version that is not read here, or no JSON with one meaning
 */
export function readEntryBody(kind: string, canonicalized: Uint8Array): EntryBody {
  const read = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  // The library reads any version that it does not know as the newest that it does.
  if (read === undefined) {
    throw refusal('log_entry_unsupported', 'a log entry is of a kind or version that is not read here');
  }
  return read(within(parseBody(canonicalized), 'spec'));
}

function parseBody(canonicalized: Uint8Array): Json {
  try {
    return parseStrictJson(canonicalized, { maxBytes: canonicalized.length, maxDepth: 64 });
  } catch (cause) {
    throw refusal('log_entry_unsupported', `the body of a log entry cannot be read: ${describeThrown(cause)}`, cause);
  }
}

/** Rekor v1's digests: an algorithm in lower case, hex digits. */
function inHex(holder: Json | undefined): Pick<EntryBody, 'hash' | 'digest'> {
  const value = within(holder, 'value');
  const isHex = typeof value === 'string' && /^(?:[0-9a-f]{2})+$/.test(value);
  return { hash: HASHES.get(within(holder, 'algorithm')), digest: isHex ? Buffer.from(value, 'hex') : undefined };
}

/** Rekor v2's: protobuf's HashOutput. */
function inBase64(holder: Json | undefined): Pick<EntryBody, 'hash' | 'digest'> {
  const value = within(holder, 'digest');
  const digest = typeof value === 'string' ? fromCanonicalBase64(value) : undefined;
  return { hash: HASHES.get(within(holder, 'algorithm')), digest };
}

/** Base64 over PEM, as Rekor v1 has it. */
function fromPem(text: Json | undefined): EntrySigner | undefined {
  const pem = typeof text === 'string' ? fromCanonicalBase64(text)?.toString('latin1') : undefined;
  const [, label, body] = pem === undefined ? [] : (PEM.exec(pem) ?? []);
  if (pem === undefined || body === undefined) return undefined;
  if (label === 'CERTIFICATE') {
    const der = fromCanonicalBase64(body.replaceAll(/[\r\n]/g, ''));
    return der === undefined ? undefined : { kind: 'certificate', der };
  }
  return keyFrom(() => createPublicKey(pem));
}

/** Rekor v2's Verifier: a certificate or a public key in DER. */
function fromVerifier(verifier: Json | undefined): EntrySigner | undefined {
  const certificate = within(verifier, 'x509Certificate', 'rawBytes');
  const publicKey = within(verifier, 'publicKey', 'rawBytes');
  if (typeof certificate === 'string' && publicKey === undefined) {
    const der = fromCanonicalBase64(certificate);
    return der === undefined ? undefined : { kind: 'certificate', der };
  }
  const key = typeof publicKey === 'string' && certificate === undefined ? fromCanonicalBase64(publicKey) : undefined;
  return key === undefined ? undefined : keyFrom(() => createPublicKey({ key, format: 'der', type: 'spki' }));
}

function keyFrom(read: () => KeyObject): EntrySigner | undefined {
  try {
    return { kind: 'key', key: read() };
  } catch {
    return undefined;
  }
}
