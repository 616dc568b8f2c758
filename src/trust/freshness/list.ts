import type { StateEntry } from '../../model/shared-state.ts';
import { DOCUMENT_PREFIX, type DocumentMemory, readDocumentMemory } from './document-memory.ts';
import { isEmpty, isForgotten } from './forget.ts';
import { LOG_PREFIX, type LogMemory, readLogMemory } from './log-memory.ts';

/** What a store lets be read without being opened for writing. */
export type ReadableState = {
  readonly read: (key: string) => Promise<StateEntry | undefined>;
  readonly list: (prefix: string, limit: number) => Promise<readonly string[]>;
};

/** What is remembered, by name. `more`: there are documents beyond the limit. */
export type Remembered = {
  readonly logs: readonly LogMemory[];
  readonly documents: readonly DocumentMemory[];
  readonly more: boolean;
};

/**
 * Reads everything that is remembered of logs, and of so many documents.
 *
 * @throws CodedError `state.*`, `trust.state_unavailable` for a torn entry
 */
export async function listRemembered(state: ReadableState, limit: number): Promise<Remembered> {
  const logs = (await readAll(state, LOG_PREFIX, limit, readLogMemory)).filter((log) => !isEmpty(log));
  const found = await readAll(state, DOCUMENT_PREFIX, limit + 1, readDocumentMemory);
  const documents = found.filter((document) => !isForgotten(document));
  return {
    logs: logs.sort((one, other) => compare(`${one.origin} ${one.logId}`, `${other.origin} ${other.logId}`)),
    documents: documents.slice(0, limit).sort((one, other) => compare(orderOf(one), orderOf(other))),
    more: found.length > limit,
  };
}

async function readAll<T>(
  state: ReadableState,
  prefix: string,
  limit: number,
  parse: (text: string) => T,
): Promise<T[]> {
  const all: T[] = [];
  for (const key of await state.list(prefix, limit)) {
    const entry = await state.read(key);
    if (entry !== undefined) all.push(parse(entry.value));
  }
  return all;
}

function orderOf({ kind, name, document }: DocumentMemory): string {
  return `${kind} ${name ?? document}`;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
