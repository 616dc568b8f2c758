import type { Files } from '../durable/files.ts';
import type { Clock, Milliseconds } from '../model/clock.ts';
import type { AuditEventSink } from './event.ts';
import { beginSegment, type SegmentWriter } from './segment.ts';

/** When one segment ends and the next begins, and where they lie. */
export type TurnOptions = {
  readonly files: Files;
  readonly folder: string;
  /** Bytes that a segment does not exceed, unless one batch alone does. */
  readonly max_bytes: number;
  /** Seconds after which the next batch begins a new segment. */
  readonly max_age_seconds: number;
  readonly now: Clock;
  readonly onEvent: AuditEventSink;
};

/** The segments that one process writes, one at a time. */
export type SegmentsInTurn = {
  /** Makes bytes durable behind everything before; in a new segment, named by the first record, where it is time for one. */
  readonly append: (first: number, bytes: Uint8Array) => Promise<void>;
  /** Closes the segment that is written, if there is one, and says what is durable in it; the next append begins another. */
  readonly leave: () => Promise<{ readonly name: string; readonly bytes: number } | undefined>;
};

/** Begins a segment with the first append, and the next one by size and by age. */
export function segmentsInTurn(options: TurnOptions): SegmentsInTurn {
  const { files, folder, now } = options;
  let writer: SegmentWriter | undefined;
  let begun: Milliseconds = 0;

  async function leave(): Promise<{ readonly name: string; readonly bytes: number } | undefined> {
    const left = writer;
    writer = undefined;
    // Everything in it is durable already, or given up: how closing ends changes nothing.
    await left?.close().catch(() => undefined);
    return left === undefined ? undefined : { name: left.name, bytes: left.size() };
  }

  return {
    async append(first, bytes) {
      const full = writer !== undefined && writer.size() + bytes.length > options.max_bytes;
      const old = writer !== undefined && now() - begun >= options.max_age_seconds * 1000;
      if (full || old) await leave();
      if (writer === undefined) {
        writer = await beginSegment(files, folder, first);
        begun = now();
        options.onEvent({ type: 'segment_begun', segment: writer.name });
      }
      await writer.append(bytes);
    },
    leave,
  };
}
