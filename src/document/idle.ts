import type { Clock } from '../model/clock.ts';
import { type Candidate, parsedOf } from './candidate.ts';
import type { Refusal } from './refusal.ts';
import type { IdleDocument } from './shelved.ts';

/** The documents that are here and do not count. */
export type IdleDocuments<Content> = {
  /** It does not count from now on, for this reason; false where that was so before. */
  readonly set: (candidate: Candidate<Content>, state: IdleDocument<Content>['state'], refusal: Refusal) => boolean;
  /** It counts, or is gone. */
  readonly remove: (candidate: Candidate<Content>) => void;
  readonly list: () => readonly IdleDocument<Content>[];
};

export function createIdleDocuments<Content>(now: Clock): IdleDocuments<Content> {
  const all = new Set<Candidate<Content>>();
  let listed: readonly IdleDocument<Content>[] | undefined;
  return {
    set: (candidate, state, { failed, message }) => {
      const { source, digest, idle: before } = candidate;
      if (before?.state === state && JSON.stringify(before.failed) === JSON.stringify(failed)) return false;
      const parsed = parsedOf(candidate);
      const since = before?.state === state ? before.since : now();
      candidate.idle = { source, state, digest, ...(parsed !== undefined && { parsed }), failed, message, since };
      all.add(candidate);
      listed = undefined;
      return true;
    },
    remove: (candidate) => {
      candidate.idle = undefined;
      if (all.delete(candidate)) listed = undefined;
    },
    list: () => {
      listed ??= [...all].flatMap((candidate) => candidate.idle ?? []);
      return listed;
    },
  };
}
