import assert from 'node:assert/strict';
import { createGate, mapAtMost } from '../../src/durable/at-most.ts';

/** Work that ends when the test says so. */
function work() {
  const begun: number[] = [];
  const ends = new Map<number, () => void>();
  return {
    begun,
    run: (item: number) =>
      new Promise<string>((resolve) => {
        begun.push(item);
        ends.set(item, () => resolve(`${item}`));
      }),
    end: async (item: number) => {
      ends.get(item)?.();
      // What waits begins behind the promise that ended.
      for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
    },
  };
}

describe('so many at a time', () => {
  it('maps in order, with no more under way than allowed', async () => {
    const { begun, run, end } = work();
    const mapped = mapAtMost(2, [1, 2, 3, 4], run);
    assert.deepEqual(begun, [1, 2]);
    await end(2);
    assert.deepEqual(begun, [1, 2, 3]);
    await end(1);
    await end(3);
    await end(4);
    assert.deepEqual(await mapped, ['1', '2', '3', '4']);
    assert.deepEqual(await mapAtMost(8, [], run), []);
  });

  it('hands on what one of them throws', async () => {
    await assert.rejects(
      mapAtMost(2, [1, 2, 3], async (item) => {
        if (item === 2) throw new Error('two');
        return item;
      }),
      /two/,
    );
  });

  it('lets through a gate what has waited longest, also after one that failed', async () => {
    const { begun, run, end } = work();
    const gate = createGate(1);
    const first = gate(() => run(1));
    const failing = gate(async () => Promise.reject(new Error('no')));
    const third = gate(() => run(3));
    const fourth = gate(() => run(4));
    failing.catch(() => undefined);
    assert.deepEqual(begun, [1]);
    await end(1);
    assert.deepEqual(begun, [1, 3]);
    await assert.rejects(failing, /no/);
    await end(3);
    await end(4);
    assert.deepEqual(await Promise.all([first, third, fourth]), ['1', '3', '4']);
    assert.equal(await gate(async () => 'free again'), 'free again');
  });

  it('forgets what has gone through, however many there are', async () => {
    const gate = createGate(3);
    const done = await Promise.all(Array.from({ length: 5000 }, (_, index) => gate(async () => index)));
    assert.deepEqual(
      done,
      Array.from({ length: 5000 }, (_, index) => index),
    );
  });
});
