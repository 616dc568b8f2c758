import { hash, type KeyObject } from 'node:crypto';
import { rawEd25519 } from '../signature/raw-ed25519.ts';

/**
 * SHA-256(name ‖ 0x0A ‖ 0x01 ‖ key) of an Ed25519 key, whole: its first four bytes are the key's id in signed notes (C2SP signed-note),
 * the whole of it is the id of a Rekor v2.
 */
export function noteKeyId(name: string, key: KeyObject): Buffer {
  return hash('sha256', Buffer.concat([Buffer.from(`${name}\n\x01`), rawEd25519(key)]), 'buffer');
}

/** A log's URL without its scheme, which is what the log calls itself in notes, but for slashes at its end. */
export function schemeless(url: string): string {
  return url.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '');
}
