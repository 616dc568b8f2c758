import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { CodedError, codeOf, describeThrown } from '../errors.ts';
import { type Sha256Digest, sha256 } from '../model/digest.ts';
import { printable } from '../model/printable.ts';
import { readToEnd } from './bounded-read.ts';

/** What a watched path holds: bytes, read once and hashed, or why there are none (`durable.file_missing|unreadable|too_large`). */
export type FileState =
  | { readonly path: string; readonly bytes: Uint8Array; readonly digest: Sha256Digest }
  | { readonly path: string; readonly problem: CodedError };

/** The same, and which file it was (device and inode), so that a replaced file can be told from one written in place. */
export type SeenFile = { readonly state: FileState; readonly identity: string };

/** Reads a file as it is now; never throws. */
export async function readState(path: string, maxBytes: number): Promise<SeenFile> {
  let handle: FileHandle | undefined;
  try {
    // Non-blocking, so that a named pipe in the file's place cannot hold us.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = await handle.stat({ bigint: true });
    const identity = `${stats.dev}:${stats.ino}`;
    if (!stats.isFile()) return { identity, state: { path, problem: unreadable(path, 'it is no file') } };
    const file = handle;
    const bytes = await readToEnd(async (into, at) => (await file.read(into, 0, into.length, at)).bytesRead, maxBytes);
    if (bytes === undefined) return { identity, state: { path, problem: tooLarge(path, maxBytes) } };
    return { identity, state: { path, bytes, digest: sha256(bytes) } };
  } catch (cause) {
    const problem =
      codeOf(cause) === 'ENOENT' || codeOf(cause) === 'ENOTDIR'
        ? new CodedError('durable.file_missing', `${printable(path, 4096)} is missing; put it back`, {
            cause,
            detail: { path },
          })
        : unreadable(path, codeOf(cause) ?? describeThrown(cause), cause);
    return { identity: '', state: { path, problem } };
  } finally {
    await handle?.close().catch(() => undefined);
  }
}

/** True where nothing that counts has changed: the same bytes, or the same problem. */
export function sameContent(one: SeenFile, other: SeenFile | undefined): boolean {
  if (other === undefined) return false;
  if ('problem' in one.state) return 'problem' in other.state && one.state.problem.code === other.state.problem.code;
  return 'digest' in other.state && one.state.digest === other.state.digest;
}

function unreadable(path: string, why: string, cause?: unknown): CodedError {
  const message = `${printable(path, 4096)} cannot be read (${why}); correct its permissions, or what stands in its place`;
  return new CodedError('durable.file_unreadable', message, {
    detail: { path },
    ...(cause === undefined ? {} : { cause }),
  });
}

function tooLarge(path: string, maxBytes: number): CodedError {
  return new CodedError(
    'durable.file_too_large',
    `${printable(path, 4096)} is larger than ${maxBytes} bytes; make it smaller`,
    {
      detail: { path },
    },
  );
}
