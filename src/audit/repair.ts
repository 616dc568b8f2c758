import type { Files } from '../durable/files.ts';
import type { IntactLine } from './check-line.ts';
import { copyInto, setAside } from './copy.ts';
import type { AuditEventSink } from './event.ts';
import { attempt, corruptLog } from './failure.ts';
import { type Acknowledged, type Found, inspectSegment } from './inspect.ts';
import type { Place } from './line.ts';
import { readSeal, type Seal, writeSeal } from './meta.ts';
import { type Segment, segmentsAmong } from './segments.ts';

/** What a repair works on, and with. */
export type RepairOptions = {
  readonly files: Files;
  readonly folder: string;
  readonly onEvent: AuditEventSink;
  /** Known in a process whose log failed; at start it is not. */
  readonly acknowledged?: Acknowledged;
};

/**
 * Brings a folder whose writer has ended, in whatever way, to a state in which a new segment can follow, and says where the next
 * record stands.
 *
 * What the last segment has of whole records is kept, acknowledged or not; behind them an unfinished write is cut off and kept aside.
 * Unless the segment was sealed, what is kept is copied into a fresh file that takes the old one's name: after a failed sync the page
 * cache may show as written what the disk does not have, and only other blocks can be trusted. No file is ever written again once its
 * writer is gone.
 *
 * @throws CodedError audit.corrupt where the damage is not an unfinished write: then nothing is changed
 */
export async function repairFolder(options: RepairOptions): Promise<Place> {
  const { files, folder } = options;
  const names = await attempt('read', folder, files.list(folder));
  for (const name of names) {
    // What a process left that ended between two steps of ours; the originals are still there.
    if (name.endsWith('.tmp')) await attempt('write', `${folder}/${name}`, files.unlink(`${folder}/${name}`));
  }
  const seal = await readSeal(files, folder);
  const required = Math.max(seal?.nextIndex ?? 0, options.acknowledged?.nextIndex ?? 0);
  return repairLast(options, segmentsAmong(names), seal, required);
}

async function repairLast(
  options: RepairOptions,
  segments: readonly Segment[],
  seal: Seal | undefined,
  required: number,
): Promise<Place> {
  const { files, folder } = options;
  const last = segments.at(-1);
  if (last === undefined) {
    if (required > 0) throw corruptLog(folder, `it has had ${required} records, and there is no segment`);
    return { index: 0, previous: null };
  }
  const path = `${folder}/${last.name}`;
  const fd = await attempt('open', path, files.open(path, 'r'));
  try {
    const found = await attempt('read', path, inspectSegment(files, folder, last, fd, options.acknowledged));
    const next = found.end === undefined ? last.first : found.end.index + 1;
    // Before anything is changed.
    if (next < required)
      throw corruptLog(folder, `${last.name} ends before record ${next}, and the log has had ${required}`);
    if (found.end === undefined) return await remove(options, segments, seal, required, fd, found.size);
    if (!isSealed(seal, last, found)) {
      const aside = await setAside(files, folder, last, fd, found.keep, found.size);
      await replace(options, last, fd, found, found.end);
      const kept = { segment: last.name, records: next - last.first, cutBytes: found.size - found.keep };
      options.onEvent({ type: 'repaired', ...kept, ...(aside === undefined ? {} : { keptAside: aside }) });
    }
    return { index: next, previous: found.end.leaf };
  } finally {
    await files.close(fd);
  }
}

/** A segment that was begun and has no whole record yet goes; the one before it is the last one then. */
async function remove(
  options: RepairOptions,
  segments: readonly Segment[],
  seal: Seal | undefined,
  required: number,
  fd: number,
  size: number,
): Promise<Place> {
  const { files, folder } = options;
  const last = segments.at(-1);
  const place = await repairLast(options, segments.slice(0, -1), seal, Math.min(required, last?.first ?? 0));
  if (last === undefined) return place;
  if (place.index !== last.first) {
    throw corruptLog(folder, `${last.name} does not follow record ${place.index - 1}: segments are missing`);
  }
  const aside = await setAside(files, folder, last, fd, 0, size);
  const path = `${folder}/${last.name}`;
  await attempt('write', path, files.unlink(path));
  await attempt('sync', folder, files.syncFolder(folder));
  if (aside !== undefined) {
    options.onEvent({ type: 'repaired', segment: last.name, records: 0, cutBytes: size, keptAside: aside });
  }
  return place;
}

function isSealed(seal: Seal | undefined, segment: Segment, found: Found): boolean {
  return (
    seal !== undefined &&
    seal.segment === segment.name &&
    seal.bytes === found.size &&
    seal.bytes === found.keep &&
    !found.open &&
    seal.leaf === found.end?.leaf
  );
}

/** Copies what is kept into a fresh file, gives it the segment's name and seals it. */
async function replace(
  options: RepairOptions,
  segment: Segment,
  fd: number,
  found: Found,
  end: IntactLine,
): Promise<void> {
  await copyInto(options.files, options.folder, fd, 0, found.keep, segment.name, found.open ? '\n' : '');
  const bytes = found.keep + (found.open ? 1 : 0);
  const seal = { segment: segment.name, bytes, nextIndex: end.index + 1, leaf: end.leaf };
  await writeSeal(options.files, options.folder, seal);
}
