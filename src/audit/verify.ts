import { createHash } from 'node:crypto';
import { CodedError, codeOf } from '../errors.ts';
import { isSha256Digest, type Sha256Digest } from '../model/digest.ts';
import { isJsonObject, type Json, type JsonObject, member } from '../model/json.ts';
import { attempt } from './failure.ts';
import { type AuditFiles, nodeFiles } from './files.ts';
import { checkLine, type IntactLine } from './line.ts';
import { type RawLine, readLines } from './lines.ts';
import { isLocked } from './lock.ts';
import { listObjects, OBJECTS_FOLDER, objectDigest } from './objects.ts';
import { listSegments, type Segment } from './segments.ts';

/** One thing that is wrong, with its place. */
export type VerifyProblem = {
  readonly code:
    | 'audit.line_malformed'
    | 'audit.line_form'
    | 'audit.leaf_mismatch'
    | 'audit.payload_mismatch'
    | 'audit.line_too_long'
    | 'audit.index_mismatch'
    | 'audit.previous_mismatch'
    | 'audit.segment_missing'
    | 'audit.torn_tail'
    | 'audit.object_damaged';
  readonly message: string;
  /** The file's name in the log's folder. */
  readonly file: string;
  /** Counted from 1. */
  readonly line?: number;
  /** Where in the file, in bytes: of the damage itself where that can be told, else of the line. */
  readonly offset?: number;
  /** What the line claims, or the record that is missing. */
  readonly index?: number;
  readonly id?: string;
};

export type VerifyResult = {
  /** True where nothing is wrong. Dropped payloads, missing objects and a write under way are not wrong. */
  readonly ok: boolean;
  readonly segments: number;
  readonly records: number;
  readonly bytes: number;
  /** The first record that is here: more than 0 where older segments were moved away. Undefined in an empty log. */
  readonly firstIndex?: number;
  readonly lastIndex?: number;
  /** The last record's leaf hash: it commits to everything before. */
  readonly head?: Sha256Digest;
  readonly payloads: { readonly present: number; readonly dropped: number };
  /** `missing` lists what records name and `objects/` does not have, the first 100. */
  readonly objects: { readonly present: number; readonly missing: readonly Sha256Digest[] };
  /** A writer is at work, and its last line was not finished yet. */
  readonly beingWritten: boolean;
  /** How many problems there are, and the first hundred of them in the order of the log. */
  readonly problemCount: number;
  readonly problems: readonly VerifyProblem[];
};

const MAX_LISTED = 100;
/** Distinct digests that are remembered: bundles and catalogues, of which a log has few. */
const MAX_REFERENCES = 100_000;
/** Members of a record that name what is kept in `objects/`. */
const REFERRING = ['policy', 'catalogue', 'trust'];

/** What the next line must be. */
type Expected = {
  readonly index: number;
  /** Undefined where it cannot be told, after damage and at the begin of what is here. */
  readonly previous: Sha256Digest | null | undefined;
  /** False after damage, which may have swallowed a line feed and so a line. */
  readonly exact: boolean;
};

/**
 * Verifies a log's folder: each line's exact form, leaf hash and payload digest, the chain, the indexes through all segments, and the
 * objects. It reads alone, in bounded memory, and may run while the log is written.
 *
 * What it cannot show: that records are missing at the end, or that everything was written anew. For that, keep `head` elsewhere.
 *
 * @throws CodedError audit.no_log where the folder has no log; audit.read_failed and the like where it cannot be read
 */
