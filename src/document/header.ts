import { type Milliseconds, parseRfc3339 } from '../model/clock.ts';
import { type JsonObject, member } from '../model/json.ts';
import { DOCUMENT_NAME, type DocumentReader } from './reader.ts';

/** The kinds of documents that are loaded by their signatures; what an authority may vouch for by the same name. */
export type LoadedKind = 'catalogue' | 'tool' | 'plan';

/** What every signed document says of itself. */
export type DocumentHeader = {
  readonly type: LoadedKind;
  /** Stays the same over all versions of the document. */
  readonly id: string;
  /** Counts up, from 1. */
  readonly version: number;
  /** The document counts from then on, and 5 minutes earlier: the signer's clock may be ahead (`CLOCK_SKEW_MS`) … */
  readonly issued: Milliseconds;
  /** … and no longer from then on. */
  readonly expires: Milliseconds;
};

/** The members that `readHeader` reads. */
export const HEADER_MEMBERS: readonly string[] = ['type', 'id', 'version', 'issued', 'expires'];

/** Reads the header; what is wrong is reported, and reads as something that means nothing. `type` must be one of `kinds`. */
export function readHeader(
  reader: DocumentReader,
  document: JsonObject,
  kinds: readonly [LoadedKind, ...LoadedKind[]],
): DocumentHeader {
  const named = member(document, 'type');
  const type = kinds.find((kind) => kind === named);
  if (type === undefined) reader.problem('/type', `must be ${kinds.map((kind) => `"${kind}"`).join(' or ')}`);
  const id = reader.text(document, 'id', '', DOCUMENT_NAME, 'a name of 1 to 128 visible characters without blanks');
  const version = member(document, 'version');
  if (typeof version !== 'number' || !Number.isSafeInteger(version) || version < 1) {
    reader.problem('/version', 'must be a whole number from 1 on; it counts the versions of this id');
  }
  const issued = readTime(reader, document, 'issued');
  const expires = readTime(reader, document, 'expires');
  if (issued !== 0 && expires !== 0 && expires <= issued) {
    reader.problem('/expires', 'must lie behind issued');
  }
  return { type: type ?? kinds[0], id, version: typeof version === 'number' ? version : 0, issued, expires };
}

function readTime(reader: DocumentReader, document: JsonObject, name: 'issued' | 'expires'): Milliseconds {
  const text = member(document, name);
  const time = typeof text === 'string' ? parseRfc3339(text) : undefined;
  if (time !== undefined) return time;
  reader.problem(`/${name}`, 'must be a time as RFC 3339 has it, such as 2026-11-21T14:03:00Z');
  return 0;
}
