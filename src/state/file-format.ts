import { sha256Of } from '../model/digest.ts';
import type { StateEntry } from '../model/shared-state.ts';

/** What stands before the entries. */
type StateHead = {
  /** The store's id, given once by `exequatur state init`. */
  readonly store: string;
  /** How many writes and removals there have been: the sum of the entries' revisions, and `removed`. */
  readonly revision: number;
  /** What the sum lacks since entries were removed: of each its revision, and one for the removal. */
  readonly removed: number;
};

/** What a state file holds. */
export type StateFile = StateHead & { readonly entries: ReadonlyMap<string, StateEntry> };

const FORMAT = 1;

/** One entry as it stands in the file; kept by whoever writes the file often. */
export function entryText(key: string, entry: StateEntry): string {
  return JSON.stringify([key, entry.revision, entry.value]);
}

/**
 * The file's text: one JSON document whose header has a checksum over everything else. Where nothing was ever removed, `removed` is left out:
 * such a file is the same, byte for byte, as before there were removals.
 */
export function stateFileText({ store, revision, removed }: StateHead, entries: Iterable<string>): string {
  const lines = [...entries];
  const body = lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n]`;
  const [lost, member] = removed === 0 ? ['', ''] : [`removed ${removed}\n`, `"removed":${removed},`];
  const checksum = sha256Of(`exequatur-state/${FORMAT}\n${store}\n${revision}\n${lost}`, body);
  return `{"exequatur_state":${FORMAT},"store":${JSON.stringify(store)},"revision":${revision},${member}"checksum":"${checksum}","entries":${body}}\n`;
}

/**
 * What a file says, or why it cannot be trusted, in words. Every byte counts: what is read, written again, must give the same text, so that
 * no edit, cut or doubled member passes.
 */
export function parseStateFile(bytes: Uint8Array): StateFile | string {
  let document: unknown;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    document = JSON.parse(text);
  } catch {
    return 'it is no JSON document';
  }
  if (typeof document !== 'object' || document === null || !('exequatur_state' in document))
    return 'it is no state file';
  if (document.exequatur_state !== FORMAT)
    return `its format is not ${FORMAT}; another version of exequatur may have written it`;
  if (!('store' in document && 'revision' in document && 'entries' in document)) return 'a member is missing';
  const { store, revision, entries: rows } = document;
  const removed = 'removed' in document ? document.removed : 0;
  if (typeof store !== 'string' || store === '' || !isCount(revision) || !isCount(removed) || !Array.isArray(rows))
    return 'a member has another type';
  const entries = new Map<string, StateEntry>();
  let changes = removed;
  for (const row of rows) {
    if (!Array.isArray(row) || row.length !== 3) return 'an entry has another form';
    const [key, number, value]: readonly unknown[] = row;
    if (typeof key !== 'string' || typeof value !== 'string' || !isCount(number) || number === 0 || entries.has(key)) {
      return 'an entry has another form';
    }
    entries.set(key, { revision: number, value });
    changes += number;
  }
  if (changes !== revision) return 'its revision does not fit its entries';
  const again = stateFileText({ store, revision, removed }, entryTexts(entries));
  return again === text ? { store, revision, removed, entries } : 'its checksum does not fit its content';
}

function* entryTexts(entries: ReadonlyMap<string, StateEntry>): Generator<string> {
  for (const [key, entry] of entries) yield entryText(key, entry);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
