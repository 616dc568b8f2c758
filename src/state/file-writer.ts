import { CodedError, describeThrown } from '../errors.ts';
import type { StateEntry } from '../model/shared-state.ts';
import type { StateBounds } from './config.ts';
import { stateFailure } from './failure.ts';
import { entryText, type StateFile, stateFileText } from './file-format.ts';
import { placed } from './table.ts';

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

/** Writes the file anew for each write, or for all that came while the one before was under way. */
type FileWriter = {
  /** What the disk has confirmed. */
  readonly entries: ReadonlyMap<string, StateEntry>;
  readonly write: (key: string, expected: number, value: string) => Promise<boolean>;
  /** @throws CodedError state.closed, state.failed */
  readonly check: () => void;
  /** Resolves once what is under way has ended. */
  readonly close: () => Promise<void>;
};

type Waiting = {
  readonly key: string;
  readonly expected: number;
  readonly value: string;
  readonly resolve: (written: boolean) => void;
  readonly reject: (error: unknown) => void;
};

export function fileWriter({ path, bounds, read, rows, replace }: WriterOptions): FileWriter {
  const entries = new Map(read.entries);
  let revision = read.revision;
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
    const drafts = new Map<string, StateEntry>();
    const settle: (() => void)[] = [];
    let draftBytes = bytes;
    let added = 0;
    for (const { key, expected, value, resolve, reject } of batch) {
      const table = {
        get: (name: string) => drafts.get(name) ?? entries.get(name),
        size: entries.size + added,
        bytes: draftBytes,
      };
      try {
        const placement = placed(table, bounds, key, expected, value);
        settle.push(() => resolve(placement !== undefined));
        if (placement === undefined) continue;
        if (expected === 0) added += 1;
        drafts.set(key, placement.entry);
        draftBytes = placement.bytes;
      } catch (error) {
        reject(error);
      }
    }
    const writes = batch.length === 0 ? 0 : countWrites(drafts);
    if (writes > 0) {
      const texts = new Map([...drafts].map(([key, entry]) => [key, entryText(key, entry)]));
      await replaceOrFail(stateFileText(read.store, revision + writes, merged(rows, texts)));
      for (const [key, entry] of drafts) entries.set(key, entry);
      for (const [key, text] of texts) rows.set(key, text);
      revision += writes;
      bytes = draftBytes;
    }
    for (const tell of settle) tell();
  }

  function countWrites(drafts: ReadonlyMap<string, StateEntry>): number {
    let writes = 0;
    for (const [key, entry] of drafts) writes += entry.revision - (entries.get(key)?.revision ?? 0);
    return writes;
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
    write(key, expected, value) {
      return new Promise((resolve, reject) => {
        waiting.push({ key, expected, value, resolve, reject });
        running ??= run();
      });
    },
    async close() {
      closed = true;
      await running;
    },
  };
}

/** The rows with some exchanged in their places, and the new ones at the end. */
function* merged(rows: ReadonlyMap<string, string>, changed: ReadonlyMap<string, string>): Generator<string> {
  for (const [key, text] of rows) yield changed.get(key) ?? text;
  for (const [key, text] of changed) if (!rows.has(key)) yield text;
}