export async function verifyLog(folder: string, files: AuditFiles = nodeFiles): Promise<VerifyResult> {
  const segments = await segmentsOf(files, folder);
  const problems: VerifyProblem[] = [];
  const referenced = new Set<Sha256Digest>();
  const seen = { problems: 0, records: 0, bytes: 0, present: 0, dropped: 0 };
  let expected: Expected | undefined;
  let last: IntactLine | undefined;
  let firstIndex: number | undefined;
  let beingWritten = false;

  function report(problem: VerifyProblem): void {
    seen.problems += 1;
    if (problems.length < MAX_LISTED) problems.push(problem);
  }

  function take(segment: Segment, raw: RawLine): void {
    const place = { file: segment.name, line: raw.number, offset: raw.offset };
    const checked = raw.tooLong ? undefined : checkLine(raw.bytes);
    if (checked?.intact !== true) {
      if (checked === undefined) {
        report({ ...place, code: 'audit.line_too_long', message: 'the line is longer than any line of the log' });
      } else {
        const { at, ...damage } = checked.damage;
        report({ ...place, ...damage, offset: raw.offset + (at ?? 0) });
      }
      expected = { index: (expected?.index ?? segment.first) + 1, previous: undefined, exact: false };
      return;
    }
    const { line } = checked;
    const broken = follows(line, raw.number === 1 ? segment : undefined, expected);
    if (broken !== undefined) report({ ...place, ...broken, index: line.index, id: line.id });
    seen.records += 1;
    if (line.payload.state === 'present') seen.present += 1;
    if (line.payload.state === 'dropped') seen.dropped += 1;
    firstIndex ??= line.index;
    last = line;
    expected = { index: line.index + 1, previous: line.leaf, exact: true };
    if (referenced.size < MAX_REFERENCES) for (const digest of references(line.record)) referenced.add(digest);
  }

  for (const segment of segments) {
    if (expected?.exact === true && segment.first !== expected.index) {
      report({
        code: 'audit.segment_missing',
        message: `the segment begins with record ${segment.first}, and the one before it ends with ${expected.index - 1}`,
        file: segment.name,
        index: expected.index,
      });
      expected = undefined;
    }
    const isLast = segment === segments.at(-1);
    const unfinished = await readSegment(files, folder, segment, isLast, (raw) => take(segment, raw));
    seen.bytes += unfinished.bytes;
    if (unfinished.tail === undefined) continue;
    if (unfinished.beingWritten) beingWritten = true;
    else report(tornTail(segment, unfinished.tail));
  }

  const objects = await checkObjects(files, folder, report);
  const missing = [...referenced].filter((digest) => !objects.has(digest)).slice(0, MAX_LISTED);
  return {
    ok: seen.problems === 0,
    segments: segments.length,
    records: seen.records,
    bytes: seen.bytes,
    ...(firstIndex === undefined ? {} : { firstIndex }),
    ...(last === undefined ? {} : { lastIndex: last.index, head: last.leaf }),
    payloads: { present: seen.present, dropped: seen.dropped },
    objects: { present: objects.size, missing },
    beingWritten,
    problemCount: seen.problems,
    problems,
  };
}

/** The folder's segments. @throws CodedError audit.no_log */
export async function segmentsOf(files: Pick<AuditFiles, 'list'>, folder: string): Promise<Segment[]> {
  try {
    const names = await files.list(folder);
    if (names.includes('meta.json') || names.some((name) => name.endsWith('.jsonl'))) {
      return await listSegments(files, folder);
    }
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'ENOENT' && code !== 'ENOTDIR') return attempt('read', folder, Promise.reject(error));
  }
  throw new CodedError('audit.no_log', `There is no audit log in ${folder}: name its folder with --folder.`, {
    detail: { folder },
  });
}

type Unfinished = { readonly bytes: number; readonly tail?: RawLine; readonly beingWritten: boolean };

