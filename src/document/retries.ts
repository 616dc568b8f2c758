import type { Schedule } from '../durable/schedule.ts';
import { createWake } from '../durable/wake.ts';
import type { Clock, Milliseconds } from '../model/clock.ts';
import { type Candidate, parsedOf } from './candidate.ts';
import { CLOCK_SKEW_MS, passesWithDeparture, passesWithTime, type Refusal } from './refusal.ts';

/** Documents that do not count for a reason that may pass, and are tried again. */
export type Retries<Content> = {
  /** It was refused for this: it is tried again when that may have passed, or not at all. */
  readonly want: (candidate: Candidate<Content>, refusal: Refusal) => void;
  /** It is tried again when another document is gone. */
  readonly block: (candidate: Candidate<Content>) => void;
  readonly forget: (candidate: Candidate<Content>) => void;
  /** A document no longer counts: what stood against others may be gone. */
  readonly departed: () => void;
  readonly close: () => void;
};

const FIRST_MS = 5_000;
const LAST_MS = 60_000;

/**
 * @param again tries one; resolves when it was tried, and never rejects
 * @param soon runs something behind everything that waits
 */
export function createRetries<Content>(
  again: (candidate: Candidate<Content>) => Promise<void>,
  soon: (run: () => void) => void,
  schedule: Schedule,
  now: Clock,
): Retries<Content> {
  /** Tried by and by, each time after twice the time of the one before. */
  const timed = new Set<Candidate<Content>>();
  /** Tried when their time has come. */
  const dated = new Map<Candidate<Content>, Milliseconds>();
  const blocked = new Set<Candidate<Content>>();
  const wake = createWake(schedule, now, onDate);
  let delay = FIRST_MS;
  let timer: { readonly delay: number; readonly cancel: () => void } | undefined;
  let trying = false;
  let asked = false;
  let closed = false;

  /** What is to come sooner stays: else whoever makes things fail could put the others off for good. */
  function plan(): void {
    if (timer !== undefined && timer.delay <= delay) return;
    timer?.cancel();
    timer = {
      delay,
      cancel: schedule(delay, () => {
        timer = undefined;
        void tryTimed();
      }),
    };
  }

  async function tryTimed(): Promise<void> {
    delay = Math.min(delay * 2, LAST_MS);
    if (!trying) {
      trying = true;
      await Promise.all([...timed].map(again));
      trying = false;
    }
    if (timed.size > 0) plan();
  }

  function onDate(): void {
    const time = now();
    for (const [candidate, date] of [...dated]) {
      if (date > time) continue;
      dated.delete(candidate);
      void again(candidate);
    }
    let next = Number.POSITIVE_INFINITY;
    for (const date of dated.values()) next = Math.min(next, date);
    wake.at(next);
  }

  /** When it begins to count, which may have come since it was refused; what has expired has no such time. */
  function dateOf(candidate: Candidate<Content>, { failed }: Refusal): Milliseconds | undefined {
    const issued = parsedOf(candidate)?.header.issued;
    const isEarly = failed.some(({ code }) => code === 'document_not_yet_valid');
    return issued !== undefined && isEarly ? issued - CLOCK_SKEW_MS : undefined;
  }

  function forget(candidate: Candidate<Content>): void {
    timed.delete(candidate);
    dated.delete(candidate);
    blocked.delete(candidate);
  }

  return {
    want: (candidate, refusal) => {
      if (closed) return;
      const known = timed.has(candidate);
      forget(candidate);
      const date = dateOf(candidate, refusal);
      if (date !== undefined) {
        dated.set(candidate, date);
        wake.at(date);
      } else if (passesWithTime(refusal)) {
        timed.add(candidate);
        // What failed again waits longer; what has just failed does not wait as long as the others.
        if (!known) delay = FIRST_MS;
        plan();
      }
      if (passesWithDeparture(refusal)) blocked.add(candidate);
    },
    block: (candidate) => blocked.add(candidate),
    forget,
    departed: () => {
      // Once for however many go in a row.
      if (asked || blocked.size === 0) return;
      asked = true;
      soon(() => {
        asked = false;
        for (const candidate of [...blocked]) void again(candidate);
      });
    },
    close: () => {
      closed = true;
      wake.close();
      timer?.cancel();
      timed.clear();
      dated.clear();
      blocked.clear();
    },
  };
}
