import assert from 'node:assert/strict';
import { createPool, type Pool, type PoolLimits } from '../../../src/trust/worker/pool.ts';

const LIMITS: PoolLimits = { threads: 1, deadlineMs: 60_000, megabytes: 64, queue: 100 };

function entry(name: string): URL {
  return new URL(`./threads/${name}.ts`, import.meta.url);
}

async function withPool(limits: Partial<PoolLimits>, use: (pool: Pool) => Promise<void>, program = 'any') {
  const pool = createPool(entry(program), { ...LIMITS, ...limits });
  try {
    await use(pool);
  } finally {
    await pool.close();
  }
}

function fails(promise: Promise<unknown>, code: string): Promise<void> {
  return assert.rejects(promise, { name: 'CodedError', code });
}

describe('a pool of threads', () => {
  it('runs tasks in turn and keeps the thread', () =>
    withPool({}, async (pool) => {
      const answers = await Promise.all([1, 2, 3].map((task) => pool.run({ do: 'echo', task })));
      assert.deepEqual(
        answers,
        [1, 2, 3].map((task, answered) => ({ echo: { do: 'echo', task }, answered })),
      );
      assert.equal(pool.pending(), 0);
    }));

  for (const how of ['loop', 'backtrack']) {
    it(`ends a thread that hangs (${how}), and the next one answers`, () =>
      withPool({ deadlineMs: 1000 }, async (pool) => {
        const [hung, after] = [pool.run({ do: how }), pool.run({ do: 'echo' })];
        await fails(hung, 'trust.timed_out');
        assert.deepEqual(await after, { echo: { do: 'echo' }, answered: 0 });
      }));
  }

  for (const how of ['throw', 'exit', 'memory', 'stack', 'wrong number', 'no answer']) {
    it(`refuses the task of a thread that fails (${how}), and replaces it`, () =>
      withPool({}, async (pool) => {
        const [failed, after] = [pool.run({ do: how }), pool.run({ do: 'echo' })];
        await fails(failed, 'trust.verifier_failed');
        assert.deepEqual(await after, { echo: { do: 'echo' }, answered: 0 });
      }));
  }

  it('never takes a second answer for that of the next task', () =>
    withPool({}, async (pool) => {
      const [first, second] = [pool.run({ do: 'twice', task: 1 }), pool.run({ do: 'echo', task: 2 })];
      assert.deepEqual(await first, { echo: { do: 'twice', task: 1 }, answered: 0 });
      await fails(second, 'trust.verifier_failed');
      assert.deepEqual(await pool.run({ do: 'echo', task: 3 }), { echo: { do: 'echo', task: 3 }, answered: 0 });
    }));

  it('refuses what more than the queue holds', () =>
    withPool({ queue: 2 }, async (pool) => {
      const taken = [1, 2, 3].map((task) => pool.run({ do: 'echo', task }));
      await fails(pool.run({ do: 'echo', task: 4 }), 'trust.verifier_failed');
      assert.equal((await Promise.all(taken)).length, 3);
    }));

  it('refuses a task that cannot be copied, and goes on', () =>
    withPool({}, async (pool) => {
      await fails(pool.run({ do: () => 1 }), 'trust.verifier_failed');
      assert.deepEqual(await pool.run({ do: 'echo' }), { echo: { do: 'echo' }, answered: 0 });
    }));

  it('uses as many threads as allowed, and one that hangs holds up none of the others', () =>
    withPool({ threads: 2 }, async (pool) => {
      const hung = pool.run({ do: 'loop' });
      const refused = fails(hung, 'trust.verifier_failed');
      for (let task = 0; task < 5; task++) {
        assert.deepEqual(await pool.run({ do: 'echo', task }), { echo: { do: 'echo', task }, answered: task });
      }
      assert.equal(pool.pending(), 1);
      await pool.close();
      await refused;
    }));

  it('reads nothing that a thread prints, and gives it no environment', () =>
    withPool({}, async (pool) => {
      assert.deepEqual(await pool.run({ do: 'print' }), { echo: { do: 'print' }, answered: 0 });
      assert.deepEqual(await pool.run({ do: 'environment' }), []);
    }));

  it('refuses every task where the program does not start, one thread for each', () =>
    withPool(
      {},
      async (pool) => {
        const tasks = [1, 2, 3].map((task) => fails(pool.run({ do: 'echo', task }), 'trust.verifier_failed'));
        await Promise.all(tasks);
      },
      'never-starts',
    ));

  it('waits for a thread to be ready no longer than the limit for that', () =>
    withPool({ startMs: 50 }, (pool) => fails(pool.run({ do: 'echo' }), 'trust.timed_out'), 'never-ready'));

  it('refuses what waits and runs when it is closed, and everything after', async () => {
    const pool = createPool(entry('any'), LIMITS);
    const tasks = [
      fails(pool.run({ do: 'loop' }), 'trust.verifier_failed'),
      fails(pool.run({}), 'trust.verifier_failed'),
    ];
    await pool.close();
    await Promise.all(tasks);
    await fails(pool.run({ do: 'echo' }), 'trust.verifier_failed');
  });
});