async function readSegment(
  files: AuditFiles,
  folder: string,
  segment: Segment,
  isLast: boolean,
  take: (raw: RawLine) => void,
): Promise<Unfinished> {
  const path = `${folder}/${segment.name}`;
  const fd = await attempt('open', path, files.open(path, 'r'));
  try {
    let from = { offset: 0, number: 1 };
    // Twice, for the writer that ends between our reading and our asking whether there is one.
    for (let again = false; ; again = true) {
      let tail: RawLine | undefined;
      for await (const raw of readLines(files, fd, from)) {
        if (raw.terminated) {
          take(raw);
          from = { offset: raw.offset + raw.length + 1, number: raw.number + 1 };
        } else {
          tail = raw;
        }
      }
      const bytes = from.offset + (tail?.length ?? 0);
      if (tail === undefined) return { bytes, beingWritten: false };
      if (isLast && (await isLocked(files, folder))) return { bytes, tail, beingWritten: true };
      if (!isLast || again || (await files.size(fd)) === bytes) return { bytes, tail, beingWritten: false };
    }
  } catch (error) {
    return attempt('read', path, Promise.reject(error));
  } finally {
    await files.close(fd);
  }
}

function tornTail(segment: Segment, tail: RawLine): VerifyProblem {
  return {
    code: 'audit.torn_tail',
    message:
      'the last line has no line feed: a write that did not end, or a change. The next start of the service repairs the first, and refuses the second',
    file: segment.name,
    line: tail.number,
    offset: tail.offset,
  };
}

/** Whether a line stands where its record says, and what is wrong if not. `begun` is the segment whose first line it is. */
function follows(
  line: IntactLine,
  begun: Segment | undefined,
  expected: Expected | undefined,
): Pick<VerifyProblem, 'code' | 'message'> | undefined {
  const { index, previous } = line;
  if (begun !== undefined && index !== begun.first) {
    return {
      code: 'audit.index_mismatch',
      message: `the segment is named after record ${begun.first} and begins with ${index}`,
    };
  }
  if (expected !== undefined && (expected.exact ? index !== expected.index : index < expected.index)) {
    return { code: 'audit.index_mismatch', message: `record ${expected.index} is expected here, and this is ${index}` };
  }
  // The begin of the log is told by null alone; the begin of what is left of it, by anything else.
  const before = expected === undefined && index === 0 ? null : expected?.previous;
  if ((before !== undefined && previous !== before) || (index > 0 && previous === null)) {
    return {
      code: 'audit.previous_mismatch',
      message: 'the record names another one as the one before it: that one was changed, exchanged or removed',
    };
  }
  return undefined;
}

function references(record: JsonObject): Sha256Digest[] {
  const found: Sha256Digest[] = [];
  const collect = (value: Json | undefined): void => {
    if (typeof value === 'string') {
      if (isSha256Digest(value)) found.push(value);
    } else if (Array.isArray(value)) {
      value.forEach(collect);
    } else if (isJsonObject(value)) {
      Object.values(value).forEach(collect);
    }
  };
  for (const name of REFERRING) collect(member(record, name));
  return found;
}

async function checkObjects(
  files: AuditFiles,
  folder: string,
  report: (problem: VerifyProblem) => void,
): Promise<ReadonlySet<Sha256Digest>> {
  const present = new Set<Sha256Digest>();
  for (const name of await listObjects(files, folder)) {
    const digest = objectDigest(name);
    if (digest === undefined) continue;
    present.add(digest);
    const file = `${OBJECTS_FOLDER}/${name}`;
    if ((await digestOf(files, `${folder}/${file}`)) === digest) continue;
    report({ code: 'audit.object_damaged', message: 'the object does not have the digest that it is named by', file });
  }
  return present;
}

async function digestOf(files: AuditFiles, path: string): Promise<string> {
  const fd = await attempt('open', path, files.open(path, 'r'));
  try {
    const hash = createHash('sha256');
    const chunk = Buffer.alloc(256 * 1024);
    for (let position = 0; ; ) {
      const read = await attempt('read', path, files.read(fd, chunk, 0, chunk.length, position));
      if (read === 0) return `sha256:${hash.digest('hex')}`;
      hash.update(chunk.subarray(0, read));
      position += read;
    }
  } finally {
    await files.close(fd);
  }
}
