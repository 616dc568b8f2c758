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

/** What a change makes of a table: the key's entry, and what the table counts then. */
type Changed<Entry> = { readonly entry: Entry; readonly size: number; readonly bytes: number };

/** What a write would make of a table, or undefined where somebody else was first. */
export function placed(
  table: Table,
  bounds: StateBounds,
  key: string,
  expected: number,
  value: string,
): Changed<StateEntry> | undefined {
  const before = table.get(key);
  if ((before?.revision ?? 0) !== expected) return undefined;
  const bytes = table.bytes - (before === undefined ? 0 : weigh(key, before.value)) + weigh(key, value);
  // An entry that shrinks is let in, also when the bounds were lowered below what there is.
  const grows = before === undefined || bytes > table.bytes;
  if (grows && (bytes > bounds.max_bytes || (before === undefined && table.size >= bounds.max_entries))) {
    throw full(bounds, key);
  }
  return { entry: { revision: expected + 1, value }, size: table.size + (before === undefined ? 1 : 0), bytes };
}

/** What a removal would make of a table, or undefined where the entry is another or gone. */
export function vacated(table: Table, key: string, expected: number): Changed<undefined> | undefined {
  const before = table.get(key);
  if (before === undefined || before.revision !== expected) return undefined;
  return { entry: undefined, size: table.size - 1, bytes: table.bytes - weigh(key, before.value) };
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
