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

  it('are tried once more at the end', async () => {
    const { time, log, records, written } = world();
    log.broken = true;
    records.later(event('one'));
    await records.activation(event('two', 'activated'));
    await records.close();
    assert.deepEqual([written, time.waiting()], [[], []]);
  });
});
