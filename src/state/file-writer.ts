import { CodedError, describeThrown } from '../errors.ts';
import type { StateEntry } from '../model/shared-state.ts';
import type { StateBounds } from './config.ts';
import { stateFailure } from './failure.ts';
import { entryText, type StateFile, stateFileText } from './file-format.ts';
import { placed, vacated } from './table.ts';

/** What a writer writes to, and begins with. */
type WriterOptions = {
  readonly path: string;
  readonly bounds: StateBounds;
  readonly read: StateFile;
  /** The entries' texts by key, in the file's order. */
  readonly rows: Map<string, string>;
  /** Puts the text in the file's place; throws `durable.*`. */
  readonly replace: (text: string) => Promise<void>;
};

/** Writes the file anew for each change, or for all that came while the one before was under way. */
type FileWriter = {
  /** What the disk has confirmed. */
  readonly entries: ReadonlyMap<string, StateEntry>;
  readonly write: (key: string, expected: number, value: string) => Promise<boolean>;
  readonly remove: (key: string, expected: number) => Promise<boolean>;
  /** @throws CodedError state.closed, state.failed */
  readonly check: () => void;
  /** Resolves once what is under way has ended. */
  readonly close: () => Promise<void>;
};

type Waiting = {
  readonly key: string;
  readonly expected: number;
  /** Undefined: the entry is to be removed. */
  readonly value: string | undefined;
  readonly resolve: (changed: boolean) => void;
  readonly reject: (error: unknown) => void;
};

/** What a batch changes; undefined where it removes. */
type Drafts<T> = ReadonlyMap<string, T | undefined>;

export function fileWriter({ path, bounds, read, rows, replace }: WriterOptions): FileWriter {
  const entries = new Map(read.entries);
  let { revision, removed } = read;
  let bytes = 0;
  for (const [key, entry] of entries) bytes += key.length + Buffer.byteLength(entry.value);
  let waiting: Waiting[] = [];
  let running: Promise<void> | undefined;
  let failed: CodedError | undefined;
  let closed = false;

  function check(): void {
    if (failed !== undefined) throw failed;
    if (closed) throw stateFailure('closed', `The state in ${path} was closed.`, { outcome: 'not_written' });
  }

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        if (failed !== undefined) throw failed;
        await writeBatch(batch);
      } catch (error) {
        for (const one of batch) one.reject(error);
      }
    }
    running = undefined;
  }

  /** One file for all of the batch; nothing of it counts before the disk has confirmed it. */
  async function writeBatch(batch: readonly Waiting[]): Promise<void> {
    const drafts = new Map<string, StateEntry | undefined>();
    const settle: (() => void)[] = [];
    const get = (name: string) => (drafts.has(name) ? drafts.get(name) : entries.get(name));
    let table = { get, size: entries.size, bytes };
    let changes = 0;
    let draftRemoved = removed;
    for (const { key, expected, value, resolve, reject } of batch) {
      try {
        const changed =
          value === undefined ? vacated(table, key, expected) : placed(table, bounds, key, expected, value);
        settle.push(() => resolve(changed !== undefined));
        if (changed === undefined) continue;
        const { entry, ...counts } = changed;
        drafts.set(key, entry);
        table = { get, ...counts };
        changes += 1;
        if (entry === undefined) draftRemoved += expected + 1;
      } catch (error) {
        reject(error);
      }
    }
    if (changes > 0) {
      const texts = new Map([...drafts].map(([key, entry]) => [key, entry && entryText(key, entry)]));
      const head = { store: read.store, revision: revision + changes, removed: draftRemoved };
      await replaceOrFail(stateFileText(head, merged(rows, texts)));
      for (const [key, entry] of drafts) put(entries, key, entry);
      for (const [key, text] of texts) put(rows, key, text);
      ({ revision, removed } = head);
      bytes = table.bytes;
    }
    for (const tell of settle) tell();
  }

  function enqueue(change: Omit<Waiting, 'resolve' | 'reject'>): Promise<boolean> {
    return new Promise((resolve, reject) => {
      waiting.push({ ...change, resolve, reject });
      running ??= run();
    });
  }

  async function replaceOrFail(text: string): Promise<void> {
    try {
      await replace(text);
    } catch (cause) {
      const old = cause instanceof CodedError && cause.code === 'durable.not_replaced';
      const outcome = old ? 'not_written' : 'unknown';
      const options = { cause, detail: { path }, outcome } as const;
      if (old && cause.detail.doing !== 'sync') {
        throw stateFailure(
          'unwritable',
          `The state in ${path} could not be written; what stood there stands. ${describeThrown(cause)}`,
          options,
        );
      }
      failed = stateFailure(
        'failed',
        `The disk did not confirm the state in ${path}, which is not used until it is opened anew: check the disk, then start the service again. ${describeThrown(cause)}`,
        options,
      );
      throw failed;
    }
  }

  return {
    entries,
    check,
    write: (key, expected, value) => enqueue({ key, expected, value }),
    remove: (key, expected) => enqueue({ key, expected, value: undefined }),
    async close() {
      closed = true;
      await running;
    },
  };
}

/** The rows with some exchanged in their places or left out, and the new ones at the end. */
function* merged(rows: ReadonlyMap<string, string>, changed: Drafts<string>): Generator<string> {
  for (const [key, before] of rows) {
    const text = changed.has(key) ? changed.get(key) : before;
    if (text !== undefined) yield text;
  }
  for (const [key, text] of changed) if (text !== undefined && !rows.has(key)) yield text;
}

function put<T>(map: Map<string, T>, key: string, value: T | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
