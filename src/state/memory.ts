import type { SharedState, StateEntry } from '../model/shared-state.ts';
import type { StateBounds } from './config.ts';
import { stateFailure } from './failure.ts';
import { checkKey, checkPrefix, checkRemoval, checkWrite } from './limits.ts';
import { keysWith, placed, vacated } from './table.ts';

/** State of this process alone, forgotten when it ends: for the demonstration, for commands and tests. `kind` says so. */
export function memoryState(bounds: StateBounds): SharedState {
  const entries = new Map<string, StateEntry>();
  let bytes = 0;
  let closed = false;

  function open(): void {
    if (closed) throw stateFailure('closed', 'The state was closed.', { outcome: 'not_written' });
  }

  const table = () => ({ get: (name: string) => entries.get(name), size: entries.size, bytes });

  return {
    kind: 'memory',
    async read(key) {
      checkKey(key);
      open();
      return entries.get(key);
    },
    async compareAndSet(key, expected, value) {
      checkWrite(key, expected, value);
      open();
      const placement = placed(table(), bounds, key, expected, value);
      if (placement === undefined) return false;
      entries.set(key, placement.entry);
      bytes = placement.bytes;
      return true;
    },
    async remove(key, expected) {
      checkRemoval(key, expected);
      open();
      const left = vacated(table(), key, expected);
      if (left === undefined) return false;
      entries.delete(key);
      bytes = left.bytes;
      return true;
    },
    async list(prefix, limit) {
      checkPrefix(prefix);
      open();
      return keysWith(entries.keys(), prefix, limit);
    },
    async close() {
      closed = true;
      entries.clear();
    },
  };
}
