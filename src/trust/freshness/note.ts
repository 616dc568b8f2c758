import { createHash, verify } from 'node:crypto';
import type { CodedError } from '../../errors.ts';
import { refusal } from '../failure.ts';
import type { TrustedLog } from '../root/trust-root.ts';

/** A checkpoint whose form is good (C2SP tlog-checkpoint in a C2SP signed-note); nothing in it is verified yet. */
export type ParsedCheckpoint = {
  readonly origin: string;
  readonly size: bigint;
  /** Lower-case hex. */
  readonly root: string;
  /** What the signatures cover: the note's text with its last line feed. */
  readonly text: string;
  readonly signatures: readonly { readonly name: string; readonly keyId: Buffer; readonly signature: Buffer }[];
};

/** Bytes of a note; a dozen witnesses with post-quantum signatures fit. */
export const MAX_NOTE_BYTES = 128 * 1024;
const MAX_SIGNATURES = 64;
const SIGNATURE = /^\u2014 ([^\s\u0085+]+) ([A-Za-z0-9+/]+={0,2})$/u;

/**
 * Reads a checkpoint, strictly: whatever two readers could take differently is refused.
 *
 * @throws CodedError `trust.log_checkpoint_invalid`
 */
export function parseCheckpoint(bytes: Uint8Array): ParsedCheckpoint {
  if (bytes.length > MAX_NOTE_BYTES) throw invalid(`has more than ${MAX_NOTE_BYTES} bytes`);
  const note = decode(bytes);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not stand there
  if (/[\x00-\x09\x0b-\x1f]/.test(note)) throw invalid('holds control characters');
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n'))
    throw invalid('has no blank line before its signatures, or does not end its last line');
  const text = note.slice(0, split + 1);
  const [origin = '', sizeText = '', rootText = '', ...extensions] = text.slice(0, -1).split('\n');
  if (origin === '') throw invalid('has no origin');
  if (!/^(?:0|[1-9]\d{0,19})$/.test(sizeText)) throw invalid('has no tree size');
  if (extensions.includes('')) throw invalid('has an empty line');
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) throw invalid(`has more than ${MAX_SIGNATURES} signatures`);
  return {
    origin,
    size: BigInt(sizeText),
    root: decodeBase64(rootText, 'root', 32).toString('hex'),
    text,
    signatures: lines.map(parseSignature),
  };
}

/**
 * Checks that a log signed a checkpoint: a signature by the log's key id under this name, that verifies. One that does not verify is
 * refused even beside another that does; those of others (witnesses) are passed over.
 *
 * @param name the key's name in signatures: for Rekor v2 the origin, for Rekor v1 the origin without its tree
 * @throws CodedError `trust.log_checkpoint_invalid`
 */
export function verifyCheckpoint(checkpoint: ParsedCheckpoint, name: string, log: TrustedLog): void {
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

/** Ed25519 over the text, ECDSA over its SHA-256 in DER: the two kinds of key that Rekor signs checkpoints with. */
function verifies(text: Buffer, signature: Buffer, { key }: TrustedLog): boolean {
  const kind = key.asymmetricKeyType;
  if (kind !== 'ed25519' && kind !== 'ec') throw invalid('is of a log whose key is neither Ed25519 nor ECDSA');
  try {
    return verify(kind === 'ec' ? 'sha256' : null, text, key, signature);
  } catch (cause) {
    throw invalid('cannot be verified under the key of its log', cause);
  }
}

/** A key's ids in notes: what begins the log's id in the trusted root, and for Ed25519 what C2SP signed-note makes of name and key. */
function keyIds(name: string, log: TrustedLog): Buffer[] {
  const ids = [Buffer.from(log.id.slice(0, 8), 'hex')];
  if (log.key.asymmetricKeyType !== 'ed25519') return ids;
  // The last 32 bytes of the SubjectPublicKeyInfo are the key (RFC 8410, section 4).
  const raw = log.key.export({ type: 'spki', format: 'der' }).subarray(-32);
  const id = createHash('sha256').update(`${name}\n\x01`).update(raw).digest();
  return [...ids, id.subarray(0, 4)];
}

function parseSignature(line: string): ParsedCheckpoint['signatures'][number] {
  const [, name, encoded] = SIGNATURE.exec(line) ?? [];
  if (name === undefined || encoded === undefined) throw invalid('has a line that is no signature');
  const bytes = decodeBase64(encoded, 'signature');
  if (bytes.length < 5) throw invalid('has a signature that is too short');
  return { name, keyId: bytes.subarray(0, 4), signature: bytes.subarray(4) };
}

function decodeBase64(text: string, what: string, length?: number): Buffer {
  const bytes = Buffer.from(text, 'base64');
  // The lenient decoder reads several texts as the same bytes; only its own form of them counts.
  if (bytes.toString('base64') !== text || (length !== undefined && bytes.length !== length)) {
    throw invalid(`has a ${what} that is not base64${length === undefined ? '' : ` of ${length} bytes`}`);
  }
  return bytes;
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
