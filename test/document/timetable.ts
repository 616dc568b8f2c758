import type { Schedule } from '../../src/durable/schedule.ts';
import type { Clock, Milliseconds } from '../../src/model/clock.ts';

/** A clock that stands still, and timers that wait for it. */
export type Timetable = {
  readonly now: Clock;
  readonly schedule: Schedule;
  /** Moves on, and runs what is due by then, in order. */
  readonly advance: (milliseconds: Milliseconds) => void;
  /** Sets the clock back to where it began; the timers that wait stay as long as they had to. */
  readonly restart: () => void;
  /** The delays of the timers that wait. */
  readonly waiting: () => readonly Milliseconds[];
};

export function timetable(start: Milliseconds = Date.parse('2026-11-21T14:00:00Z')): Timetable {
  let time = start;
  let planned: { readonly at: Milliseconds; readonly run: () => void }[] = [];
  return {
    now: () => time,
    schedule: (delay, run) => {
      // Its own, though the same function is planned twice.
      const own = () => run();
      planned.push({ at: time + delay, run: own });
      return () => {
        planned = planned.filter((one) => one.run !== own);
      };
    },
    advance: (milliseconds) => {
      const end = time + milliseconds;
      for (;;) {
        const due = planned.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)[0];
        if (due === undefined) break;
        planned = planned.filter((one) => one !== due);
        time = Math.max(time, due.at);
        due.run();
      }
      time = end;
    },
    restart: () => {
      planned = planned.map(({ at, run }) => ({ at: at - time + start, run }));
      time = start;
    },
    waiting: () => planned.map(({ at }) => at - time),
  };
}
