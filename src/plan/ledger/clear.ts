import type { Clock } from '../../model/clock.ts';
import { isJsonObject, member } from '../../model/json.ts';
import type { SharedState, StateEntry } from '../../model/shared-state.ts';
import { PASSING_PREFIX } from '../../model/shared-state.ts';
import { parseStrictJsonText } from '../../model/strict-json.ts';

/** Replicas' clocks may differ by so much, and a plan that ended by one of them may still hold by another. */
export const CLEAR_AFTER_MS = 3_600_000;
/** Keys looked at in one go. */
const MAX_KEYS = 1_000_000;

/**
 * Removes from the store what has ended more than an hour ago: every passing entry says in `until` when that is. Replicas may do so at the
 * same time.
 *
 * @returns how many entries were removed
 * @throws CodedError `state.*`
 */
export async function clearEnded(
  state: Pick<SharedState, 'list' | 'read' | 'remove'>,
  now: Clock,
  stopped: () => boolean = () => false,
): Promise<number> {
  let removed = 0;
  for (const key of await state.list(PASSING_PREFIX, MAX_KEYS)) {
    if (stopped()) break;
    const entry = await state.read(key);
    if (entry === undefined || !hasEnded(entry, now)) continue;
    if (await state.remove(key, entry.revision)) removed += 1;
  }
  return removed;
}

/** An entry that does not say when it ends stays: it is torn, and that must show. */
function hasEnded({ value }: StateEntry, now: Clock): boolean {
  try {
    const stored = parseStrictJsonText(value, { maxBytes: 65_536, maxDepth: 8 });
    const until = isJsonObject(stored) ? member(stored, 'until') : undefined;
    return typeof until === 'number' && now() > until + CLEAR_AFTER_MS;
  } catch {
    return false;
  }
}
