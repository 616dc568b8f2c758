import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { codeOf } from '../../src/errors.ts';
import { PASSING_PREFIX, type SharedState, type StateEntry } from '../../src/model/shared-state.ts';
import { initFileState, openFileState, readStateFile } from '../../src/state/file.ts';
import { memoryState } from '../../src/state/memory.ts';
import { initRedisState, openRedisState, showRedisState } from '../../src/state/redis/store.ts';
import { redisConfig } from './make.ts';
import { ALWAYS, needs, REDIS, type RedisServer, startServer } from './server.ts';

const BOUNDS = { max_entries: 4, max_bytes: 65_536 };

/** A change; `off` is how far the revision that it expects is from the one that stands there. */
type Change = { readonly key: string; readonly off: number } & (
  | { readonly do: 'write'; readonly value: string }
  | { readonly do: 'remove' }
);

/** One step: what is asked of a store, and of the model that says what it must answer. */
type Step =
  | Change
  | { readonly do: 'read'; readonly key: string }
  | { readonly do: 'together'; readonly changes: readonly Change[] }
  | { readonly do: 'race'; readonly key: string; readonly values: readonly string[] }
  | { readonly do: 'list'; readonly prefix: string; readonly limit: number }
  | { readonly do: 'reopen' };

const passing = fc.constantFrom('passing/', 'passing/a', 'passing/b');
const key = fc.oneof(fc.constantFrom('a', 'a/b', 'a/c', 'b', 'e:a', '__proto__', 'rev:1', 'passing'), passing);
const value = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.string({ unit: 'grapheme', maxLength: 10 }),
  fc.constantFrom('', ':', '\0', '"\\', '\r\n', 'x'.repeat(30_000), 'y'.repeat(65_536)),
);
const off = fc.constantFrom(0, 0, 0, 0, -1, 1, 7);
const write = fc.record({ do: fc.constant('write' as const), key, off, value });
const removal = (keys: fc.Arbitrary<string>) => fc.record({ do: fc.constant('remove' as const), key: keys, off });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('read' as const), key }) },
  { weight: 6, arbitrary: write },
  { weight: 3, arbitrary: removal(passing) },
  { weight: 1, arbitrary: removal(key) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('together' as const),
      changes: fc.array(fc.oneof(write, removal(passing)), { minLength: 2, maxLength: 8 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('race' as const),
      key,
      values: fc.array(fc.string({ maxLength: 5 }), { minLength: 2, maxLength: 5 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('list' as const),
      prefix: fc.constantFrom('', 'a', 'a/', 'z', '__', 'passing', 'passing/'),
      limit: fc.integer({ min: 0, max: 5 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const) }) },
);

/** A store as a plain map: what any store must do, in the fewest words. */
class Model {
  readonly entries: Map<string, StateEntry>;
  /** How many writes and removals there were. */
  changes = 0;

  constructor(entries: Iterable<readonly [string, StateEntry]> = []) {
    this.entries = new Map(entries);
  }

  write(name: string, expected: number, text: string): boolean | 'state.full' {
    if ((this.entries.get(name)?.revision ?? 0) !== expected) return false;
    const after = new Map(this.entries).set(name, { revision: expected + 1, value: text });
    const bytes = Model.bytes(after);
    if (after.size > BOUNDS.max_entries || (bytes > BOUNDS.max_bytes && bytes > Model.bytes(this.entries))) {
      return 'state.full';
    }
    this.entries.set(name, { revision: expected + 1, value: text });
    this.changes += 1;
    return true;
  }

  remove(name: string, expected: number): boolean | 'state.invalid_key' {
    if (!name.startsWith(PASSING_PREFIX)) return 'state.invalid_key';
    if (this.entries.get(name)?.revision !== expected) return false;
    this.changes += 1;
    return this.entries.delete(name);
  }

  private static bytes(entries: ReadonlyMap<string, StateEntry>): number {
    return [...entries].reduce((sum, [name, entry]) => sum + name.length + Buffer.byteLength(entry.value), 0);
  }
}

/** A store that can be opened again with what it keeps, and that tells its revision from without. */
type Subject = {
  readonly state: SharedState;
  readonly reopen: () => Promise<SharedState>;
  readonly revision?: () => Promise<number>;
};

/** Asks store and model for a change at once: what the model answers, and what the store will. */
function ask(state: SharedState, model: Model, change: Change): readonly [unknown, Promise<unknown>] {
  const revision = (model.entries.get(change.key)?.revision ?? 0) + change.off;
  if (change.do === 'write') {
    const expected = Math.max(0, revision);
    const answer = state.compareAndSet(change.key, expected, change.value);
    return [model.write(change.key, expected, change.value), answer.catch(codeOf)];
  }
  const expected = Math.max(1, revision);
  return [model.remove(change.key, expected), state.remove(change.key, expected).catch(codeOf)];
}

async function holds(subject: Subject, steps: readonly Step[]): Promise<void> {
  const model = new Model();
  let { state } = subject;
  try {
    for (const one of steps) {
      switch (one.do) {
        case 'read':
          assert.deepEqual(await state.read(one.key), model.entries.get(one.key));
          break;
        case 'write':
        case 'remove': {
          const [must, answer] = ask(state, model, one);
          assert.equal(await answer, must);
          break;
        }
        case 'together': {
          // Whatever goes out in one turn happens in the order in which it was asked for.
          const asked = one.changes.map((change) => ask(state, model, change));
          const answers = await Promise.all(asked.map(([, answer]) => answer));
          assert.deepEqual(
            answers,
            asked.map(([must]) => must),
          );
          break;
        }
        case 'race': {
          // All expect the same revision, at once: one may get it, and none where there is no room.
          const expected = model.entries.get(one.key)?.revision ?? 0;
          const answers = await Promise.all(
            one.values.map((text) =>
              state.compareAndSet(one.key, expected, text).catch((error: unknown) => codeOf(error)),
            ),
          );
          const winner = answers.indexOf(true);
          const expectedAnswers = one.values.map((text) => new Model(model.entries).write(one.key, expected, text));
          if (winner < 0) assert.deepEqual(answers, expectedAnswers);
          else {
            assert.equal(model.write(one.key, expected, one.values[winner] ?? ''), true);
            assert.equal(answers.filter((answer) => answer === true).length, 1);
          }
          break;
        }
        case 'list': {
          const all = [...model.entries.keys()].filter((name) => name.startsWith(one.prefix));
          const listed = await state.list(one.prefix, one.limit);
          assert.equal(listed.length, Math.min(all.length, one.limit));
          assert.equal(new Set(listed).size, listed.length);
          assert.ok(listed.every((name) => all.includes(name)));
          break;
        }
        case 'reopen':
          state = await subject.reopen();
      }
      if (subject.revision !== undefined) assert.equal(await subject.revision(), model.changes);
    }
    assert.deepEqual([...(await state.list('', 100))].sort(), [...model.entries.keys()].sort());
    for (const [name, entry] of model.entries) assert.deepEqual(await state.read(name), entry);
  } finally {
    await state.close();
  }
}

describe('every store does the same', () => {
  const steps = fc.array(step, { minLength: 1, maxLength: 40 });

  it('memory', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const state = memoryState(BOUNDS);
        await holds({ state, reopen: async () => state }, sequence);
      }),
      { numRuns: 200 },
    );
  });

  it('a file, closed and opened again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'exequatur-model-'));
    const path = join(folder, 'state.json');
    try {
      await fc.assert(
        fc.asyncProperty(steps, async (sequence) => {
          await initFileState(path, { overwrite: true });
          let state = await openFileState(path, BOUNDS);
          const reopen = async (): Promise<SharedState> => {
            await state.close();
            state = await openFileState(path, BOUNDS);
            return state;
          };
          const revision = async () => (await readStateFile(path)).revision;
          await holds({ state, reopen, revision }, sequence);
        }),
        { numRuns: 60 },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  describe('Redis', () => {
    let server: RedisServer | undefined;
    before(async function () {
      server = await startServer(needs(this, REDIS, 'redis-server'), ALWAYS);
    });
    after(async () => {
      await server?.kill();
      if (server !== undefined) rmSync(server.folder, { recursive: true });
    });

    it('with several clients in turn', async () => {
      assert.ok(server !== undefined);
      const config = redisConfig(server, BOUNDS);
      await fc.assert(
        fc.asyncProperty(steps, async (sequence) => {
          await initRedisState(config, {}, true);
          let state = await openRedisState(config, async () => ({}));
          const reopen = async (): Promise<SharedState> => {
            await state.close();
            state = await openRedisState(config, async () => ({}));
            return state;
          };
          const revision = async () => (await showRedisState(config, {})).revision;
          await holds({ state, reopen, revision }, sequence);
        }),
        { numRuns: 60 },
      );
    });
  });
});
