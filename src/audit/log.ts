import type { AppendRecord } from '../decision/ports.ts';
import { type Files, nodeFiles } from '../durable/files.ts';
import type { Schedule } from '../durable/schedule.ts';
import { CodedError } from '../errors.ts';
import { type Clock, type Milliseconds, rfc3339 } from '../model/clock.ts';
import type { AppendedRecord, RecordDraft } from '../model/record.ts';
import { type Batch, groupCommit } from './commit.ts';
import type { AuditConfig } from './config.ts';
import { type AuditEventSink, guarded } from './event.ts';
import { attempt, auditFailure } from './failure.ts';
import type { Acknowledged } from './inspect.ts';
import { composeLine, type LogIdentity, type Place, type WrittenLine } from './line.ts';
import { lockFolder } from './lock.ts';
import { settleLogId } from './log-id.ts';
import { compileMask } from './mask.ts';
import { settleOrigin, writeSeal } from './meta.ts';
import { type KeepObject, objectStore } from './objects.ts';
import { probe } from './probe.ts';
import { findPermits, incomplete } from './read.ts';
import { repairFolder } from './repair.ts';
import { saltPool } from './salt.ts';
import { listSegments } from './segments.ts';
import { watchSpace } from './space.ts';
import type { AuditState } from './state.ts';
import { segmentsInTurn } from './turns.ts';

/** Where and how a log is written: the configuration's `audit` with its `folder` made absolute, whose log it is, and its effects. */
export type AuditLogOptions = AuditConfig &
  LogIdentity & {
    /** Bytes fit for secrets: `crypto.randomBytes`. */
    readonly randomBytes: (size: number) => Uint8Array;
    readonly schedule: Schedule;
    readonly onEvent: AuditEventSink;
    /** For tests; the system's by default. */
    readonly files?: Files;
    /** For tests; the system's by default. */
    readonly now?: Clock;
  };

/** A log that is open: this process alone writes it. */
export type AuditLog = {
  readonly origin: string;
  /** What tells this log from all others, whatever they are called: 32 hex digits. */
  readonly id: string;
  /**
   * Takes a record in its turn; resolves once it is durable.
   *
   * Rejects with a CodedError, and then nothing may be permitted: audit.overloaded, audit.closed, audit.member_reserved,
   * audit.not_json, audit.record_too_large, audit.payload_too_large (the log goes on), or why the log has failed: audit.disk_full,
   * audit.read_only, audit.forbidden, audit.fsync_failed, audit.write_failed, audit.open_failed … (until it has recovered). Whether the
   * record may be in the log all the same, `wasNotTaken` tells.
   */
  readonly append: AppendRecord;
  readonly state: () => AuditState;
  /**
   * Which of these decisions are permits of their own in records at this index or behind.
   *
   * @throws CodedError why the log has failed: what will be left of it is open until it has recovered; `audit.incomplete` where records
   *   from this index on are not all here; audit.read_failed and the like
   */
  readonly findPermits: (ids: ReadonlySet<string>, from: number) => Promise<ReadonlySet<string>>;
  /** Keeps what records name by digest, beside the log. */
  readonly keepObject: KeepObject;
  /** Refuses further records, waits for those under way, seals the log and gives the folder free. */
  readonly close: () => Promise<void>;
};

const NOT_TAKEN = 'not_taken';

/** True for an error of `append` after which no such record exists or ever will; false where that is open. */
export function wasNotTaken(error: unknown): boolean {
  return error instanceof CodedError && error.code.startsWith('audit.') && error.detail.outcome === NOT_TAKEN;
}

/** The same error, saying so. */
export function notTaken(error: unknown): unknown {
  if (!(error instanceof CodedError)) return error;
  const detail = { ...error.detail, outcome: NOT_TAKEN };
  return new CodedError(error.code, error.message, { cause: error.cause ?? error, detail });
}

/** Bytes that go to the disk at once: enough for the best throughput, few enough for a bounded wait. */
const BATCH_BYTES = 1024 * 1024;

/**
 * Opens the log in a folder, creating it where there is none: takes its lock, repairs what an ended writer left, and finds where the
 * next record stands. Each opening begins a new segment, with its first record.
 *
 * @throws CodedError audit.locked | audit.lock_unavailable | audit.corrupt | audit.origin_mismatch, or what the system refuses
 */
