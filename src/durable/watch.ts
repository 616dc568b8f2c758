import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { CodedError, describeThrown } from '../errors.ts';
import { foldersOf } from './folders-of.ts';
import { type Schedule, timers } from './schedule.ts';
import { type FileState, readState, type SeenFile, sameContent } from './watched-file.ts';

/** Files that are looked after until `close`. */
export type FileWatch = {
  /** What was last read, in the order of the paths. */
  readonly current: () => readonly FileState[];
  /** Looks at once; resolves when what was found has been reported. */
  readonly check: () => Promise<void>;
  /** Ends every watcher and timer, after which nothing is reported any more. */
  readonly close: () => Promise<void>;
};

export type WatchOptions = {
  /** Milliseconds between looks where the system reports nothing (network file systems). Default 5000. */
  readonly pollMs?: number;
  /** Bytes of a file that are read at most; a larger one is a problem. Default 4 MiB. */
  readonly maxBytes?: number;
  readonly schedule?: Schedule;
  /** `durable.watch_failed`: a folder cannot be watched, and only looks by the clock remain. Told once for each folder. */
  readonly onError?: (error: CodedError) => void;
};

/** A file written in place is read again until it has rested so long; one that a rename puts in another's place is complete at once. */
const SETTLE_MS = 25;
/** A file that is written without end counts as it is after so many reads. */
const MAX_SETTLING = 40;

/**
 * Watches files that others replace: by rename, by swapping a symbolic link anywhere on the path (Kubernetes' `..data`), by deleting and
 * creating, by writing in place. `onChange` is called with the state of all of them whenever the content of one has changed, or
 * whether it can be read. Resolves after the first read, which is not reported.
 *
 * The system's notices make a change count within milliseconds; looks by the clock find what they miss.
 */
export async function watchFiles(
  paths: readonly string[],
  onChange: (files: readonly FileState[]) => void,
  options: WatchOptions = {},
): Promise<FileWatch> {
  const { pollMs = 5_000, maxBytes = 4 * 1024 * 1024, schedule = timers, onError = () => undefined } = options;
  const watchers = new Map<string, { readonly watcher: FSWatcher; readonly folder: string }>();
  const unwatchable = new Set<string>();
  let seen: readonly SeenFile[] = [];
  let closed = false;
  let turn: Promise<void> = Promise.resolve();
  let queued: Promise<void> | undefined;
  let cancelPoll: () => void = () => undefined;
  const waits = new Set<() => void>();

  /** Folders are known by their inode: one that was removed and made anew needs a new watcher. */
  async function watchFolders(): Promise<void> {
    const wanted = new Set<string>();
    for (const folder of new Set((await Promise.all(paths.map(foldersOf))).flat())) {
      const stats = await stat(folder, { bigint: true }).catch(() => undefined);
      if (stats === undefined || closed) continue;
      const key = `${stats.dev}:${stats.ino}:${folder}`;
      wanted.add(key);
      if (!watchers.has(key)) watchFolder(key, folder);
    }
    for (const key of watchers.keys()) if (!wanted.has(key)) endWatcher(key);
  }

  function watchFolder(key: string, folder: string): void {
    const failed = (cause: unknown) => {
      endWatcher(key);
      if (unwatchable.has(folder) || closed) return;
      unwatchable.add(folder);
      onError(
        new CodedError(
          'durable.watch_failed',
          `the folder ${folder} cannot be watched (${describeThrown(cause)}); its files are looked at every ${pollMs} ms. Raise fs.inotify.max_user_watches where that is the cause.`,
          { cause, detail: { folder } },
        ),
      );
    };
    try {
      const watcher = watch(folder, { persistent: false }, () => void look());
      watchers.set(key, { watcher, folder });
      watcher.on('error', failed);
      unwatchable.delete(folder);
    } catch (cause) {
      failed(cause);
    }
  }

  function endWatcher(key: string): void {
    watchers.get(key)?.watcher.close();
    watchers.delete(key);
  }

  function pause(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = schedule(milliseconds, resolve);
    waits.add(resolve);
    return promise.finally(() => {
      waits.delete(resolve);
      cancel();
    });
  }

  /** A file that changes under its inode, or that has just been created, may be half written, and half of it must not count. */
  async function settled(path: string, before: SeenFile | undefined): Promise<SeenFile> {
    let now = await readState(path, maxBytes);
    for (let read = 0; read < MAX_SETTLING && !closed; read++) {
      if (before === undefined || sameContent(now, before)) return now;
      if (before.identity !== '' && now.identity !== before.identity) return now;
      await pause(SETTLE_MS);
      before = now;
      now = await readState(path, maxBytes);
      if (sameContent(now, before)) return now;
    }
    return now;
  }

  async function once(): Promise<void> {
    if (closed) return;
    await watchFolders();
    const found = await Promise.all(paths.map((path, index) => settled(path, seen[index])));
    if (closed) return;
    const before = seen;
    seen = found;
    // The first read is for whoever began to watch; it is no change.
    if (before.length === 0 || found.every((file, index) => sameContent(file, before[index]))) return;
    try {
      onChange(found.map((file) => file.state));
    } catch (cause) {
      onError(new CodedError('durable.watch_failed', `a change was not taken up: ${describeThrown(cause)}`, { cause }));
    }
  }

  /** Looks after the look under way, if any: what it had read already may have changed since. Further wishes share that one look. */
  function look(): Promise<void> {
    if (closed) return Promise.resolve();
    queued ??= turn.then(() => {
      queued = undefined;
      // One look that breaks off must not stop those after it.
      turn = once().catch((cause) =>
        onError(
          new CodedError('durable.watch_failed', `a look at the files broke off: ${describeThrown(cause)}`, { cause }),
        ),
      );
      return turn;
    });
    return queued;
  }

  function pollAgain(): void {
    if (closed || paths.length === 0) return;
    cancelPoll = schedule(pollMs, () => void look().then(pollAgain));
  }

  await look();
  pollAgain();
  return {
    current: () => seen.map((file) => file.state),
    check: look,
    async close() {
      closed = true;
      cancelPoll();
      for (const end of waits) end();
      for (const key of watchers.keys()) endWatcher(key);
      await turn;
      for (const key of watchers.keys()) endWatcher(key);
    },
  };
}
