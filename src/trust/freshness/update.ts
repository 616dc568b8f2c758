import type { SharedState, StateEntry } from '../../model/shared-state.ts';
import { refusal } from '../failure.ts';

/** What an update decides on the entry that it finds: the value to write, or none, and what its caller is told. */
type Decided<T> = { readonly write?: string; readonly result: T };

/** Reads, decides and writes one key; decides again where somebody else was first. */
export type Update = <T>(key: string, decide: (entry: StateEntry | undefined) => Decided<T>) => Promise<T>;

/** Each lost race means that another writer got on, so replicas settle long before; past it the store itself is at fault. */
const MAX_TRIES = 64;

/**
 * Updates over a store. Those of one key take turns within this process, so that only replicas compete.
 *
 * The update throws CodedError `state.*` as the store does, and `trust.state_unavailable` after 64 lost races.
 */
export function createUpdate(state: SharedState): Update {
  const turns = new Map<string, Promise<unknown>>();
  return (key, decide) => {
    const before = turns.get(key) ?? Promise.resolve();
    const run = before.then(
      () => updateOnce(state, key, decide),
      () => updateOnce(state, key, decide),
    );
    turns.set(key, run);
    const done = (): void => {
      if (turns.get(key) === run) turns.delete(key);
    };
    run.then(done, done);
    return run;
  };
}

async function updateOnce<T>(
  state: SharedState,
  key: string,
  decide: (entry: StateEntry | undefined) => Decided<T>,
): Promise<T> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const entry = await state.read(key);
    const { write, result } = decide(entry);
    if (write === undefined || (await state.compareAndSet(key, entry?.revision ?? 0, write))) return result;
  }
  throw refusal('state_unavailable', `the entry ${key} was changed by others ${MAX_TRIES} times in a row`);
}
