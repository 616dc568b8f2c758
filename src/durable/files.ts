import fs, { constants } from 'node:fs';
import { readToEnd } from './bounded-read.ts';

/**
 * The file operations of whatever must outlive a crash, as a port: tests inject full disks, failing syncs, short and torn writes. Callbacks of
 * node:fs underneath, not its promises: those cost a third more processor time per flush.
 */
export type Files = {
  readonly open: (path: string, flags: string | number, mode?: number) => Promise<number>;
  /** Bytes read; 0 at the end of the file. */
  readonly read: (fd: number, into: Uint8Array, offset: number, length: number, position: number) => Promise<number>;
  /** Bytes written, which may be fewer than asked for. */
  readonly write: (fd: number, from: Uint8Array, offset: number, length: number, position: number) => Promise<number>;
  readonly fdatasync: (fd: number) => Promise<void>;
  readonly fsync: (fd: number) => Promise<void>;
  readonly close: (fd: number) => Promise<void>;
  /** Size in bytes. */
  readonly size: (fd: number) => Promise<number>;
  /** Permission bits, as in 0o600. */
  readonly mode: (fd: number) => Promise<number>;
  /** The user whom the file belongs to, by number. */
  readonly owner: (fd: number) => Promise<number>;
  readonly rename: (from: string, to: string) => Promise<void>;
  readonly unlink: (path: string) => Promise<void>;
  /** Creates the folder and those above it; none of them needs to be missing. */
  readonly makeFolder: (path: string, mode: number) => Promise<void>;
  /** Names in a folder, in no order. */
  readonly list: (path: string) => Promise<readonly string[]>;
  /** Makes a folder's entries durable: what was created, renamed or removed in it. */
  readonly syncFolder: (path: string) => Promise<void>;
  /** Bytes that this process may still write where the path is. */
  readonly freeBytes: (path: string) => Promise<number>;
};

type Settle<T> = (error: NodeJS.ErrnoException | null, value?: T) => void;

function promised<T>(start: (settle: Settle<T>) => void, absent: T): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error === null ? resolve(value ?? absent) : reject(error)));
  });
}

function done(start: (settle: (error: NodeJS.ErrnoException | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => (error === null ? resolve() : reject(error)));
  });
}

/** The real ones. */
export const nodeFiles: Files = {
  open: (path, flags, mode = 0o600) => promised<number>((settle) => fs.open(path, flags, mode, settle), -1),
  read: (fd, into, offset, length, position) =>
    promised<number>((settle) => fs.read(fd, into, offset, length, position, settle), 0),
  write: (fd, from, offset, length, position) =>
    promised<number>((settle) => fs.write(fd, from, offset, length, position, settle), 0),
  fdatasync: (fd) => done((settle) => fs.fdatasync(fd, settle)),
  fsync: (fd) => done((settle) => fs.fsync(fd, settle)),
  close: (fd) => done((settle) => fs.close(fd, settle)),
  size: (fd) =>
    promised<fs.Stats | undefined>((settle) => fs.fstat(fd, settle), undefined).then((stats) => stats?.size ?? 0),
  mode: (fd) =>
    promised<fs.Stats | undefined>((settle) => fs.fstat(fd, settle), undefined).then(
      (stats) => (stats?.mode ?? 0) & 0o7777,
    ),
  owner: (fd) =>
    promised<fs.Stats | undefined>((settle) => fs.fstat(fd, settle), undefined).then((stats) => stats?.uid ?? -1),
  rename: (from, to) => done((settle) => fs.rename(from, to, settle)),
  unlink: (path) => done((settle) => fs.unlink(path, settle)),
  makeFolder: (path, mode) => done((settle) => fs.mkdir(path, { recursive: true, mode }, (error) => settle(error))),
  list: (path) => promised<string[]>((settle) => fs.readdir(path, settle), []),
  async syncFolder(path) {
    // Windows opens no folders; NTFS journals their entries.
    if (process.platform === 'win32') return;
    const fd = await nodeFiles.open(path, 'r');
    try {
      await nodeFiles.fsync(fd);
    } finally {
      await nodeFiles.close(fd);
    }
  },
  freeBytes: (path) =>
    promised<fs.StatsFs | undefined>((settle) => fs.statfs(path, settle), undefined).then((stats) =>
      stats === undefined ? 0 : stats.bavail * stats.bsize,
    ),
};

/** Writes all the bytes at the position, going on after short writes. A write of no bytes at all is an error: it would not end. */
export async function writeAll(files: Files, fd: number, bytes: Uint8Array, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const some = await files.write(fd, bytes, written, bytes.length - written, position + written);
    if (some <= 0) throw new Error('the system wrote no bytes and gave no error');
    written += some;
  }
}

/**
 * A whole small file, or undefined where there is none.
 *
 * @param admit looks at the open file before it is read; what it throws is thrown
 */
export async function readWhole(
  files: Files,
  path: string,
  maxBytes: number,
  admit: (fd: number) => Promise<void> = async () => undefined,
): Promise<Buffer | undefined> {
  let fd: number;
  try {
    // Non-blocking: a named pipe in the file's place reads as empty, in place of waiting for whoever never writes.
    fd = await files.open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    await admit(fd);
    const bytes = await readToEnd((into, at) => files.read(fd, into, 0, into.length, at), maxBytes);
    if (bytes === undefined) throw new Error(`${path} is larger than ${maxBytes} bytes`);
    return bytes;
  } finally {
    await files.close(fd);
  }
}
