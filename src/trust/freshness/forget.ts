import { isSha256Digest } from '../../model/digest.ts';
import type { JsonObject } from '../../model/json.ts';
import type { SharedState } from '../../model/shared-state.ts';
import type { DocumentKind } from '../authority/authority.ts';
import {
  type DocumentMemory,
  keyOfDigest,
  keyOfName,
  readDocumentMemory,
  writeDocumentMemory,
} from './document-memory.ts';
import { headOf, LOG_PREFIX, type LogMemory, newLogMemory, readLogMemory, writeLogMemory } from './log-memory.ts';

/** Something that is remembered and can be forgotten, as it stood when it was looked up. */
export type Forgettable = {
  /** For a reader: `plan deploy-42`, `log rekor.example - 1`. */
  readonly about: string;
  /** Everything that will be forgotten, for the record. */
  readonly remembered: JsonObject;
  /** Where that stands. */
  readonly entries: readonly ForgettableEntry[];
};

/** An entry of the store, and what is written in its place. */
export type ForgettableEntry = { readonly key: string; readonly revision: number; readonly empty: string };

/** Logs looked through; each has one entry per key and origin. */
const MAX_LOGS = 1000;

/**
 * What is remembered of a document: by its name, or by its digest where it was never given one. Undefined where that is nothing.
 *
 * @throws CodedError `state.*`, `trust.state_unavailable` for a torn entry
 */
export async function findDocument(
  state: SharedState,
  kind: DocumentKind,
  document: string,
): Promise<Forgettable | undefined> {
  const keys = [...(isSha256Digest(document) ? [keyOfDigest(kind, document)] : []), keyOfName(kind, document)];
  for (const key of keys) {
    const entry = await state.read(key);
    if (entry === undefined) continue;
    const memory = readDocumentMemory(entry.value);
    if (isForgotten(memory)) continue;
    const { proofs: _proofs, ...rest } = memory;
    return {
      about: `${kind} ${memory.name ?? memory.document}`,
      remembered: describeDocument(memory),
      entries: [{ key, revision: entry.revision, empty: writeDocumentMemory({ ...rest, marks: [] }) }],
    };
  }
  return undefined;
}

/**
 * What is remembered of the logs that sign under an origin: one for each key, or for the one that is named.
 *
 * @throws CodedError `state.*`, `trust.state_unavailable` for a torn entry
 */
export async function findLogs(
  state: SharedState,
  origin: string,
  logId?: string,
): Promise<readonly (Forgettable & { readonly logId: string })[]> {
  const found: (Forgettable & { logId: string })[] = [];
  for (const key of await state.list(LOG_PREFIX, MAX_LOGS)) {
    const entry = await state.read(key);
    if (entry === undefined) continue;
    const memory = readLogMemory(entry.value);
    if (memory.origin !== origin || (logId !== undefined && memory.logId !== logId) || isEmpty(memory)) continue;
    found.push({
      logId: memory.logId,
      about: `log ${origin}`,
      remembered: describeLog(memory),
      entries: [{ key, revision: entry.revision, empty: writeLogMemory(newLogMemory(memory)) }],
    });
  }
  return found;
}

/**
 * Forgets it, if all of it still is what was looked up; false where somebody has changed an entry meanwhile: those before it are
 * forgotten then, and looking it up again finds the rest.
 *
 * @throws CodedError `state.*`
 */
export async function forget(state: SharedState, { entries }: Forgettable): Promise<boolean> {
  for (const { key, revision, empty } of entries) {
    if (!(await state.compareAndSet(key, revision, empty))) return false;
  }
  return true;
}

/** True for the entry that forgetting a document leaves. */
export function isForgotten({ proofs, marks }: DocumentMemory): boolean {
  return proofs === undefined && marks.length === 0;
}

/** True for the entry that forgetting a log leaves. */
export function isEmpty({ trees, live, distrust }: LogMemory): boolean {
  return trees.length === 0 && live === undefined && distrust === undefined;
}

/** All that is remembered of a document, as JSON. */
export function describeDocument({ kind, name, document, proofs, marks }: DocumentMemory): JsonObject {
  return {
    kind,
    ...(name !== undefined && { name }),
    document,
    ...(proofs !== undefined && { proofs }),
    marks: marks.map(({ logId, origin, size }) => ({ log_id: logId, origin, size: size.toString() })),
  };
}

/** All that is remembered of a log, as JSON. */
export function describeLog({ logId, origin, trees, live, distrust }: LogMemory): JsonObject {
  return {
    log_id: logId,
    origin,
    ...(live !== undefined && { live: { ...headOf(live), time: new Date(live.time).toISOString() } }),
    ...(distrust !== undefined && { distrust: { ...distrust, trees: [...distrust.trees] } }),
    trees: trees.map(({ size, root }) => [size.toString(), root]),
  };
}
