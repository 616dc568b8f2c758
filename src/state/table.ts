import type { StateEntry } from '../model/shared-state.ts';
import type { StateBounds } from './config.ts';
import { full } from './limits.ts';

/** Entries with what they count against the bounds. */
type Table = {
  readonly get: (key: string) => StateEntry | undefined;
  readonly size: number;
  /** Bytes of keys and values. */
  readonly bytes: number;
};

/** What a write would make of a table: the new entry and the bytes then, or undefined where somebody else was first. */
export function placed(
  table: Table,
  bounds: StateBounds,
  key: string,
  expected: number,
  value: string,
): { readonly entry: StateEntry; readonly bytes: number } | undefined {
  const before = table.get(key);
  if ((before?.revision ?? 0) !== expected) return undefined;
  const bytes = table.bytes - (before === undefined ? 0 : weigh(key, before.value)) + weigh(key, value);
  // An entry that shrinks is let in, also when the bounds were lowered below what there is.
  const grows = before === undefined || bytes > table.bytes;
  if (grows && (bytes > bounds.max_bytes || (before === undefined && table.size >= bounds.max_entries))) {
    throw full(bounds, key);
  }
  return { entry: { revision: expected + 1, value }, bytes };
}

/** What an entry counts against `max_bytes`. */
export function weigh(key: string, value: string): number {
  return key.length + Buffer.byteLength(value);
}

/** Keys with a prefix, at most so many. */
export function keysWith(keys: Iterable<string>, prefix: string, limit: number): readonly string[] {
  const found: string[] = [];
  for (const key of keys) {
    if (found.length >= limit) break;
    if (key.startsWith(prefix)) found.push(key);
  }
  return found;
}
