import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { PASSING_PREFIX, type SharedState } from '../../src/model/shared-state.ts';

/** What processes said was confirmed to them, or that they read: all of it must stay true. */
export type Ledger = {
  readonly take: (line: string) => void;
  /** Compares with what the store holds now. */
  readonly compare: (state: SharedState) => Promise<void>;
  /** Writes and removals that were confirmed. */
  readonly acknowledged: () => number;
  /** How often each error was told. */
  readonly errors: ReadonlyMap<string, number>;
  /** What must not have happened, in words. */
  readonly offences: readonly string[];
};

/** @param allowed codes that kills may cause; any other is an offence */
export function ledger(allowed: readonly string[]): Ledger {
  /** By key and revision the value that stood or stands there: two of them would be a write that undid another. */
  const values = new Map<string, string>();
  const highest = new Map<string, number>();
  const errors = new Map<string, number>();
  const offences: string[] = [];
  let acknowledged = 0;
  const acks = new Set<string>();
  /** Keys whose removal was confirmed; nobody writes one of them twice. */
  const gone = new Set<string>();

  function note(key: string, revision: number, value: string): void {
    const place = `${key} ${revision}`;
    const before = values.get(place);
    if (before !== undefined && before !== value) offences.push(`${place} was ${before}, and then ${value}`);
    values.set(place, value);
    highest.set(key, Math.max(highest.get(key) ?? 0, revision));
  }

  return {
    take(line) {
      const [word, key = '', revision = '', value = ''] = line.split(' ');
      if (word === 'error') {
        errors.set(key, (errors.get(key) ?? 0) + 1);
        if (!allowed.includes(key)) offences.push(line);
      }
      if (word === 'saw') note(key, Number(revision), value);
      if (word === 'gone') {
        acknowledged += 1;
        if (gone.has(key)) offences.push(`the removal of ${key} was confirmed twice`);
        gone.add(key);
      }
      if (word !== 'ack') return;
      acknowledged += 1;
      if (acks.has(`${key} ${revision}`)) offences.push(`${key} ${revision} was confirmed to two writers`);
      acks.add(`${key} ${revision}`);
      note(key, Number(revision), value);
    },
    async compare(state) {
      // What is told while the store is read may be newer than what is found there.
      for (const [key, revision] of [...highest]) {
        const entry = await state.read(key);
        if (entry === undefined || entry.revision < revision) {
          offences.push(`${key} was at ${revision} and is at ${entry?.revision ?? 'nothing'}`);
        } else note(key, entry.revision, entry.value);
      }
      const before = new Set(gone);
      const listed = await state.list(PASSING_PREFIX, Number.MAX_SAFE_INTEGER);
      for (const key of listed) if (before.has(key)) offences.push(`${key} is there after its removal`);
    },
    acknowledged: () => acknowledged,
    errors,
    offences,
  };
}

/** A worker whose lines go to a ledger. */
export type Worker = {
  /** Resolves with its first line. */
  readonly first: Promise<string>;
  readonly child: ChildProcess;
  /** kill -9; resolves once all that it said is taken. */
  readonly kill: () => Promise<void>;
};

const program = fileURLToPath(new URL('./state-worker.ts', import.meta.url));

export function startWorker(config: unknown, folder: string, name: string, keys: number, book: Ledger): Worker {
  const child = spawn(process.execPath, [program, JSON.stringify(config), folder, name, String(keys)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const closed = once(lines, 'close');
  lines.on('line', book.take);
  const first = Promise.race([
    once(lines, 'line').then(([line]: readonly unknown[]) => String(line)),
    closed.then(() => 'ended'),
  ]);
  return {
    first,
    child,
    async kill() {
      child.kill('SIGKILL');
      await closed;
    },
  };
}
