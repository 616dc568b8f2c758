import type { Files } from '../durable/files.ts';
import { type FileLock, isLocked, takeLock } from '../durable/lock.ts';
import { CodedError } from '../errors.ts';
import { attempt } from './failure.ts';

/** The name of the file whose lock guards a log's folder. */
const LOCK_FILE = 'lock';

/**
 * Takes the folder for this process alone, until the lock is released or the process ends in whatever way.
 *
 * @throws CodedError audit.locked where another process (or another log of this one) holds it; audit.lock_unavailable where the
 *   platform or the file system has no such locks
 */
export async function lockFolder(files: Files, folder: string): Promise<FileLock> {
  const path = `${folder}/${LOCK_FILE}`;
  const taken = await attempt('open', path, takeLock(files, path).catch(lockUnavailable(path)));
  if (!('lockedBy' in taken)) return taken;
  throw new CodedError(
    'audit.locked',
    `The audit folder ${folder} is in use by ${taken.lockedBy}. Stop that process, or give this one a folder of its own: each process keeps its own log.`,
    { detail: { folder } },
  );
}

/** True while a process has the folder's log open. */
export async function isFolderLocked(files: Files, folder: string): Promise<boolean> {
  const path = `${folder}/${LOCK_FILE}`;
  return isLocked(files, path).catch(lockUnavailable(path));
}

function lockUnavailable(path: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof CodedError)) throw error;
    throw new CodedError(
      'audit.lock_unavailable',
      `The audit folder cannot be locked (${path}): this platform or file system has no such locks. Put the folder on a local disk.`,
      { cause: error.cause, detail: { path } },
    );
  };
}
