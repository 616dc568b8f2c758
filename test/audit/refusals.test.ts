import assert from 'node:assert/strict';
import { createRefusalCounter, type RefusalCounter } from '../../src/audit/refusals.ts';
import { sha256 } from '../../src/model/digest.ts';
import type { JsonObject } from '../../src/model/json.ts';
import type { RecordDraft } from '../../src/model/record.ts';
import { manualSchedule } from './open-log.ts';

type Bench = {
  counter: RefusalCounter;
  written: JsonObject[];
  at: (ms: number) => void;
  broken: (is: boolean) => void;
  tick: () => Promise<void>;
  timers: () => number;
};

function bench(): Bench {
  const written: JsonObject[] = [];
  const { schedule, fire, pending } = manualSchedule();
  let now = 0;
  let broken = false;
  let id = 0;
  const append = async (draft: RecordDraft): ReturnType<Parameters<typeof createRefusalCounter>[0]['append']> => {
    if (broken) throw new Error('the log has failed');
    assert.equal(draft.kind, 'refusal');
    written.push(draft.body);
    return { origin: 'o', index: written.length - 1, leaf: sha256('') };
  };
  const newId = (): string => `id-${id++}`;
  return {
    counter: createRefusalCounter({ append, now: () => now, schedule, newId }),
    written,
    at: (ms) => {
      now = ms;
    },
    broken: (is) => {
      broken = is;
    },
    async tick() {
      fire();
      for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    },
    timers: pending,
  };
}

const total = (bodies: readonly JsonObject[]): number => bodies.reduce((sum, { count }) => sum + Number(count), 0);

describe('counted refusals', () => {
  it('are one record per code and second, however many they are', async () => {
    const { counter, written, at, tick, timers } = bench();
    at(10_000);
    for (let n = 0; n < 50_000; n += 1) counter.count('http.unauthenticated');
    counter.count('http.overloaded');
    assert.deepEqual([written.length, timers()], [0, 1]);
    at(11_000);
    counter.count('http.unauthenticated');
    await tick();
    at(12_000);
    await tick();
    const [ten, eleven] = ['1970-01-01T00:00:10.000Z', '1970-01-01T00:00:11.000Z'];
    assert.deepEqual(written, [
      { code: 'http.unauthenticated', count: 50_000, second: ten },
      { code: 'http.overloaded', count: 1, second: ten },
      { code: 'http.unauthenticated', count: 1, second: eleven },
    ]);
    assert.equal(timers(), 0, 'nothing wakes the process without refusals');
  });

  it('are written when the counter closes, and no longer counted then', async () => {
    const { counter, written, tick } = bench();
    counter.count('a');
    await counter.close();
    counter.count('b');
    await counter.close();
    await tick();
    assert.deepEqual(written, [{ code: 'a', count: 1, second: '1970-01-01T00:00:00.000Z' }]);
  });

  it('wait while the log has failed, in bounded memory, and none is lost', async () => {
    const { counter, written, at, broken, tick } = bench();
    broken(true);
    for (let second = 0; second < 40; second += 1) {
      at(second * 1000);
      for (let code = 0; code < 40; code += 1) counter.count(`code.${code}`);
      await tick();
    }
    broken(false);
    at(2_000_000);
    await tick();
    assert.equal(written.length, 1024);
    assert.equal(total(written), 1600);
  });

  it('fold codes beyond a bound into one', async () => {
    const { counter, written } = bench();
    for (let n = 0; n < 500; n += 1) counter.count(`code.${n}`);
    await counter.close();
    assert.equal(written.length, 65);
    assert.equal(total(written), 500);
    assert.equal(written.find(({ code }) => code === 'refusal.other')?.count, 436);
  });
});
