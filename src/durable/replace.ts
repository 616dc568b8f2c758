import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { CodedError, codeOf, describeThrown } from '../errors.ts';
import { type Files, nodeFiles, writeAll } from './files.ts';

/** Refusals of a rename after which the old file certainly stands; after any other (EIO) either may. */
const NOTHING_RENAMED: ReadonlySet<string> = new Set([
  ...['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'EXDEV'],
  ...['EISDIR', 'ENOTDIR', 'ENOENT', 'EBUSY', 'EMLINK', 'ENAMETOOLONG'],
]);

/** Temporary files of replacements that this process has under way; any other of its own is the leftover of a namesake. */
const underWay = new Set<string>();

/**
 * Puts a whole file in place so that, whatever crashes, a reader finds the old bytes or the new ones and never a part: temporary file in
 * the same folder, fsync, rename, fsync of the folder. Resolves only once the new bytes would survive a power loss. A symbolic link at
 * `path` is replaced, not followed.
 *
 * Temporary files are named `NAME.PID.RANDOM.tmp`; those that a crash left behind are removed by the next replacement of the same file.
 * What replacements of one path by several processes or threads need besides, so as not to undo each other, is a lock.
 *
 * @param options.mode permission bits of the new file, default 0o600; the process's umask may tighten them
 * @param options.files the file operations; default: the system's
 * @throws CodedError `durable.not_replaced` when the old file certainly stands as it was; `durable.unconfirmed` when the new one may
 *   stand, or may stand only until the power fails, so that whoever must know reads the file anew. The system's error is the cause, its code `detail.system`, and what was
 *   refused `detail.doing` (write, sync, rename, sync_folder).
 */
export async function replaceFile(
  path: string,
  bytes: Uint8Array,
  options: { readonly mode?: number; readonly files?: Files } = {},
): Promise<void> {
  const { mode = 0o600, files = nodeFiles } = options;
  const folder = dirname(path);
  const temporary = join(folder, `${basename(path)}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`);
  underWay.add(temporary);
  try {
    await removeLeftovers(files, path);
    await writeTemporary(files, path, temporary, bytes, mode);
    await files.rename(temporary, path).catch(async (cause) => {
      await files.unlink(temporary).catch(() => undefined);
      const code = NOTHING_RENAMED.has(codeOf(cause) ?? '') ? 'durable.not_replaced' : 'durable.unconfirmed';
      throw failure(code, 'rename', path, cause);
    });
    await files.syncFolder(folder).catch((cause) => {
      throw failure('durable.unconfirmed', 'sync_folder', path, cause);
    });
  } finally {
    underWay.delete(temporary);
  }
}

/** What was being done when the system refused; `detail.doing` of the errors. */
type Doing = 'write' | 'sync' | 'rename' | 'sync_folder';

async function writeTemporary(
  files: Files,
  path: string,
  temporary: string,
  bytes: Uint8Array,
  mode: number,
): Promise<void> {
  let doing: Doing = 'write';
  try {
    // Exclusive: never through a file or a link that somebody else put there.
    const fd = await files.open(temporary, 'wx', mode);
    try {
      await writeAll(files, fd, bytes, 0);
      doing = 'sync';
      await files.fsync(fd);
    } finally {
      await files.close(fd);
    }
  } catch (cause) {
    await files.unlink(temporary).catch(() => undefined);
    throw failure('durable.not_replaced', doing, path, cause);
  }
}

/** Best effort: a leftover costs space and nothing else. */
async function removeLeftovers(files: Files, path: string): Promise<void> {
  const folder = dirname(path);
  const prefix = `${basename(path)}.`;
  for (const name of await files.list(folder).catch(() => [])) {
    if (!name.startsWith(prefix)) continue;
    const pid = /^(\d{1,10})\.[0-9a-f]{12}\.tmp$/.exec(name.slice(prefix.length))?.[1];
    const leftover = join(folder, name);
    if (pid === undefined || underWay.has(leftover)) continue;
    if (Number(pid) !== process.pid && isAlive(Number(pid))) continue;
    await files.unlink(leftover).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
}

function failure(
  code: 'durable.not_replaced' | 'durable.unconfirmed',
  doing: Doing,
  path: string,
  cause: unknown,
): CodedError {
  const system = codeOf(cause);
  const why = system ?? describeThrown(cause);
  const message =
    code === 'durable.not_replaced'
      ? `${path} was not replaced (${why}); it stands as it was. Look at the disk's space, health and permissions.`
      : `Whether ${path} was replaced is unknown (${why}): after a power loss the old file may be back. Look at the disk's health, then read the file anew.`;
  return new CodedError(code, message, { cause, detail: { path, doing, ...(system === undefined ? {} : { system }) } });
}
