import assert from 'node:assert/strict';
import { createShelfRecords } from '../../src/document/shelf-records.ts';
import type { ShelfEvent } from '../../src/document/shelved.ts';
import { sha256 } from '../../src/model/digest.ts';
import { timetable } from './timetable.ts';

function event(source: string, type: ShelfEvent['type'] = 'refused'): ShelfEvent {
  return { type, kind: 'plan', digest: sha256(source), source, failed: [], message: source, alarm: false };
}

describe('the records of a shelf', () => {
  function world() {
    const written: string[] = [];
    const failures: unknown[] = [];
    const time = timetable();
    const log = { broken: false };
    const records = createShelfRecords(
      async ({ message }) => {
        if (log.broken) throw new Error('full');
        written.push(message);
      },
      time.schedule,
      (error) => failures.push(error),
    );
    return { written, failures, time, log, records };
  }

  it('keep the order, and an activation waits for what was before', async () => {
    const { written, log, records, failures } = world();
    log.broken = true;
    records.later(event('one'));
    assert.equal(await records.activation(event('two', 'activated')), false);
    log.broken = false;
    records.later(event('three'));
    assert.equal(await records.activation(event('four', 'activated')), true);
    assert.deepEqual(written, ['one', 'three', 'four']);
    assert.ok(failures.length > 0);
  });

  it('are tried again, each time after twice as long, a minute at most', async () => {
    const { time, log, records, written } = world();
    log.broken = true;
    records.later(event('one'));
    for (const delay of [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]) {
      // A writing that failed is over some turns of the loop later.
      await new Promise<void>((resolve) => setImmediate(resolve));
      assert.deepEqual(time.waiting(), [delay]);
      time.advance(delay);
    }
    await new Promise<void>((resolve) => setImmediate(resolve));
    log.broken = false;
    time.advance(60_000);
    await records.close();
    assert.deepEqual(written, ['one']);
  });

  it('let refusals give way where there are too many, and say how many did', async () => {
    const { log, records, written } = world();
    log.broken = true;
    records.later(event('first'));
    records.later(event('withdrawal', 'withdrawn'));
    for (let index = 0; index < 10_003; index += 1) records.later(event(`${index}`));
    await new Promise<void>((resolve) => setImmediate(resolve));
    log.broken = false;
    assert.equal(await records.activation(event('last', 'activated')), true);
    assert.deepEqual(written.slice(0, 3), ['first (5 events before could not be recorded)', 'withdrawal', '5']);
    assert.equal(written.length, 10_001);
    assert.deepEqual(written.slice(-2), ['10002', 'last']);
  });

  it('are written whenever they come, also as the one before has just been', async () => {
    for (let steps = 0; steps < 12; steps += 1) {
      const { written, records } = world();
      records.later(event('one'));
      for (let step = 0; step < steps; step += 1) await Promise.resolve();
      records.later(event('two'));
      await new Promise<void>((resolve) => setImmediate(resolve));
      assert.deepEqual(written, ['one', 'two'], `after ${steps} steps`);
    }
  });

  it('are written one at a time, activations among them', async () => {
    const written: string[] = [];
    let begun = 0;
    const { promise: hung, resolve: go } = Promise.withResolvers<void>();
    const records = createShelfRecords(
      async ({ message }) => {
        begun += 1;
        await hung;
        begun -= 1;
        assert.equal(begun, 0, 'two at a time');
        written.push(message);
      },
      timetable().schedule,
      (error) => assert.fail(String(error)),
    );
    const counted = records.activation(event('one', 'activated'));
    await new Promise<void>((resolve) => setImmediate(resolve));
    records.later(event('two'));
    const another = records.activation(event('three', 'activated'));
    await new Promise<void>((resolve) => setImmediate(resolve));
    go();
    assert.deepEqual([await counted, await another], [true, true]);
    await records.close();
    assert.deepEqual(written, ['one', 'two', 'three']);
  });

  it('of an activation that failed never come later', async () => {
    const { written, time, log, records } = world();
    log.broken = true;
    assert.equal(await records.activation(event('one', 'activated')), false);
    records.later(event('two'));
    const both = [records.activation(event('three', 'activated')), records.activation(event('four', 'activated'))];
    assert.deepEqual(await Promise.all(both), [false, false]);
    log.broken = false;
    time.advance(60_000);
    await records.close();
    assert.deepEqual(written, ['two']);
  });

  it('are tried once more at the end', async () => {
    const { time, log, records, written } = world();
    log.broken = true;
    records.later(event('one'));
    await records.activation(event('two', 'activated'));
    await records.close();
    assert.deepEqual([written, time.waiting()], [[], []]);
  });
});
