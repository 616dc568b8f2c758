import { fromCanonicalBase64 } from '../bundle/base64.ts';

/** A log's signed statement about its tree (C2SP tlog-checkpoint). */
export type Checkpoint = {
  readonly origin: string;
  readonly size: bigint;
  /** SHA-256, 32 bytes. */
  readonly root: Buffer;
};

const DECIMAL = /^(?:0|[1-9][0-9]{0,19})$/;
const SIGNATURE = /^\u2014 [^\s+]+ [A-Za-z0-9+/]+={0,2}$/;

/**
 * What is wrong with the form of a checkpoint in its envelope (C2SP signed-note, tlog-checkpoint), or undefined: origin, size in decimal
 * without sign or leading zeros, root in canonical base64, an empty line, signature lines.
 */
export function checkpointDefect(envelope: string): string | undefined {
  const [note = '', signatures, ...more] = split(envelope);
  if (signatures === undefined || more.length > 0) return 'text and signatures are not parted by one empty line';
  const [origin = '', size = '', root = ''] = note.split('\n');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: signed notes hold no control characters
  if (/[\x00-\x09\x0b-\x1f]/.test(envelope)) return 'it holds control characters';
  if (origin.trim() === '') return 'its origin is missing';
  if (!DECIMAL.test(size)) return 'its tree size is no decimal number';
  if (fromCanonicalBase64(root)?.length !== 32) return 'its root hash is not 32 bytes in canonical base64';
  if (!signatures.endsWith('\n')) return 'its last line does not end';
  const wrong = signatures
    .slice(0, -1)
    .split('\n')
    .find((line) => !SIGNATURE.test(line));
  return wrong === undefined ? undefined : 'a line among its signatures is none';
}

/** Origin, size and root as the library reads them; undefined where it would not. The form is a check of its own. */
export function readCheckpoint(envelope: string): Checkpoint | undefined {
  const [origin, size, root] = (split(envelope)[0] ?? '').split('\n');
  if (origin === undefined || size === undefined || root === undefined) return undefined;
  try {
    return { origin, size: BigInt(size), root: Buffer.from(root, 'base64') };
  } catch {
    return undefined;
  }
}

function split(envelope: string): string[] {
  return envelope.split('\n\n');
}
