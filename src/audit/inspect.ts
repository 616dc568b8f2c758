import type { Files } from '../durable/files.ts';
import type { CodedError } from '../errors.ts';
import type { Sha256Digest } from '../model/digest.ts';
import { checkLine, type IntactLine } from './check-line.ts';
import { corruptLog } from './failure.ts';
import { type RawLine, readLines } from './lines.ts';
import type { Segment } from './segments.ts';

/** The last record that was acknowledged, where this process knows it. */
export type Acknowledged = { readonly nextIndex: number; readonly leaf: Sha256Digest | null };

/** What a segment holds. */
export type Found = {
  /** The last whole record; undefined where there is none. */
  readonly end: IntactLine | undefined;
  /** Bytes from the beginning that hold whole records. */
  readonly keep: number;
  /** The last of them lacks its line feed. */
  readonly open: boolean;
  readonly size: number;
};

/**
 * Reads a segment up to the first line that is no record in its place, and makes sure that what follows is an unfinished write.
 *
 * A power cut can also leave a hole of zeros in the last batch with whole lines behind it, as pages reach the disk in any order. That
 * is refused: no line says where a batch began, and a hole made by an intruder or a dying disk in acknowledged records looks the same.
 *
 * @throws CodedError audit.corrupt
 */
export async function inspectSegment(
  files: Pick<Files, 'read' | 'size'>,
  folder: string,
  segment: Segment,
  fd: number,
  acknowledged: Acknowledged | undefined,
): Promise<Found> {
  const misplaced = (raw: RawLine, index: number, what: string): CodedError =>
    corruptLog(folder, what, { file: segment.name, line: raw.number, offset: raw.offset, index });
  let end: IntactLine | undefined;
  let keep = 0;
  let open = false;
  let broken: RawLine | undefined;
  for await (const raw of readLines(files, fd)) {
    const checked = raw.tooLong ? undefined : checkLine(raw.bytes);
    const next = end === undefined ? segment.first : end.index + 1;
    if (broken === undefined && checked?.intact === true) {
      const { line } = checked;
      if (line.index !== next || (end !== undefined && line.previous !== end.leaf)) {
        throw misplaced(raw, next, 'is a record that does not follow the one before it');
      }
      if (acknowledged !== undefined && line.index + 1 === acknowledged.nextIndex && line.leaf !== acknowledged.leaf) {
        throw misplaced(raw, next, 'is not the record that was acknowledged');
      }
      end = line;
      keep = raw.offset + raw.length + (raw.terminated ? 1 : 0);
      open = !raw.terminated;
      continue;
    }
    broken ??= raw;
    // Beyond the last acknowledged record anything may lie; without that knowledge, nothing that was whole once.
    if (acknowledged !== undefined ? next < acknowledged.nextIndex : checked?.intact === true || wasWhole(raw)) {
      throw misplaced(broken, next, 'is damaged');
    }
  }
  return { end, keep, open, size: await files.size(fd) };
}

const HEAD = Buffer.from('{"record":{');
const TAIL = /,"leaf":"sha256:[0-9a-f]{64}"\}$/;
const TAIL_BYTES = 84;

/**
 * True for a line that was complete and has been changed: an unfinished write leaves no end of a record, and other garbage no record's
 * begin or end. A changed byte spoils only one of the two.
 */
function wasWhole(raw: RawLine): boolean {
  const { bytes } = raw;
  const text = Buffer.from(
    bytes.buffer,
    bytes.byteOffset + Math.max(0, bytes.length - TAIL_BYTES - 1),
    Math.min(bytes.length, TAIL_BYTES + 1),
  ).toString('latin1');
  if (raw.terminated) return TAIL.test(text) || HEAD.equals(bytes.subarray(0, HEAD.length));
  // Without a line feed: a record, and then its line feed changed into something else.
  return TAIL.test(text.slice(0, -1));
}
