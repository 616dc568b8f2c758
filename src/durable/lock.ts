import { CodedError } from '../errors.ts';
import { type Files, readWhole } from './files.ts';

/** A lock that lasts until it is released, or the process ends in whatever way. */
export type FileLock = { readonly release: () => Promise<void> };

/** Who has a lock that could not be taken, in words for a message: `process 4711`, or `another process`. */
export type LockedBy = { readonly lockedBy: string };

/** How often, and after how many milliseconds, a taken lock is tried again: who only looks at it holds it for a moment. */
const TRIES = 5;
const PAUSE_MS = 20;

/**
 * Takes the lock of a file, which is created where it is missing and stays behind. The lock is the kernel's, on an open file description:
 * `kill -9` frees it, a file left behind means nothing, and a second attempt by the same process finds it taken.
 *
 * @throws CodedError `durable.lock_unavailable` where the platform or the file system has no such locks; and the system's errors of
 *   opening the file, as they are
 */
export async function takeLock(files: Files, path: string): Promise<FileLock | LockedBy> {
  const fd = await files.open(path, 'a+', 0o600);
  try {
    for (let tried = 1; !(await tryLock(fd, path, false)); tried += 1) {
      if (tried === TRIES) {
        await files.close(fd);
        return { lockedBy: await holder(files, path) };
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  } catch (error) {
    await files.close(fd);
    throw error;
  }
  // For the message of whoever comes second; the lock is what counts.
  await writeHolder(files, path).catch(() => undefined);
  return { release: () => files.close(fd) };
}

/**
 * True while somebody holds the file's lock. Only looks: the lock is taken shared, and given back at once.
 *
 * @throws CodedError `durable.lock_unavailable`
 */
export async function isLocked(files: Files, path: string): Promise<boolean> {
  let fd: number;
  try {
    fd = await files.open(path, 'r');
  } catch {
    return false;
  }
  try {
    return !(await tryLock(fd, path, true));
  } finally {
    await files.close(fd);
  }
}

async function tryLock(fd: number, path: string, shared: boolean): Promise<boolean> {
  try {
    // Loaded here, so that who locks nothing needs no native code.
    const native = await import('fs-native-extensions');
    return native.tryLock(fd, { shared });
  } catch (cause) {
    throw new CodedError(
      'durable.lock_unavailable',
      `${path} cannot be locked: this platform or file system has no such locks. Put its folder on a local disk.`,
      { cause, detail: { path } },
    );
  }
}

async function writeHolder(files: Files, path: string): Promise<void> {
  const fd = await files.open(path, 'w', 0o600);
  try {
    const bytes = Buffer.from(`${process.pid}\n`);
    await files.write(fd, bytes, 0, bytes.length, 0);
  } finally {
    await files.close(fd);
  }
}

async function holder(files: Files, path: string): Promise<string> {
  const text = (await readWhole(files, path, 64).catch(() => undefined))?.toString('latin1') ?? '';
  const pid = /^(\d{1,10})\n$/.exec(text)?.[1];
  return pid === undefined ? 'another process' : `process ${pid}`;
}
