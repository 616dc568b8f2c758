import { type Files, nodeFiles } from '../durable/files.ts';
import { CodedError, codeOf } from '../errors.ts';
import { type Milliseconds, parseRfc3339 } from '../model/clock.ts';
import { isJsonObject, type Json, type JsonObject, member } from '../model/json.ts';
import { type CheckedLine, checkLine } from './check-line.ts';
import { attempt } from './failure.ts';
import { readLines } from './lines.ts';
import { listSegments, type Segment, segmentsOf } from './segments.ts';

/** A line with its place, and what its own check says. Whether it stands in the right place is for `verifyLog` to say. */
export type ReadLine = {
  readonly file: string;
  /** Counted from 1. */
  readonly number: number;
  readonly text: string;
  readonly checked: CheckedLine;
};

/** Which records are wanted; all conditions must hold. Kinds that this version does not know pass where no condition speaks of them. */
export type RecordFilter = {
  /** Decisions that did not permit, and refusals. */
  readonly denied?: boolean;
  /** The id, whole, that `principalOf` gives. */
  readonly principal?: string;
  /** Decisions in which this control failed or gave a reason. */
  readonly control?: string;
  /** Not older than this. */
  readonly since?: Milliseconds;
};

/** The member that the names lead to, through objects alone; undefined where there is none. */
export function at(object: JsonObject, ...names: readonly string[]): Json | undefined {
  let value: Json | undefined = object;
  for (const name of names) {
    if (!isJsonObject(value)) return undefined;
    value = member(value, name);
  }
  return value;
}

/** For whom a record is: a decision's principal; in a refusal, of which there are no facts, the identified caller. */
export function principalOf(record: JsonObject): Json | undefined {
  return at(record, 'facts', 'principal', 'id') ?? at(record, 'caller', 'id');
}

/** Whether a record passes the filter. */
export function matches(record: JsonObject, filter: RecordFilter): boolean {
  if (filter.denied === true && record.kind !== 'refusal') {
    if (record.kind !== 'decision' || at(record, 'verdict', 'permit') === true) return false;
  }
  if (filter.principal !== undefined && principalOf(record) !== filter.principal) return false;
  if (filter.control !== undefined && !concerns(record, filter.control)) return false;
  if (filter.since !== undefined) {
    const time = typeof record.time === 'string' ? parseRfc3339(record.time) : undefined;
    if (time === undefined || time < filter.since) return false;
  }
  return true;
}

function concerns(record: JsonObject, control: string): boolean {
  if (at(record, 'verdict', 'controls', control) === 'fail') return true;
  const reasons = at(record, 'verdict', 'reasons');
  return Array.isArray(reasons) && reasons.some((reason) => isJsonObject(reason) && reason.control === control);
}

/** A damaged line always passes: what it was cannot be told, and hiding it would be worse. */
function wanted(line: ReadLine, filter: RecordFilter): boolean {
  return !line.checked.intact || matches(line.checked.line.record, filter);
}

/** Where reading goes on: behind the last whole line that was read. */
export type Cursor = { readonly segment: Segment; readonly offset: number; readonly number: number };

/** The whole lines of a segment from a place on; a last one that is not finished is left for later. */
async function* linesOf(
  files: Files,
  folder: string,
  start: Cursor,
): AsyncGenerator<{ readonly line: ReadLine; readonly next: Cursor }, void, undefined> {
  const { segment } = start;
  const path = `${folder}/${segment.name}`;
  const fd = await attempt('open', path, files.open(path, 'r'));
  try {
    for await (const raw of readLines(files, fd, start)) {
      if (!raw.terminated) return;
      const checked: CheckedLine = raw.tooLong
        ? { intact: false, damage: { code: 'audit.line_malformed', message: 'the line is longer than any of the log' } }
        : checkLine(raw.bytes);
      const text = Buffer.from(raw.bytes.buffer, raw.bytes.byteOffset, raw.bytes.byteLength).toString('utf8');
      const line = { file: segment.name, number: raw.number, text, checked };
      yield { line, next: { segment, offset: raw.offset + raw.length + 1, number: raw.number + 1 } };
    }
  } finally {
    await files.close(fd);
  }
}

