import type { AppendRecord } from '../decision/ports.ts';
import type { Schedule } from '../durable/schedule.ts';
import { type Clock, type Milliseconds, rfc3339 } from '../model/clock.ts';
import type { RecordDraft } from '../model/record.ts';

/** Where counted refusals go, and the effects that counting needs. */
export type RefusalOptions = {
  readonly append: AppendRecord;
  readonly now: Clock;
  readonly schedule: Schedule;
  /** Gives the ids of records: UUIDs of version 7. */
  readonly newId: () => string;
};

/**
 * Counts refusals of strangers and shed requests: one record per code and second, however many there are, so that whoever cannot even
 * identify himself cannot fill the disk.
 */
export type RefusalCounter = {
  /** Counts one. Costs nothing but memory, of which there is a bound; never throws. */
  readonly count: (code: string) => void;
  /** Writes what is counted and not written yet; to be called before the log is closed. What the log refuses then is lost. */
  readonly close: () => Promise<void>;
};

/** Different codes in one second; the codes are ours, and more than this many is a defect that must not cost disk. */
const MAX_CODES = 64;
/** Counts that wait while the log does not take them. Beyond, they are added up in the last one of their code, or in `OTHER`. */
const MAX_WAITING = 1024;
const OTHER = 'refusal.other';
const SECOND: Milliseconds = 1000;

type Count = { readonly code: string; readonly second: number; count: number };

/**
 * A counter that writes each code's count once its second is over. While the log refuses, counts wait, at most 1024, and are tried
 * again with the next second's.
 */
export function createRefusalCounter(options: RefusalOptions): RefusalCounter {
  /** Of the second that runs, by code. */
  let current = new Map<string, Count>();
  let second = 0;
  /** Of seconds that are over. */
  let waiting: Count[] = [];
  let cancel: (() => void) | undefined;
  let writing: Promise<void> = Promise.resolve();
  let closed = false;

  function secondOf(time: Milliseconds): number {
    return Math.floor(time / SECOND);
  }

  function turn(): void {
    for (const count of current.values()) keep(count);
    current = new Map();
  }

  function keep(count: Count): void {
    if (waiting.length < MAX_WAITING) {
      waiting.push(count);
      return;
    }
    const like = waiting.findLast(({ code }) => code === count.code) ?? waiting.findLast(({ code }) => code === OTHER);
    if (like !== undefined) like.count += count.count;
    else waiting[waiting.length - 1] = { ...count, code: OTHER, count: count.count + (waiting.at(-1)?.count ?? 0) };
  }

  async function write(): Promise<void> {
    const counts = waiting;
    waiting = [];
    await Promise.all(
      counts.map((count) =>
        // The log says itself why it refuses; the count is tried again with the next second's.
        options.append(draft(count)).then(
          () => undefined,
          () => keep(count),
        ),
      ),
    );
  }

  function draft({ code, count, second: of }: Count): RecordDraft {
    const body = { code, count, second: rfc3339(of * SECOND) };
    return { kind: 'refusal', id: options.newId(), time: rfc3339(options.now()), body };
  }

  function later(): void {
    if (closed || cancel !== undefined) return;
    const untilNext = SECOND - (options.now() % SECOND);
    cancel = options.schedule(untilNext, () => {
      cancel = undefined;
      if (secondOf(options.now()) !== second) turn();
      writing = writing.then(write).then(() => {
        if (current.size > 0 || waiting.length > 0) later();
      });
    });
  }

  return {
    count(code) {
      if (closed) return;
      const now = secondOf(options.now());
      if (now !== second) {
        turn();
        second = now;
      }
      const known = current.get(code) ?? (current.size >= MAX_CODES ? current.get(OTHER) : undefined);
      if (known !== undefined) {
        known.count += 1;
        return;
      }
      const name = current.size >= MAX_CODES ? OTHER : code;
      current.set(name, { code: name, second, count: 1 });
      later();
    },
    async close() {
      if (closed) return;
      closed = true;
      cancel?.();
      await writing;
      turn();
      await write();
    },
  };
}
