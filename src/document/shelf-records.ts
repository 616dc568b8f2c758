import type { Schedule } from '../durable/schedule.ts';
import type { ShelfEvent } from './shelved.ts';

/** Records of what becomes of documents, in the order of what happened. */
export type ShelfRecords = {
  /** Resolves to true once an activation, and all before it, is recorded; to false where that fails, and then it may not count. */
  readonly activation: (event: ShelfEvent) => Promise<boolean>;
  /** Records what has taken effect already, as soon as that can be. */
  readonly later: (event: ShelfEvent) => void;
  /** Tries once more to write what is left. */
  readonly close: () => Promise<void>;
};

/** An event in its order; whoever waits for an activation is told what came of it. */
type Waiting = { readonly event: ShelfEvent; readonly recorded?: (isRecorded: boolean) => void };

/** Events that wait to be recorded; beyond, refusals give way, and the next record says how many. */
const MAX_WAITING = 10_000;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;

/** @param onFailure told what a record failed with, for the log */
export function createShelfRecords(
  record: (event: ShelfEvent) => Promise<void>,
  schedule: Schedule,
  onFailure: (error: unknown) => void,
): ShelfRecords {
  let waiting: Waiting[] = [];
  let lost = 0;
  /** Cleared in the very step in which the queue was seen empty, so that nothing that comes is left without a writer. */
  let isWriting = false;
  /** Of the last writing. */
  let written: Promise<void> = Promise.resolve();
  let delay = FIRST_RETRY_MS;
  let cancel: (() => void) | undefined;
  let closed = false;

  async function write(event: ShelfEvent): Promise<boolean> {
    const untold = lost;
    try {
      await record(
        untold === 0
          ? event
          : { ...event, message: `${event.message} (${untold} events before could not be recorded)` },
      );
      lost -= untold;
      return true;
    } catch (error) {
      onFailure(error);
      return false;
    }
  }

  async function writeAll(): Promise<void> {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      if (!(await write(next.event))) {
        isWriting = false;
        giveUp();
        return;
      }
      waiting.shift();
      next.recorded?.(true);
    }
    isWriting = false;
    delay = FIRST_RETRY_MS;
  }

  /** Activations do not wait: they are refused, which is an event of its own. The rest is tried again. */
  function giveUp(): void {
    const refused = waiting.filter(({ recorded }) => recorded !== undefined);
    waiting = waiting.filter(({ recorded }) => recorded === undefined);
    if (waiting.length > 0 && !closed) {
      cancel = schedule(delay, flush);
      delay = Math.min(delay * 2, LAST_RETRY_MS);
    }
    for (const { recorded } of refused) recorded?.(false);
  }

  /** One writer at a time, which writes what comes meanwhile as well. */
  function flush(): void {
    cancel?.();
    cancel = undefined;
    if (isWriting) return;
    isWriting = true;
    written = writeAll();
  }

  function giveWay(): void {
    if (waiting.length <= MAX_WAITING) return;
    // The first is being written, and somebody waits for activations.
    const mayGo = ({ recorded }: Waiting, index: number): boolean => index > 0 && recorded === undefined;
    const refused = waiting.findIndex((one, index) => mayGo(one, index) && one.event.type === 'refused');
    const at = refused >= 0 ? refused : waiting.findIndex(mayGo);
    if (at < 0) return;
    waiting = waiting.filter((_, index) => index !== at);
    lost += 1;
  }

  return {
    activation: (event) =>
      new Promise((recorded) => {
        waiting.push({ event, recorded });
        flush();
      }),
    later: (event) => {
      waiting.push({ event });
      giveWay();
      // After a failure the timer tries again: each event that comes need not.
      if (cancel === undefined) flush();
    },
    close: async () => {
      closed = true;
      cancel?.();
      await written;
      if (waiting.length > 0) flush();
      await written;
    },
  };
}
