import type { Schedule } from '../durable/schedule.ts';

/** Attempts at what failed for a reason that passes, each after twice the time of the one before. */
type Retries = {
  /** There is something to try again. */
  readonly want: () => void;
  readonly close: () => void;
};

const FIRST_MS = 15_000;
const LAST_MS = 600_000;

/** Retries by `attempt`, which tells whether nothing is left to try, and never throws. */
export function createRetries(schedule: Schedule, attempt: () => Promise<boolean>): Retries {
  let delay = FIRST_MS;
  let cancel: (() => void) | undefined;
  let closed = false;

  function want(): void {
    if (closed || cancel !== undefined) return;
    cancel = schedule(delay, () => {
      void attempt().then((settled) => {
        cancel = undefined;
        delay = settled ? FIRST_MS : Math.min(delay * 2, LAST_MS);
        if (!settled) want();
      });
    });
  }

  return {
    want,
    close: () => {
      closed = true;
      cancel?.();
    },
  };
}
