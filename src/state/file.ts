import { randomUUID } from 'node:crypto';
import { type Files, nodeFiles, readWhole } from '../durable/files.ts';
import { type FileLock, takeLock } from '../durable/lock.ts';
import { replaceFile } from '../durable/replace.ts';
import { CodedError, codeOf, describeThrown } from '../errors.ts';
import type { SharedState } from '../model/shared-state.ts';
import type { StateBounds } from './config.ts';
import { stateFailure } from './failure.ts';
import { entryText, parseStateFile, type StateFile, stateFileText } from './file-format.ts';
import { fileWriter } from './file-writer.ts';
import { checkKey, checkPrefix, checkRemoval, checkWrite } from './limits.ts';
import { keysWith } from './table.ts';

/** More than any file that the bounds allow; V8 has no longer strings. */
const MAX_FILE_BYTES = 500 * 1024 * 1024;

/**
 * Opens the state in a file, for this process alone. What the file says is written once more before it counts: after a crash or a failed
 * sync the disk may hold something else than what the system still reads from its memory.
 *
 * @throws CodedError state.lost, state.torn, state.permissions, state.locked, state.lock_unavailable, state.unreadable, state.unwritable
 */
export async function openFileState(path: string, bounds: StateBounds, files: Files = nodeFiles): Promise<SharedState> {
  const lock = await takeStateLock(path, files);
  try {
    const read = await readStateFile(path, files);
    const rows = new Map([...read.entries].map(([key, entry]) => [key, entryText(key, entry)]));
    await replaceFile(path, Buffer.from(stateFileText(read, rows.values())), { files }).catch((cause: unknown) => {
      throw unwritable(path, cause);
    });
    return fileState(path, bounds, files, read, rows, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

function fileState(
  path: string,
  bounds: StateBounds,
  files: Files,
  read: StateFile,
  rows: Map<string, string>,
  lock: FileLock,
): SharedState {
  const writer = fileWriter({
    bounds,
    read,
    rows,
    replace: (text) => replaceFile(path, Buffer.from(text), { files }),
    path,
  });
  let closing: Promise<void> | undefined;
  return {
    kind: 'file',
    async read(key) {
      checkKey(key);
      writer.check();
      return writer.entries.get(key);
    },
    async compareAndSet(key, expected, value) {
      checkWrite(key, expected, value);
      writer.check();
      return writer.write(key, expected, value);
    },
    async remove(key, expected) {
      checkRemoval(key, expected);
      writer.check();
      return writer.remove(key, expected);
    },
    async list(prefix, limit) {
      checkPrefix(prefix);
      writer.check();
      return keysWith(writer.entries.keys(), prefix, limit);
    },
    close() {
      closing ??= writer.close().then(lock.release);
      return closing;
    },
  };
}

/**
 * Reads a state file without taking it: what stands there is whole at any time.
 *
 * @throws CodedError state.lost, state.torn, state.permissions, state.unreadable
 */
export async function readStateFile(path: string, files: Files = nodeFiles): Promise<StateFile> {
  let bytes: Buffer | undefined;
  try {
    const mode = await modeOf(path, files);
    if (mode !== undefined && (mode & 0o077) !== 0) throw tooOpen(path, mode);
    bytes = mode === undefined ? undefined : await readWhole(files, path, MAX_FILE_BYTES);
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    throw stateFailure(
      'unreadable',
      `The state in ${path} cannot be read (${codeOf(cause) ?? describeThrown(cause)}). Check its disk, and that it belongs to the user that runs this.`,
      { cause, detail: { path } },
    );
  }
  if (bytes === undefined) throw lostFile(path);
  const parsed = parseStateFile(bytes);
  if (typeof parsed !== 'string') return parsed;
  throw stateFailure(
    'torn',
    `The state in ${path} is torn: ${parsed}. Marks in it cannot be trusted, so it is not used. Keep it as evidence and find out who changed it; put back a copy that is certainly the latest, or make a new store by "exequatur state init --dangerously-forget-state", which forgets every mark.`,
    { detail: { path } },
  );
}

/**
 * Makes a new, empty state file.
 *
 * @param options.overwrite takes the place of whatever stands there, torn or whole
 * @returns the new store's id
 * @throws CodedError state.exists, state.locked, state.lock_unavailable, state.unreadable, state.unwritable
 */
export async function initFileState(
  path: string,
  options: { readonly overwrite: boolean; readonly files?: Files },
): Promise<string> {
  const { overwrite, files = nodeFiles } = options;
  const lock = await takeStateLock(path, files, true);
  try {
    if (!overwrite && (await modeOf(path, files).catch(() => 0)) !== undefined) {
      throw stateFailure('exists', `There is a file ${path} already; it stays as it is.`, { detail: { path } });
    }
    const store = randomUUID();
    await replaceFile(path, Buffer.from(stateFileText({ store, revision: 0, removed: 0 }, [])), { files }).catch(
      (cause: unknown) => {
        throw unwritable(path, cause);
      },
    );
    return store;
  } finally {
    await lock.release();
  }
}

async function takeStateLock(path: string, files: Files, fresh = false): Promise<FileLock> {
  const taken = await takeLock(files, `${path}.lock`).catch((cause: unknown) => {
    if (codeOf(cause) === 'ENOENT' && !fresh) throw lostFile(path);
    if (codeOf(cause) === 'durable.lock_unavailable') {
      throw stateFailure('lock_unavailable', describeThrown(cause), { cause, detail: { path } });
    }
    throw stateFailure(
      'unwritable',
      `Beside ${path} no lock can be opened (${codeOf(cause) ?? describeThrown(cause)}). The folder must exist and belong to the user that runs this.`,
      { cause, detail: { path } },
    );
  });
  if (!('lockedBy' in taken)) return taken;
  throw stateFailure(
    'locked',
    `The state in ${path} is in use by ${taken.lockedBy}. A file is for one process: stop that one, or let both share a Redis.`,
    { detail: { path } },
  );
}

/** Permission bits, or undefined where there is no file. */
async function modeOf(path: string, files: Files): Promise<number | undefined> {
  let fd: number;
  try {
    fd = await files.open(path, 'r');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    // Windows has no such bits; its folders' access lists count.
    return process.platform === 'win32' ? 0o600 : await files.mode(fd);
  } finally {
    await files.close(fd);
  }
}

function tooOpen(path: string, mode: number): CodedError {
  return stateFailure(
    'permissions',
    `The state in ${path} is open to others (mode ${mode.toString(8).padStart(4, '0')}): whoever may write it could lower a mark. Make sure that nobody did, then run: chmod 600 ${path}`,
    { detail: { path } },
  );
}

function lostFile(path: string): CodedError {
  return stateFailure(
    'lost',
    `There is no state in ${path}. If there was one, it is lost: put it back. Only a store that never was is made by "exequatur state init".`,
    { detail: { path } },
  );
}

function unwritable(path: string, cause: unknown): CodedError {
  return stateFailure('unwritable', `The state in ${path} cannot be written. ${describeThrown(cause)}`, {
    cause,
    detail: { path },
  });
}
