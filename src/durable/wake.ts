import type { Clock, Milliseconds } from '../model/clock.ts';
import type { Schedule } from './schedule.ts';

/** Runs something when a time has come: at the earliest of all that were wished for. */
export type Wake = {
  /** Wishes to be run at a time, or at once where it has passed. A time that is not finite is no wish. */
  readonly at: (time: Milliseconds) => void;
  /** Nothing is run any more. */
  readonly close: () => void;
};

/** The longest wait for one timer: it counts the time that the machine was awake, and the clock may be set meanwhile. */
const LONGEST_MS = 60_000;

/**
 * One timer for many times: however many are wished for, only the earliest is kept, so `run` looks at everything that may be due, and
 * wishes for the next. It is never run before its time by `now`, and times beyond what timers can wait (2^31 ms) are fine.
 */
export function createWake(schedule: Schedule, now: Clock, run: () => void): Wake {
  let next = Number.POSITIVE_INFINITY;
  let cancel: (() => void) | undefined;
  let closed = false;

  function arm(): void {
    cancel?.();
    cancel = schedule(Math.min(Math.max(next - now(), 0), LONGEST_MS), fire);
  }

  function fire(): void {
    cancel = undefined;
    if (closed) return;
    if (now() < next) {
      arm();
      return;
    }
    next = Number.POSITIVE_INFINITY;
    run();
  }

  return {
    at: (time) => {
      // Not a number is neither less nor more.
      if (closed || !(time < next)) return;
      next = time;
      arm();
    },
    close: () => {
      closed = true;
      cancel?.();
      cancel = undefined;
    },
  };
}
