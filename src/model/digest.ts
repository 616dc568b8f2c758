import { createHash, hash } from 'node:crypto';

/** `sha256:` and 64 lower-case hex digits. */
export type Sha256Digest = `sha256:${string}` & { readonly __brand: 'Sha256Digest' };

const FORM = /^sha256:[0-9a-f]{64}$/;

/** Narrows a string to a digest in canonical form. */
export function isSha256Digest(text: string): text is Sha256Digest {
  return FORM.test(text);
}

/** SHA-256 (FIPS 180-4) over the bytes, or over the UTF-8 of a string. */
export function sha256(data: Uint8Array | string): Sha256Digest {
  const digest = `sha256:${hash('sha256', data, 'hex')}`;
  if (!isSha256Digest(digest)) throw new TypeError('the hash function returned something that is not SHA-256');
  return digest;
}

/** SHA-256 over several pieces in a row, without joining them first. */
export function sha256Of(...pieces: readonly (Uint8Array | string)[]): Sha256Digest {
  const state = createHash('sha256');
  for (const piece of pieces) state.update(piece);
  const digest = `sha256:${state.digest('hex')}`;
  if (!isSha256Digest(digest)) throw new TypeError('the hash function returned something that is not SHA-256');
  return digest;
}
