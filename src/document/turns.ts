import type { Clock, Milliseconds } from '../model/clock.ts';
import { createListeners } from '../trust/listeners.ts';

/** One thing at a time, in the order of the wishes, and whoever wants to hear of changes. */
export type Turns = {
  /** Runs when its turn has come. */
  readonly take: <Result>(run: () => Promise<Result>) => Promise<Result>;
  /** Something has changed: the listeners are told when this turn ends, or where more are waiting, within a second. */
  readonly changed: () => void;
  /** Something that held holds no longer, or otherwise: the generation is another one at once. */
  readonly fell: () => void;
  /** Another number after each `fell`. */
  readonly generation: () => number;
  readonly onChange: (listener: () => void) => () => void;
  /** Resolves when nothing is under way and nothing waits. Nobody is told any more. */
  readonly close: () => Promise<void>;
};

/** Listeners may look at everything, so that while much changes they are told once in so many milliseconds. */
const TOLD_MS = 1_000;

export function createTurns(now: Clock, onFailure: (error: unknown) => void): Turns {
  const listeners = createListeners<void>((_, cause) => onFailure(cause));
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let dirty = false;
  let falls = 0;
  let told: Milliseconds = Number.NEGATIVE_INFINITY;

  function tell(): void {
    if (!dirty || (waiting > 0 && Math.abs(now() - told) < TOLD_MS)) return;
    dirty = false;
    told = now();
    listeners.tell();
  }

  return {
    take: (run) => {
      waiting += 1;
      const turn = last.then(async () => {
        waiting -= 1;
        try {
          return await run();
        } finally {
          tell();
        }
      });
      last = turn.catch(() => undefined);
      return turn;
    },
    changed: () => {
      dirty = true;
    },
    fell: () => {
      falls += 1;
    },
    generation: () => falls,
    onChange: listeners.add,
    close: async () => {
      for (let before: Promise<unknown> | undefined; before !== last; ) {
        before = last;
        await before;
      }
      listeners.clear();
    },
  };
}
