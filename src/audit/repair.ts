import { createHash } from 'node:crypto';
import { CodedError } from '../errors.ts';
import type { Sha256Digest } from '../model/digest.ts';
import { checkLine, type IntactLine } from './check-line.ts';
import type { AuditEventSink } from './event.ts';
import { attempt } from './failure.ts';
import { type AuditFiles, writeAll } from './files.ts';
import type { Place } from './line.ts';
import { type RawLine, readLines } from './lines.ts';
import { readSeal, type Seal, writeSeal } from './meta.ts';
import { type Segment, segmentsAmong } from './segments.ts';

/** The last record that was acknowledged, where this process knows it. */
export type Acknowledged = { readonly nextIndex: number; readonly leaf: Sha256Digest | null };

export type RepairOptions = {
  readonly files: AuditFiles;
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
    if (required > 0) throw corrupt(folder, `it has had ${required} records, and there is no segment`);
    return { index: 0, previous: null };
  }
  const path = `${folder}/${last.name}`;
  const fd = await attempt('open', path, files.open(path, 'r'));
  try {
    const found = await attempt('read', path, inspect(options, last, fd));
    const next = found.end === undefined ? last.first : found.end.index + 1;
    // Before anything is changed.
    if (next < required)
      throw corrupt(folder, `${last.name} ends before record ${next}, and the log has had ${required}`);
    if (found.end === undefined) return await remove(options, segments, seal, required, fd, found.size);
    if (!isSealed(seal, last, found)) {
      const aside = await setAside(options, last, fd, found.keep, found.size);
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
    throw corrupt(folder, `${last.name} does not follow record ${place.index - 1}: segments are missing`);
  }
  const aside = await setAside(options, last, fd, 0, size);
  const path = `${folder}/${last.name}`;
  await attempt('write', path, files.unlink(path));
  await attempt('sync', folder, files.syncFolder(folder));
  if (aside !== undefined) {
    options.onEvent({ type: 'repaired', segment: last.name, records: 0, cutBytes: size, keptAside: aside });
  }
  return place;
}

type Found = {
  /** The last whole record; undefined where there is none. */
  readonly end: IntactLine | undefined;
  /** Bytes from the beginning that hold whole records. */
  readonly keep: number;
  /** The last of them lacks its line feed. */
  readonly open: boolean;
  readonly size: number;
};

/** Reads a segment up to the first line that is no record in its place, and makes sure that what follows is an unfinished write. */
async function inspect(options: RepairOptions, segment: Segment, fd: number): Promise<Found> {
  const { files, acknowledged } = options;
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
        throw misplaced(options, segment, raw, 'is a record that does not follow the one before it');
      }
      if (acknowledged !== undefined && line.index + 1 === acknowledged.nextIndex && line.leaf !== acknowledged.leaf) {
        throw misplaced(options, segment, raw, 'is not the record that was acknowledged');
      }
      end = line;
      keep = raw.offset + raw.length + (raw.terminated ? 1 : 0);
      open = !raw.terminated;
      continue;
    }
    broken ??= raw;
    // Beyond the last acknowledged record anything may lie; without that knowledge, nothing that was whole once.
    if (acknowledged !== undefined ? next < acknowledged.nextIndex : checked?.intact === true || wasWhole(raw)) {
      throw misplaced(options, segment, broken, 'is damaged');
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

/**
 * Copies what was cut off into a file beside the log, durably. Its name comes from what is in it: however often a repair is tried
 * again, there is one such file.
 */
async function setAside(
  options: RepairOptions,
  segment: Segment,
  fd: number,
  start: number,
  end: number,
): Promise<string | undefined> {
  if (end <= start) return undefined;
  const hash = createHash('sha256');
  for await (const chunk of chunks(options, fd, start, end)) hash.update(chunk);
  const name = `torn-${segment.name.slice(0, 20)}-${start}-${hash.digest('hex').slice(0, 16)}`;
  await copyInto(options, fd, start, end, name, '');
  return name;
}

/** Copies what is kept into a fresh file, gives it the segment's name and seals it. */
async function replace(
  options: RepairOptions,
  segment: Segment,
  fd: number,
  found: Found,
  end: IntactLine,
): Promise<void> {
  await copyInto(options, fd, 0, found.keep, segment.name, found.open ? '\n' : '');
  const bytes = found.keep + (found.open ? 1 : 0);
  const seal = { segment: segment.name, bytes, nextIndex: end.index + 1, leaf: end.leaf };
  await writeSeal(options.files, options.folder, seal);
}

/** A part of a file; each piece is valid until the next one is asked for. */
async function* chunks(
  options: RepairOptions,
  fd: number,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { files, folder } = options;
  const chunk = Buffer.alloc(1024 * 1024);
  for (let position = start; position < end; ) {
    const length = Math.min(chunk.length, end - position);
    const read = await attempt('read', folder, files.read(fd, chunk, 0, length, position));
    if (read === 0) throw corrupt(folder, 'a file became shorter while it was copied');
    yield chunk.subarray(0, read);
    position += read;
  }
}

async function copyInto(
  options: RepairOptions,
  from: number,
  start: number,
  end: number,
  name: string,
  suffix: string,
): Promise<void> {
  const { files, folder } = options;
  const temporary = `${folder}/${name}.tmp`;
  const fd = await attempt('open', temporary, files.open(temporary, 'wx', 0o600));
  try {
    try {
      let position = 0;
      for await (const chunk of chunks(options, from, start, end)) {
        await attempt('write', temporary, writeAll(files, fd, chunk, position));
        position += chunk.length;
      }
      if (suffix !== '') await attempt('write', temporary, writeAll(files, fd, Buffer.from(suffix), position));
      await attempt('sync', temporary, files.fsync(fd));
    } finally {
      await files.close(fd);
    }
    await attempt('rename', temporary, files.rename(temporary, `${folder}/${name}`));
  } catch (error) {
    await files.unlink(temporary).catch(() => undefined);
    throw error;
  }
  await attempt('sync', folder, files.syncFolder(folder));
}

function misplaced(options: RepairOptions, segment: Segment, raw: RawLine, what: string): CodedError {
  return corrupt(options.folder, `${segment.name}, line ${raw.number} (byte ${raw.offset}) ${what}`);
}

function corrupt(folder: string, what: string): CodedError {
  return new CodedError(
    'audit.corrupt',
    `The audit log in ${folder} is damaged: ${what}. This is no unfinished write, so it is not repaired. Run "exequatur audit verify", keep the folder as evidence, and put it back from a copy or start a new log in another folder.`,
    { detail: { folder } },
  );
}
