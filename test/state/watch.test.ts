import assert from 'node:assert/strict';
import type { Schedule } from '../../src/durable/schedule.ts';
import type { SharedState } from '../../src/model/shared-state.ts';
import { stateFailure } from '../../src/state/failure.ts';
import { memoryState } from '../../src/state/memory.ts';
import { type StateHealth, type StateWatch, watchState } from '../../src/state/watch.ts';

const EVERY = 5000;
const PATIENCE = 30_000;

describe('the looks at a store', () => {
  /** Runs that are due after so many milliseconds, in the test's hands. */
  let due: { delay: number; run: () => void }[];
  let told: (string | undefined)[];
  let reads: PromiseWithResolvers<undefined>[];
  let watch: StateWatch;

  const schedule: Schedule = (delay, run) => {
    const timer = { delay, run };
    due.push(timer);
    return () => {
      due = due.filter((other) => other !== timer);
    };
  };
  const store: SharedState = {
    ...memoryState({ max_entries: 10, max_bytes: 65_536 }),
    read: () => {
      const read = Promise.withResolvers<undefined>();
      reads.push(read);
      return read.promise;
    },
  };
  const codeOf = (health: StateHealth) => (health.kind === 'failed' ? health.code : undefined);
  const delays = () => due.map(({ delay }) => delay);
  function fire(delay: number): void {
    const timer = due.find((other) => other.delay === delay);
    assert.ok(timer !== undefined, `nothing is due after ${delay} ms`);
    due = due.filter((other) => other !== timer);
    timer.run();
  }
  /** One look, answered. */
  async function look(answer?: unknown): Promise<void> {
    fire(EVERY);
    const read = reads.at(-1);
    if (answer === undefined) read?.resolve(undefined);
    else read?.reject(answer);
    await settled();
  }
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  beforeEach(() => {
    [due, told, reads] = [[], [], []];
    watch = watchState(store, { schedule, onChange: (now) => told.push(codeOf(now)) });
  });

  it('count a store as ready that was opened, and tell nothing while it is', async () => {
    assert.deepEqual([watch.health(), reads.length], [{ kind: 'ready' }, 0]);
    await look();
    await look();
    assert.deepEqual([watch.health(), told, reads.length, delays()], [{ kind: 'ready' }, [], 2, [EVERY]]);
  });

  it('tell once that it failed, again where the reason is another, and that it is back', async () => {
    const lost = stateFailure('lost', 'it is gone');
    await look(lost);
    assert.deepEqual(watch.health(), { kind: 'failed', code: 'state.lost', message: 'it is gone', cause: lost });
    await look(lost);
    await look(stateFailure('unavailable', 'it does not answer'));
    await look();
    assert.deepEqual(watch.health(), { kind: 'ready' });
    assert.deepEqual(told, ['state.lost', 'state.unavailable', undefined]);
  });

  it('say nothing in public of what nobody foresaw', async () => {
    const secret = new Error('secret');
    await look(secret);
    const health = watch.health();
    assert.ok(health.kind === 'failed' && health.cause === secret);
    assert.deepEqual([health.code, health.message.includes('secret')], ['state.failed', false]);
  });

  it('fail where no answer comes, begin no other meanwhile, and take the answer when it comes', async () => {
    fire(EVERY);
    assert.deepEqual(delays(), [PATIENCE]);
    fire(PATIENCE);
    assert.deepEqual([codeOf(watch.health()), told, delays()], ['state.unavailable', ['state.unavailable'], []]);
    reads[0]?.resolve(undefined);
    await settled();
    assert.deepEqual([codeOf(watch.health()), told, delays()], [undefined, ['state.unavailable', undefined], [EVERY]]);
  });

  it('end when told, also those under way', async () => {
    fire(EVERY);
    watch.close();
    assert.deepEqual(delays(), []);
    reads[0]?.reject(stateFailure('closed', 'it was closed'));
    await settled();
    assert.deepEqual([watch.health(), told, delays()], [{ kind: 'ready' }, [], []]);
  });
});
