import type { Files } from '../durable/files.ts';
import { MAX_LINE_BYTES } from './line.ts';

/** A line as it lies in a file, its line feed not included. */
export type RawLine = {
  /** At most 1024 bytes of a line that is `tooLong`. */
  readonly bytes: Uint8Array;
  /** Bytes of the line, the line feed not counted. */
  readonly length: number;
  /** Where it begins in the file, in bytes. */
  readonly offset: number;
  /** Counted from 1. */
  readonly number: number;
  /** False for a last line without a line feed. */
  readonly terminated: boolean;
  /** More bytes than any line of the log has. */
  readonly tooLong: boolean;
};

const CHUNK = 256 * 1024;
const SAMPLE = 1024;
const LINE_FEED = 0x0a;

/** Reads a file line by line in bounded memory, whatever the file holds, up to its end at that moment. */
export async function* readLines(
  files: Pick<Files, 'read'>,
  fd: number,
  from: { readonly offset: number; readonly number: number } = { offset: 0, number: 1 },
): AsyncGenerator<RawLine, void, undefined> {
  let { offset, number } = from;
  let position = offset;
  let pieces: Uint8Array[] = [];
  let length = 0;
  const take = (piece: Uint8Array): void => {
    if (length <= MAX_LINE_BYTES) pieces.push(piece);
    length += piece.length;
  };
  const line = (terminated: boolean): RawLine => {
    const tooLong = length > MAX_LINE_BYTES;
    const whole = pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
    const found = { bytes: tooLong ? whole.subarray(0, SAMPLE) : whole, length, offset, number, terminated, tooLong };
    offset += length + 1;
    number += 1;
    pieces = [];
    length = 0;
    return found;
  };
  for (;;) {
    // A buffer of its own each time: lines that were handed out keep parts of it.
    const chunk = Buffer.allocUnsafeSlow(CHUNK);
    const read = await files.read(fd, chunk, 0, CHUNK, position);
    if (read === 0) break;
    position += read;
    let start = 0;
    for (;;) {
      const end = chunk.subarray(0, read).indexOf(LINE_FEED, start);
      if (end === -1) break;
      take(chunk.subarray(start, end));
      yield line(true);
      start = end + 1;
    }
    if (start < read) take(chunk.subarray(start, read));
  }
  if (length > 0) yield line(false);
}
