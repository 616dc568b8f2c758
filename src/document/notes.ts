import type { Schedule } from '../durable/schedule.ts';
import type { Candidate } from './candidate.ts';
import type { Refusal } from './refusal.ts';
import { refusalEventOf } from './shelf-event.ts';
import type { ShelfRecords } from './shelf-records.ts';

/** Sees to it that each refusal and withdrawal is recorded, and the same one once. */
export type Notes<Content> = {
  /** Of what a source offers now. Where half of a pair came, it is recorded unless the other half comes as well. */
  readonly ofCurrent: (candidate: Candidate<Content>, type: 'refused' | 'withdrawn', refusal: Refusal) => void;
  /** Of anything else. */
  readonly ofAny: (candidate: Candidate<Content>, type: 'refused' | 'withdrawn', refusal: Refusal) => void;
  /** Nothing that was held back at this source is recorded any more: the other half came. */
  readonly forgive: (source: string) => void;
  /** Hands over what is held back. */
  readonly close: () => void;
};

/** How long the other half of a pair may take. */
const PATIENCE_MS = 2_000;

export function createNotes<Content>(records: Pick<ShelfRecords, 'later'>, schedule: Schedule): Notes<Content> {
  const heldBack = new Map<string, { report: () => void; readonly cancel: () => void }>();

  function forgive(source: string): void {
    heldBack.get(source)?.cancel();
    heldBack.delete(source);
  }

  function tell(source: string): void {
    const held = heldBack.get(source);
    forgive(source);
    held?.report();
  }

  /** What recording it comes to; undefined where the same was recorded before. */
  function reportOf(candidate: Candidate<Content>, type: 'refused' | 'withdrawn', refusal: Refusal) {
    const key = JSON.stringify(refusal.failed);
    if (candidate.noted === key) return undefined;
    const event = refusalEventOf(type, candidate, refusal);
    return (): void => {
      candidate.noted = key;
      records.later(event);
    };
  }

  return {
    ofCurrent: (candidate, type, refusal) => {
      const report = reportOf(candidate, type, refusal);
      if (report === undefined) return;
      const { source } = candidate;
      if (!candidate.half || type === 'withdrawn' || refusal.cause !== 'signatures') {
        forgive(source);
        report();
        return;
      }
      const held = heldBack.get(source);
      // The wait is from the first of them on, however often the halves change.
      if (held !== undefined) held.report = report;
      else heldBack.set(source, { report, cancel: schedule(PATIENCE_MS, () => tell(source)) });
    },
    ofAny: (candidate, type, refusal) => reportOf(candidate, type, refusal)?.(),
    forgive,
    close: () => {
      for (const source of [...heldBack.keys()]) tell(source);
    },
  };
}
