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
  let waiting: ShelfEvent[] = [];
  let lost = 0;
  let writing: Promise<boolean> | undefined;
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

  async function writeAll(): Promise<boolean> {
    for (let event = waiting[0]; event !== undefined; event = waiting[0]) {
      if (!(await write(event))) return false;
      // It may have given way meanwhile.
      if (waiting[0] === event) waiting.shift();
    }
    return true;
  }

  /** One at a time; whoever asks meanwhile is told of the same. */
  function flush(): Promise<boolean> {
    cancel?.();
    cancel = undefined;
    writing ??= writeAll().then((all) => {
      writing = undefined;
      if (all) delay = FIRST_RETRY_MS;
      else if (!closed) {
        cancel = schedule(delay, () => void flush());
        delay = Math.min(delay * 2, LAST_RETRY_MS);
      }
      return all;
    });
    return writing;
  }

  function giveWay(): void {
    if (waiting.length <= MAX_WAITING) return;
    // The first is being written.
    const at = waiting.findIndex(({ type }, index) => index > 0 && type === 'refused');
    waiting = waiting.filter((_, index) => index !== Math.max(at, 1));
    lost += 1;
  }

  return {
    activation: async (event) => (await flush()) && (await write(event)),
    later: (event) => {
      waiting.push(event);
      giveWay();
      // After a failure the timer tries again: each event that comes need not.
      if (cancel === undefined) void flush();
    },
    close: async () => {
      closed = true;
      cancel?.();
      if (waiting.length > 0 || writing !== undefined) await flush();
    },
  };
}
