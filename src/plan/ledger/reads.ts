import type { SharedState, StateEntry } from '../../model/shared-state.ts';

/** Reads an entry as it is at the time of the call, or later. */
export type ReadEntry = (key: string) => Promise<StateEntry | undefined>;

/**
 * Reads of one key that come while another is under way share the next one: thousands of calls of one plan ask the store as often as it
 * can answer, and no answer is older than its question.
 */
export function createReads(state: Pick<SharedState, 'read'>): ReadEntry {
  const running = new Map<string, Promise<unknown>>();
  const queued = new Map<string, Promise<StateEntry | undefined>>();

  function begin(key: string): Promise<StateEntry | undefined> {
    const read = state.read(key);
    const done = read.then(
      () => undefined,
      () => undefined,
    );
    running.set(key, done);
    void done.then(() => {
      if (running.get(key) === done) running.delete(key);
    });
    return read;
  }

  return (key) => {
    const before = running.get(key);
    if (before === undefined) return begin(key);
    const waiting = queued.get(key);
    if (waiting !== undefined) return waiting;
    const next = before.then(() => {
      queued.delete(key);
      return begin(key);
    });
    queued.set(key, next);
    return next;
  };
}
