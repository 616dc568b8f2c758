import { type Files, readWhole } from '../durable/files.ts';
import { CodedError } from '../errors.ts';
import { attempt } from './failure.ts';

/** The name of the file whose lock guards a log's folder. */
const LOCK_FILE = 'lock';

/** Holds a folder until it is released, or the process ends in whatever way. */
export type FolderLock = { readonly release: () => Promise<void> };

/** How often, and after how many milliseconds, a taken lock is tried again: a verifier looks at it for a moment. */
const TRIES = 5;
const PAUSE_MS = 20;

/**
 * Takes the folder for this process alone. The lock is the kernel's, on an open file description: `kill -9` frees it, and a file left
 * behind means nothing.
 *
 * @throws CodedError audit.locked where another process (or another log of this one) holds it; audit.lock_unavailable where the
 *   platform or the file system has no such locks
 */
export async function lockFolder(files: Files, folder: string): Promise<FolderLock> {
  const path = `${folder}/${LOCK_FILE}`;
  const fd = await attempt('open', path, files.open(path, 'a+', 0o600));
  try {
    for (let tried = 1; !(await tryLock(fd, path, false)); tried += 1) {
      if (tried < TRIES) {
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
        continue;
      }
      throw new CodedError(
        'audit.locked',
        `The audit folder ${folder} is in use by ${await holder(files, path)}. Stop that process, or give this one a folder of its own: each process keeps its own log.`,
        { detail: { folder } },
      );
    }
    // For the message of whoever comes second; the lock is what counts.
    await writeHolder(files, path).catch(() => undefined);
  } catch (error) {
    await files.close(fd);
    throw error;
  }
  return { release: () => files.close(fd) };
}

/** True while a process has the folder's log open. Only looks: the lock is taken shared, and given back at once. */
export async function isLocked(files: Files, folder: string): Promise<boolean> {
  const path = `${folder}/${LOCK_FILE}`;
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
    // Loaded here, so that reading a log needs no native code.
    const native = await import('fs-native-extensions');
    return native.tryLock(fd, { shared });
  } catch (cause) {
    throw new CodedError(
      'audit.lock_unavailable',
      `The audit folder cannot be locked (${path}): this platform or file system has no such locks. Put the folder on a local disk.`,
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
