import assert from 'node:assert/strict';
import { createWake, type Wake } from '../../src/durable/wake.ts';
import { timetable } from '../document/timetable.ts';

describe('waking at the earliest of many times', () => {
  const START = 1_000_000;

  function world() {
    const time = timetable(START);
    const ran: number[] = [];
    const wake: Wake = createWake(time.schedule, time.now, () => ran.push(time.now() - START));
    return { time, ran, wake };
  }

  it('runs once, at the earliest that was wished for, and forgets the others', () => {
    const { time, ran, wake } = world();
    for (const at of [500, 200, 300]) wake.at(START + at);
    time.advance(199);
    assert.deepEqual(ran, []);
    time.advance(1000);
    assert.deepEqual(ran, [200]);
    assert.deepEqual(time.waiting(), []);
  });

  it('runs at once for a time that has passed, and never within the wish', () => {
    const { time, ran, wake } = world();
    wake.at(START - 5);
    assert.deepEqual(ran, []);
    time.advance(0);
    assert.deepEqual(ran, [0]);
  });

  it('waits longer than a timer can', () => {
    const { time, ran, wake } = world();
    const year = 365 * 86_400_000;
    wake.at(START + year);
    assert.ok(time.waiting().every((delay) => delay < 2 ** 31));
    time.advance(year - 1);
    assert.deepEqual(ran, []);
    time.advance(1);
    assert.deepEqual(ran, [year]);
  });

  it('notices that the clock was set, within a minute', () => {
    let offset = 0;
    const time = timetable(START);
    let ran = 0;
    const wake = createWake(
      time.schedule,
      () => time.now() + offset,
      () => {
        ran += 1;
      },
    );
    wake.at(START + 86_400_000);
    offset = 86_400_000;
    time.advance(60_000);
    assert.equal(ran, 1);
  });

  it('does not run before its time, though a timer fires early', () => {
    const timers: (() => void)[] = [];
    let now = 0;
    let ran = 0;
    const wake = createWake(
      (_, run) => {
        timers.push(run);
        return () => undefined;
      },
      () => now,
      () => {
        ran += 1;
      },
    );
    wake.at(100);
    now = 99;
    timers.shift()?.();
    assert.deepEqual([ran, timers.length], [0, 1]);
    now = 100;
    timers.shift()?.();
    assert.equal(ran, 1);
  });

  it('takes no wish that is no time, and none once closed', () => {
    const { time, ran, wake } = world();
    wake.at(Number.POSITIVE_INFINITY);
    wake.at(Number.NaN);
    assert.deepEqual(time.waiting(), []);
    wake.at(START + 10);
    wake.close();
    wake.at(START + 20);
    time.advance(100);
    assert.deepEqual([ran, time.waiting()], [[], []]);
  });
});