export async function openAuditLog(options: AuditLogOptions): Promise<AuditLog> {
  const { folder, files = nodeFiles } = options;
  await attempt('open', folder, files.makeFolder(folder, 0o700));
  const lock = await lockFolder(files, folder);
  try {
    const fallback = `exequatur/${encodeURIComponent(options.instance.toWellFormed())}`;
    const begun = (await attempt('read', folder, listSegments(files, folder))).length > 0;
    const origin = await settleOrigin(files, folder, options.origin, fallback, begun);
    const place = await repairFolder({ files, folder, onEvent: guarded(options.onEvent) });
    await probe(files, folder);
    const id = await settleLogId(files, folder, options.randomBytes);
    return runLog(options, { origin, id }, place, lock.release);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

type Phase =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed' | 'closed'; readonly error: CodedError; readonly since: Milliseconds };

function runLog(
  options: AuditLogOptions,
  { origin, id }: Pick<AuditLog, 'origin' | 'id'>,
  start: Place,
  release: () => Promise<void>,
): AuditLog {
  const { folder, files = nodeFiles, now = Date.now } = options;
  const onEvent = guarded(options.onEvent);
  const mask = compileMask(options.mask);
  const salt = saltPool(options.randomBytes);
  const space = watchSpace({
    files,
    folder,
    threshold: options.low_space.free_bytes,
    intervalMs: options.low_space.interval_seconds * 1000,
    schedule: options.schedule,
    onEvent,
  });
  let phase: Phase = { kind: 'ready' };
  /** Where the next record stands: ahead of the disk by what waits. */
  let place = start;
  /** What is durable. */
  let acknowledged: Acknowledged = { nextIndex: start.index, leaf: start.previous };
  let recovering: Promise<void> = Promise.resolve();
  let cancelRetry = (): void => undefined;
  let closing: Promise<void> | undefined;

  const segments = segmentsInTurn({ files, folder, ...options.segment, now, onEvent });
  const commit = groupCommit({ write, onFailure: fail, batchBytes: BATCH_BYTES });

  async function write(batch: Batch): Promise<void> {
    await segments.append(batch.first, batch.bytes);
    acknowledged = { nextIndex: batch.nextIndex, leaf: batch.leaf };
    space.written(batch.bytes.length);
  }

  function fail(thrown: unknown): CodedError {
    const error = auditFailure(thrown, 'write', folder);
    phase = { kind: 'failed', error, since: now() };
    onEvent({ type: 'failed', code: error.code, message: error.message, cause: error.cause });
    recovering = segments.leave().then(() => undefined);
    retryLater();
    return error;
  }

  function retryLater(): void {
    if (closing !== undefined) return;
    cancelRetry = options.schedule(options.retry_seconds * 1000, () => {
      recovering = recovering.then(recover);
    });
  }

  /** The same way as a start. Records that were rejected and yet reached the disk may stay; their places are taken then. */
  async function recover(): Promise<void> {
    if (phase.kind !== 'failed' || closing !== undefined) return;
    try {
      const found = await repairFolder({ files, folder, onEvent, acknowledged });
      await probe(files, folder);
      place = found;
      acknowledged = { nextIndex: found.index, leaf: found.previous };
    } catch (thrown) {
      const error = auditFailure(thrown, 'write', folder);
      phase = { ...phase, error };
      onEvent({ type: 'recovery_failed', code: error.code, message: error.message, cause: error.cause });
      retryLater();
      return;
    }
    phase = { kind: 'ready' };
    onEvent({ type: 'recovered', nextIndex: place.index });
  }

  function refusal(): CodedError | undefined {
    if (closing !== undefined) return closed();
    if (phase.kind !== 'ready') return phase.error;
    if (commit.records() >= options.queue.max_records || commit.bytes() >= options.queue.max_bytes) {
      return new CodedError(
        'audit.overloaded',
        'More records wait for the disk than the audit queue holds. Ask again later.',
      );
    }
    return undefined;
  }

  /** Composes and enqueues at once, so that places are given in the order of calls; a record that is refused takes none. */
  function take(draft: RecordDraft): {
    readonly index: number;
    readonly line: WrittenLine;
    readonly done: Promise<void>;
  } {
    const refused = refusal();
    if (refused !== undefined) throw refused;
    const payload = draft.payload === undefined ? undefined : mask(draft.payload);
    const line = composeLine(draft, payload, salt, place, options);
    const { index } = place;
    place = { index: index + 1, previous: line.leaf };
    return { index, line, done: commit.submit(index, line) };
  }

  /** Nothing of a record that was not taken can ever reach the disk; of one that was and failed, nobody knows before the log has recovered. */
  function takeOrTell(draft: RecordDraft): ReturnType<typeof take> {
    try {
      return take(draft);
    } catch (error) {
      throw notTaken(error);
    }
  }

  async function append(draft: RecordDraft): Promise<AppendedRecord> {
    const { index, line, done } = takeOrTell(draft);
    await done;
    return { origin, index, leaf: line.leaf };
  }

  function state(): AuditState {
    const known = {
      origin,
      nextIndex: place.index,
      durableIndex: acknowledged.nextIndex,
      waiting: { records: commit.records(), bytes: commit.bytes() },
      freeBytes: space.space().freeBytes,
      lowSpace: space.space().low,
    };
    if (phase.kind === 'ready') return { ...known, kind: 'ready' };
    const { kind, error, since } = phase;
    return { ...known, kind, code: error.code, message: error.message, since: rfc3339(since) };
  }

  async function end(): Promise<void> {
    space.stop();
    await commit.idle();
    cancelRetry();
    await recovering;
    const last = await segments.leave();
    const { nextIndex, leaf } = acknowledged;
    if (phase.kind === 'ready' && last !== undefined && leaf !== null) {
      // Without a seal the next start copies the last segment; nothing else depends on it.
      await writeSeal(files, folder, { segment: last.name, bytes: last.bytes, nextIndex, leaf }).catch(() => undefined);
    }
    phase = { kind: 'closed', error: closed(), since: now() };
    await release();
  }

  void space.look();
  return {
    origin,
    id,
    append,
    state,
    findPermits: async (ids, from) => {
      if (phase.kind !== 'ready') throw phase.error;
      if (from > acknowledged.nextIndex) throw incomplete(folder, from);
      return findPermits(folder, ids, from, acknowledged.nextIndex, files);
    },
    keepObject: objectStore(files, folder),
    close() {
      closing ??= end();
      return closing;
    },
  };
}

function closed(): CodedError {
  return new CodedError(
    'audit.closed',
    'The audit log is closed: the service is ending. Ask another replica, or again later.',
  );
}
