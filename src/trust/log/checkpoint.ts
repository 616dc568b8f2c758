import { verify } from 'node:crypto';
import type { CodedError } from '../../errors.ts';
import { fromCanonicalBase64 } from '../bundle/base64.ts';
import { refusal } from '../failure.ts';
import type { TrustedLog } from '../root/trust-root.ts';
import { noteKeyId } from './note-key-id.ts';

/** A checkpoint whose form is good (C2SP tlog-checkpoint in a C2SP signed-note); nothing in it is verified yet. */
export type Checkpoint = {
  readonly origin: string;
  readonly size: bigint;
  /** SHA-256, 32 bytes. */
  readonly root: Buffer;
  /** What the signatures cover: the note's text with its last line feed. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
};

type NoteSignature = { readonly name: string; readonly keyId: Buffer; readonly signature: Buffer };

/** Bytes of a note; a dozen witnesses with post-quantum signatures fit. */
export const MAX_NOTE_BYTES = 128 * 1024;
const MAX_SIGNATURES = 64;
const DECIMAL = /^(?:0|[1-9]\d{0,19})$/;
/** What tells trees apart and is shown to people: nothing in it may look like something else. */
const ORIGIN = /^[!-~](?:[ -~]*[!-~])?$/;
const SIGNATURE = /^\u2014 ([^\s\u0085+]+) ([A-Za-z0-9+/]+={0,2})$/u;

/**
 * Reads a checkpoint, strictly: whatever two readers could take differently is refused.
 *
 * @throws CodedError `trust.log_checkpoint_invalid`
 */
export function parseCheckpoint(bytes: Uint8Array): Checkpoint {
  if (bytes.length > MAX_NOTE_BYTES) throw invalid(`has more than ${MAX_NOTE_BYTES} bytes`);
  const read = readCheckpoint(decode(bytes));
  if ('defect' in read) throw invalid(read.defect);
  return read;
}

/** The same of a text, which may hold surrogates and any number of bytes; what is wrong with its form completes "the checkpoint …". */
export function readCheckpoint(note: string): Checkpoint | { readonly defect: string } {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not stand there
  if (/[\x00-\x09\x0b-\x1f]/.test(note)) return { defect: 'holds control characters' };
  // The library splits at the first blank line, others at the last. Where an empty line in the text is refused, they are one.
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n')) {
    return { defect: 'has no blank line before its signatures, or does not end its last line' };
  }
  const text = note.slice(0, split + 1);
  const [origin = '', size = '', root = '', ...extensions] = text.slice(0, -1).split('\n');
  if (!ORIGIN.test(origin)) return { defect: 'has an origin that is not printable ASCII without blanks at its ends' };
  if (!DECIMAL.test(size)) return { defect: 'has a tree size that is no decimal number' };
  const hash = fromCanonicalBase64(root);
  if (hash?.length !== 32) return { defect: 'has a root hash that is not 32 bytes in canonical base64' };
  if (extensions.includes('')) return { defect: 'has an empty line' };
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) return { defect: `has more than ${MAX_SIGNATURES} signatures` };
  const signatures = lines.flatMap((line) => readSignature(line) ?? []);
  if (signatures.length < lines.length) return { defect: 'has a line among its signatures that is none' };
  return { origin, size: BigInt(size), root: hash, text, signatures };
}

/** What is wrong with the form of a checkpoint, or undefined. */
export function checkpointDefect(note: string): string | undefined {
  const read = readCheckpoint(note);
  return 'defect' in read ? `it ${read.defect}` : undefined;
}

/**
 * Checks that a log signed a checkpoint: a signature by the log's key id under this name, that verifies. One that does not verify is
 * refused even beside another that does; those of others (witnesses) are passed over.
 *
 * @param name the key's name in signatures: for Rekor v2 the origin, for Rekor v1 the origin without its tree
 * @throws CodedError `trust.log_checkpoint_invalid`
 */
export function verifyCheckpoint(checkpoint: Checkpoint, name: string, log: TrustedLog): void {
  const ids = keyIds(name, log);
  const own = checkpoint.signatures.filter(
    (signature) => signature.name === name && ids.some((id) => id.equals(signature.keyId)),
  );
  if (own.length === 0) throw invalid(`is not signed by the key ${log.id} as ${name}`);
  const text = Buffer.from(checkpoint.text);
  for (const { signature } of own) {
    if (!verifies(text, signature, log)) throw invalid(`has a signature as ${name} that does not verify`);
  }
}

/** Ed25519 over the text; ECDSA (in DER) and RSA (PKCS#1 v1.5) over its SHA-256: the kinds of key that a trusted root may name. */
function verifies(text: Buffer, signature: Buffer, { key }: TrustedLog): boolean {
  const kind = key.asymmetricKeyType;
  if (kind !== 'ed25519' && kind !== 'ec' && kind !== 'rsa') throw invalid('is of a log whose key is of another kind');
  try {
    return verify(kind === 'ed25519' ? null : 'sha256', text, key, signature);
  } catch (cause) {
    throw invalid('cannot be verified under the key of its log', cause);
  }
}

/** A key's ids in notes: what begins the log's id in the trusted root, and for Ed25519 what C2SP signed-note makes of name and key. */
function keyIds(name: string, log: TrustedLog): Buffer[] {
  const ids = [Buffer.from(log.id.slice(0, 8), 'hex')];
  if (log.key.asymmetricKeyType !== 'ed25519') return ids;
  return [...ids, noteKeyId(name, log.key).subarray(0, 4)];
}

function readSignature(line: string): NoteSignature | undefined {
  const [, name, encoded] = SIGNATURE.exec(line) ?? [];
  const bytes = encoded === undefined ? undefined : fromCanonicalBase64(encoded);
  if (name === undefined || bytes === undefined || bytes.length < 5) return undefined;
  return { name, keyId: bytes.subarray(0, 4), signature: bytes.subarray(4) };
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw invalid('is not UTF-8', cause);
  }
}

function invalid(what: string, cause?: unknown): CodedError {
  return refusal('log_checkpoint_invalid', `the checkpoint ${what}`, cause);
}
