import { CodedError, describeThrown } from '../errors.ts';
import { mapAtMost } from './at-most.ts';
import { createFolderWatchers } from './folder-watchers.ts';
import { foldersOf } from './folders-of.ts';
import { type Schedule, timers } from './schedule.ts';
import { type Stamp, stampOf } from './stamp.ts';
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

/** Which files there are at this moment, and the folders in which a change can make it others. */
export type ListedFiles = { readonly paths: readonly string[]; readonly folders: readonly string[] };

export type WatchOptions = {
  /** Milliseconds between looks where the system reports nothing (network file systems). Default 5000. */
  readonly pollMs?: number;
  /** Bytes of a file that are read at most; a larger one is a problem. Default 4 MiB. */
  readonly maxBytes?: number | ((path: string) => number);
  readonly schedule?: Schedule;
  /** `durable.watch_failed`: a folder cannot be watched, and only looks by the clock remain. Told once for each folder. */
  readonly onError?: (error: CodedError) => void;
  /** How a listed file looks from outside; another one in tests. */
  readonly stampOf?: typeof stampOf;
};

type Seen = SeenFile & { readonly stamp?: Stamp | undefined };

/** A file written in place is read again until it has rested so long; one that a rename puts in another's place is complete at once. */
const SETTLE_MS = 25;
/** A file that is written without end counts as it is after so many reads. */
const MAX_SETTLING = 40;
/** Files that are read at the same time. */
const AT_ONCE = 64;
/** What a file was before it was there. */
const ABSENT: SeenFile = {
  identity: '',
  state: { path: '', problem: new CodedError('durable.file_missing', 'the file was not there before') },
};

/**
 * Watches files that others replace: by rename, by swapping a symbolic link anywhere on the path (Kubernetes' `..data`), by deleting and
 * creating, by writing in place. `onChange` is called with the state of all of them whenever the content of one has changed, or
 * whether it can be read. Resolves after the first read, which is not reported.
 *
 * The system's notices make a change count within milliseconds; looks by the clock find what they miss.
 *
 * @param paths the files; or what lists them anew at each look, for folders of many: such files are read again only where size, times or
 *   inode tell of a change, and one that is listed no more is reported by its absence
 */
export async function watchFiles(
  paths: readonly string[] | (() => Promise<ListedFiles>),
  onChange: (files: readonly FileState[]) => void,
  options: WatchOptions = {},
): Promise<FileWatch> {
  const { pollMs = 5_000, maxBytes = 4 * 1024 * 1024, schedule = timers, onError = () => undefined } = options;
  const bytesOf = typeof maxBytes === 'number' ? () => maxBytes : maxBytes;
  const fixed = typeof paths === 'function' ? undefined : paths;
  const list = typeof paths === 'function' ? paths : async () => ({ paths, folders: await foldersOfAll(paths) });
  const watchers = createFolderWatchers(
    () => void look(),
    (folder, cause) =>
      onError(
        new CodedError(
          'durable.watch_failed',
          `the folder ${folder} cannot be watched (${describeThrown(cause)}); its files are looked at every ${pollMs} ms. Raise fs.inotify.max_user_watches where that is the cause.`,
          { cause, detail: { folder } },
        ),
      ),
  );
  let seen: readonly Seen[] | undefined;
  let closed = false;
  let turn: Promise<void> = Promise.resolve();
  let queued: Promise<void> | undefined;
  let cancelPoll: () => void = () => undefined;
  const waits = new Set<() => void>();

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
    let now = await readState(path, bytesOf(path));
    for (let read = 0; read < MAX_SETTLING && !closed; read++) {
      if (before === undefined || sameContent(now, before)) return now;
      if (before.identity !== '' && now.identity !== before.identity) return now;
      await pause(SETTLE_MS);
      before = now;
      now = await readState(path, bytesOf(path));
      if (sameContent(now, before)) return now;
    }
    return now;
  }

  /** Of many files few have changed: the others are not read. The stamp is taken first, so that a write meanwhile is seen next time. */
  async function readListed(path: string, before: Seen | undefined): Promise<Seen> {
    const stamp = await (options.stampOf ?? stampOf)(path, Date.now());
    const known = before?.stamp;
    if (before !== undefined && known?.rested === true && known.text === stamp?.text) return before;
    return { ...(await settled(path, before ?? (seen === undefined ? undefined : ABSENT))), stamp };
  }

  /** The files, once every folder is watched in which others could appear. */
  async function listWatched(): Promise<readonly string[]> {
    let found = await list();
    for (let again = 0; again < MAX_SETTLING && (await watchers.watch(found.folders)); again++) found = await list();
    return found.paths;
  }

  async function once(): Promise<void> {
    if (closed) return;
    const current = await listWatched();
    const before = seen;
    const known = new Map(before?.map((file) => [file.state.path, file]));
    const read = fixed === undefined ? readListed : settled;
    const found = await mapAtMost(AT_ONCE, current, (path) => read(path, known.get(path)));
    if (closed) return;
    seen = found;
    // The first read is for whoever began to watch; it is no change.
    if (before === undefined || (found.length === before.length && found.every(isKnown))) return;
    try {
      onChange(found.map((file) => file.state));
    } catch (cause) {
      onError(new CodedError('durable.watch_failed', `a change was not taken up: ${describeThrown(cause)}`, { cause }));
    }

    function isKnown(file: Seen): boolean {
      return sameContent(file, known.get(file.state.path));
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
    if (closed || fixed?.length === 0) return;
    cancelPoll = schedule(pollMs, () => void look().then(pollAgain));
  }

  await look();
  pollAgain();
  return {
    current: () => (seen ?? []).map((file) => file.state),
    check: look,
    async close() {
      closed = true;
      cancelPoll();
      for (const end of waits) end();
      watchers.close();
      await turn;
    },
  };
}

async function foldersOfAll(paths: readonly string[]): Promise<readonly string[]> {
  return [...new Set((await Promise.all(paths.map(foldersOf))).flat())];
}