/** The last lines that pass the filter, oldest first, and where to go on from. Reads segments backwards, as many as it takes. */
export async function lastLines(
  folder: string,
  count: number,
  filter: RecordFilter,
  files: Files = nodeFiles,
): Promise<{ readonly lines: readonly ReadLine[]; readonly cursor: Cursor | undefined }> {
  const segments = await segmentsOf(files, folder);
  let cursor: Cursor | undefined;
  let found: ReadLine[] = [];
  for (const segment of segments.toReversed()) {
    const room = count - found.length;
    const here: ReadLine[] = [];
    let end: Cursor = { segment, offset: 0, number: 1 };
    for await (const { line, next } of linesOf(files, folder, end)) {
      end = next;
      if (room > 0 && wanted(line, filter)) here.push(line);
      if (here.length > room) here.shift();
    }
    cursor ??= end;
    found = [...here, ...found];
    if (found.length >= count) break;
  }
  return { lines: found, cursor };
}

/**
 * The lines that are written from the cursor on, as they come, until the signal ends it. `pause` waits before it looks again.
 */
export async function* followLines(
  folder: string,
  from: Cursor | undefined,
  filter: RecordFilter,
  pause: () => Promise<void>,
  ended: AbortSignal,
  files: Files = nodeFiles,
): AsyncGenerator<ReadLine, void, undefined> {
  let cursor = from;
  while (!ended.aborted) {
    // Listed before reading: a segment that was followed by another one then is complete when it is read.
    const segments = await segmentsOf(files, folder);
    const begin: Cursor | undefined = cursor ?? startOf(segments[0]);
    if (begin !== undefined) {
      let reached = begin;
      for await (const { line, next } of linesOf(files, folder, begin)) {
        reached = next;
        if (wanted(line, filter)) yield line;
        if (ended.aborted) return;
      }
      const later = startOf(segments.find(({ first }) => first > begin.segment.first));
      cursor = later ?? reached;
      if (later !== undefined) continue;
    }
    await pause();
  }
}

function startOf(segment: Segment | undefined): Cursor | undefined {
  return segment === undefined ? undefined : { segment, offset: 0, number: 1 };
}

/** The line of a record by its id, or by its index; undefined where there is none. Damaged lines are found by what they claim. */
export async function findLine(
  folder: string,
  wantedRecord: { readonly id: string } | { readonly index: number },
  files: Files = nodeFiles,
): Promise<ReadLine | undefined> {
  const segments = await segmentsOf(files, folder);
  const searched =
    'index' in wantedRecord
      ? segments.filter(({ first }) => first <= wantedRecord.index).slice(-1)
      : segments.toReversed();
  for (const segment of searched) {
    try {
      for await (const { line } of linesOf(files, folder, { segment, offset: 0, number: 1 })) {
        const claim = line.checked.intact ? line.checked.line : line.checked.damage;
        if ('index' in wantedRecord ? claim.index === wantedRecord.index : claim.id === wantedRecord.id) return line;
      }
    } catch (error) {
      // Moved away meanwhile.
      if (codeOf(error) !== 'audit.open_failed') throw error;
    }
  }
  return undefined;
}

/**
 * Which of these decisions are permits of their own (none that repeats another) in intact records at an index, or behind it.
 *
 * @param until the index behind the last record that must be there
 * @throws CodedError `audit.incomplete` where a record between the two is damaged or not there, and may be one of them; audit.read_failed and the like
 */
export async function findPermits(
  folder: string,
  ids: ReadonlySet<string>,
  from: number,
  until: number,
  files: Files = nodeFiles,
): Promise<ReadonlySet<string>> {
  const segments = await attempt('read', folder, listSegments(files, folder));
  const first = segments.findLastIndex((segment) => segment.first <= from);
  if (first < 0 && segments.length > 0) throw incomplete(folder, from);
  const found = new Set<string>();
  let next = segments[first]?.first ?? 0;
  for (const segment of segments.slice(Math.max(first, 0))) {
    if (found.size === ids.size) return found;
    for await (const { line } of linesOf(files, folder, { segment, offset: 0, number: 1 })) {
      const { checked } = line;
      // Only a record that can be read, in its place, says that another is not there.
      const isNext = checked.intact && checked.line.index === next;
      if (!isNext && next >= from && next < until) throw incomplete(folder, from);
      next += 1;
      if (checked.intact && ids.has(checked.line.id) && isPermit(checked.line.record)) found.add(checked.line.id);
    }
  }
  if (next < until && found.size < ids.size) throw incomplete(folder, from);
  return found;
}

function isPermit(record: JsonObject): boolean {
  return (
    record.kind === 'decision' && at(record, 'verdict', 'permit') === true && member(record, 'refers_to') === undefined
  );
}

/** That records are not here which must have been. */
export function incomplete(folder: string, from: number): CodedError {
  return new CodedError(
    'audit.incomplete',
    `The log in ${folder} does not have all records from ${from} on. Bring back the segments that were moved away, or the log that was here before.`,
    { detail: { folder, from } },
  );
}
