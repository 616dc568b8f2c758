import type { Clock } from '../../model/clock.ts';
import { isJsonObject, member } from '../../model/json.ts';
import { MAX_STATE_VALUE_BYTES, PASSING_PREFIX, type SharedState, type StateEntry } from '../../model/shared-state.ts';
import { parseStrictJsonText } from '../../model/strict-json.ts';

/**
 * What was spent is kept so long after the plan's end: a clock that is wrong by less, here or at another replica, makes no step spendable
 * again.
 */
export const CLEAR_AFTER_MS = 86_400_000;
/** Keys looked at in one go. */
const MAX_KEYS = 1_000_000;

/** Removes what has ended. @returns how many entries were removed @throws CodedError `state.*` */
export type ClearEnded = (stopped?: () => boolean) => Promise<number>;

/**
 * Removes from the store what ended more than a day ago: every passing entry says in `until` when that is. Only what had ended at the look
 * before as well: a clock that is wrong for a moment clears nothing. Replicas may do so at the same time.
 */
export function createClearing(state: Pick<SharedState, 'list' | 'read' | 'remove'>, now: Clock): ClearEnded {
  let before: ReadonlySet<string> = new Set();
  return async (stopped = () => false) => {
    const ended = new Set<string>();
    let removed = 0;
    for (const key of await state.list(PASSING_PREFIX, MAX_KEYS)) {
      if (stopped()) break;
      const entry = await state.read(key);
      if (entry === undefined || !hasEnded(entry, now)) continue;
      if (before.has(key) && (await state.remove(key, entry.revision))) removed += 1;
      else ended.add(key);
    }
    before = ended;
    return removed;
  };
}

/** An entry that does not say when it ends stays: it is torn, and that must show. */
function hasEnded({ value }: StateEntry, now: Clock): boolean {
  try {
    const stored = parseStrictJsonText(value, { maxBytes: MAX_STATE_VALUE_BYTES, maxDepth: 8 });
    const until = isJsonObject(stored) ? member(stored, 'until') : undefined;
    return typeof until === 'number' && now() > until + CLEAR_AFTER_MS;
  } catch {
    return false;
  }
}
