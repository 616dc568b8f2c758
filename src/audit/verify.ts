import { type Files, nodeFiles } from '../durable/files.ts';
import type { Sha256Digest } from '../model/digest.ts';
import { checkLine, type IntactLine } from './check-line.ts';
import { attempt } from './failure.ts';
import { type RawLine, readLines } from './lines.ts';
import { isFolderLocked } from './lock.ts';
import { type Segment, segmentsOf } from './segments.ts';
import { checkMeta, checkSeal, sealProblem } from './verify/beside.ts';
import { type Expected, follows } from './verify/chain.ts';
import { checkObjects, references } from './verify/objects.ts';
import type { VerifyProblem } from './verify/problem.ts';

/** What a verification found; for `audit verify --json` as it is. */
export type VerifyResult = {
  /** True where nothing is wrong. Dropped payloads, missing objects and a write under way are not wrong. */
  readonly ok: boolean;
  /** The log's name, as its folder says; the answers to its decisions carry it too. Undefined where the folder does not tell. */
  readonly origin?: string;
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
/**
 * Verifies a log's folder: each line's exact form, leaf hash and payload digest, the chain, the indexes through all segments, the
 * objects, the exact form of `meta.json` and `sealed.json`, and that the log goes as far as the seal says. It reads alone, in bounded
 * memory, and may run while the log is written.
 *
 * What it cannot show: that everything was written anew, that records are missing behind the last seal, or with it, and that
 * `meta.json` gives the log another name than it had. For that, keep `head` and `origin` elsewhere.
 *
 * @throws CodedError audit.no_log where the folder has no log; audit.read_failed and the like where it cannot be read
 */
export async function verifyLog(folder: string, files: Files = nodeFiles): Promise<VerifyResult> {
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

  // Before the segments, so that a log that is being written has all that a seal speaks of.
  const seal = await checkSeal(files, folder, report);
  const segments = await segmentsOf(files, folder);
  const origin = await checkMeta(files, folder, segments.length > 0, report);
  let sealed: { readonly file: string; readonly leaf: Sha256Digest } | undefined;
  let sealedBytes: number | undefined;

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
    if (line.index + 1 === seal?.nextIndex) sealed = { file: segment.name, leaf: line.leaf };
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
    const { dropped } = seen;
    const unfinished = await readSegment(files, folder, segment, isLast, (raw) => take(segment, raw));
    seen.bytes += unfinished.bytes;
    // Payloads that were dropped since leave a segment shorter than it was sealed.
    if (segment.name === sealed?.file && seen.dropped === dropped) sealedBytes = unfinished.bytes;
    if (unfinished.tail === undefined) continue;
    if (unfinished.beingWritten) beingWritten = true;
    else report(tornTail(segment, unfinished.tail));
  }

  if (seal !== undefined) {
    const problem = sealProblem(seal, { firstIndex, record: sealed, bytes: sealedBytes, whole: seen.problems === 0 });
    if (problem !== undefined) report(problem);
  }
  const objects = await checkObjects(files, folder, report);
  const missing = [...referenced].filter((digest) => !objects.has(digest)).slice(0, MAX_LISTED);
  return {
    ok: seen.problems === 0,
    ...(origin === undefined ? {} : { origin }),
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

type Unfinished = { readonly bytes: number; readonly tail?: RawLine; readonly beingWritten: boolean };

async function readSegment(
  files: Files,
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
      if (isLast && (await isFolderLocked(files, folder))) return { bytes, tail, beingWritten: true };
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
