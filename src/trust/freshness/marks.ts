import type { Clock } from '../../model/clock.ts';
import { rfc3339 } from '../../model/clock.ts';
import type { SharedState, StateEntry } from '../../model/shared-state.ts';
import { refusal } from '../failure.ts';
import type { SeenCheckpoint } from '../verdict.ts';
import type { Distrust, FreshnessEventSink, LogName, TreeHead } from './event.ts';
import {
  headOf,
  type LiveMark,
  LOG_PREFIX,
  type LogMemory,
  logKey,
  markProved,
  newLogMemory,
  observeTree,
  raiseLive,
  readLogMemory,
  writeLogMemory,
} from './log-memory.ts';
import type { Update } from './update.ts';

/** Whether trees fit what is remembered of their logs; if not, the log and why it is not believed. */
export type MarkOutcome =
  | { readonly kind: 'fits' }
  | { readonly kind: 'distrusted'; readonly log: LogName; readonly distrust: Distrust };

/** What is remembered of logs, over a store. All of it throws what the store throws, and `trust.state_unavailable` for a torn entry. */
export type Marks = {
  readonly read: (log: LogName) => Promise<LogMemory>;
  /** Every origin under which a log's key was seen, at most 1000. */
  readonly known: (logId: string) => Promise<readonly LogMemory[]>;
  /** Compares checkpoints with what is remembered. A split view is remembered and alarmed; nothing else is written. */
  readonly compare: (seen: readonly SeenCheckpoint[]) => Promise<MarkOutcome>;
  /** Compares, and remembers what is new. */
  readonly observe: (seen: readonly SeenCheckpoint[]) => Promise<MarkOutcome>;
  /** Remembers, until an operator undoes it, that a log is not believed, and alarms. The first finding stays. */
  readonly distrust: (log: LogName, distrust: Distrust) => Promise<MarkOutcome>;
  /**
   * Raises the live mark to a tree that was proved to extend `from`, the mark that was read before (undefined: there was none).
   * `raised` is false where the mark is another one by now: then the proof is about the wrong tree and has to be made again.
   */
  readonly raise: (
    log: LogName,
    from: TreeHead | undefined,
    to: LiveMark,
  ) => Promise<{ readonly raised: boolean; readonly outcome: MarkOutcome }>;
  /** Remembers which checkpoints were proved to lie within the live tree. */
  readonly prove: (log: LogName, proved: readonly TreeHead[]) => Promise<void>;
};

type MarksOptions = {
  readonly state: SharedState;
  readonly update: Update;
  readonly now: Clock;
  readonly onEvent: FreshnessEventSink;
  /** Checkpoints remembered per log. */
  readonly bound: number;
};

/** More logs than anybody relies on; the map is emptied when it is full. */
const MAX_PARSED = 64;
/** Other origins that an alarm names. */
const MAX_TOLD = 8;
const FITS: MarkOutcome = { kind: 'fits' };

export function createMarks({ state, update, now, onEvent, bound }: MarksOptions): Marks {
  /** Findings that the store did not take: each visit tries again. */
  const unwritten = new Map<string, Distrust>();
  /** The findings that this process has alarmed about, by log: also those that another one made, once each. */
  const alarmed = new Map<string, string>();
  /** What was read last, by key: most documents rely on few logs, and nothing has changed since the last one. */
  const parsed = new Map<string, { readonly value: string; readonly memory: LogMemory }>();

  function memoryOf(log: LogName, entry: StateEntry | undefined): LogMemory {
    if (entry === undefined) return newLogMemory(log);
    const key = logKey(log);
    const before = parsed.get(key);
    if (before?.value === entry.value) return before.memory;
    const memory = readLogMemory(entry.value);
    if (memory.logId !== log.logId || memory.origin !== log.origin) {
      throw refusal('state_unavailable', 'what is remembered under the key of a log is about another one');
    }
    if (parsed.size >= MAX_PARSED) parsed.clear();
    parsed.set(key, { value: entry.value, memory });
    return memory;
  }

  async function read(log: LogName): Promise<LogMemory> {
    const memory = memoryOf(log, await state.read(logKey(log)));
    if (memory.distrust !== undefined) alarm(log, memory.distrust, true);
    return memory;
  }

  function alarm(log: LogName, found: Distrust, remembered: boolean): void {
    const what = `${found.time} ${remembered}`;
    if (alarmed.get(logKey(log)) === what) return;
    alarmed.set(logKey(log), what);
    onEvent({ type: 'log_distrusted', remembered, ...nameOf(log), ...found });
  }

  /** What the trees of one log come to, on a memory; pure. */
  function judge(memory: LogMemory, seen: readonly SeenCheckpoint[]): { memory: LogMemory; found?: Distrust } {
    let after = memory;
    for (const { size, root } of seen) {
      const observed = observeTree(after, { size: BigInt(size), root }, now(), bound);
      if (observed.kind === 'split') {
        const trees = [observed.other, { size, root }] as const;
        return { memory, found: { code: 'split_view', trees, time: rfc3339(now()) } };
      }
      if (observed.kind === 'new') after = observed.memory;
    }
    return { memory: after };
  }

  async function distrust(log: LogName, found: Distrust): Promise<MarkOutcome> {
    try {
      const kept = await update(logKey(log), (entry) => {
        const memory = memoryOf(log, entry);
        if (memory.distrust !== undefined) return { result: memory.distrust };
        return { write: writeLogMemory({ ...memory, distrust: found }), result: found };
      });
      unwritten.delete(logKey(log));
      alarm(log, kept, true);
      // What was found here besides is told as well, with its own roots.
      if (kept !== found) alarm(log, found, true);
      return { kind: 'distrusted', log, distrust: kept };
    } catch (cause) {
      // Refused and alarmed all the same: until the store takes it, this process remembers.
      unwritten.set(logKey(log), found);
      onEvent({ type: 'state_failed', message: `what ${log.origin} has shown cannot be remembered`, cause });
      alarm(log, found, false);
      return { kind: 'distrusted', log, distrust: found };
    }
  }

  async function visit(log: LogName, seen: readonly SeenCheckpoint[], remember: boolean): Promise<MarkOutcome> {
    const known = unwritten.get(logKey(log));
    if (known !== undefined) return distrust(log, known);
    const memory = await read(log);
    if (memory.distrust !== undefined) return { kind: 'distrusted', log, distrust: memory.distrust };
    const { found, memory: after } = judge(memory, seen);
    if (found !== undefined) return distrust(log, found);
    if (!remember || after === memory) return FITS;
    const late = await update<Distrust | undefined>(logKey(log), (entry) => {
      const current = memoryOf(log, entry);
      if (current.distrust !== undefined) return { result: current.distrust };
      const again = judge(current, seen);
      if (again.found !== undefined) return { result: again.found };
      return { ...(again.memory !== current && { write: writeLogMemory(again.memory) }), result: undefined };
    });
    // Found while somebody else wrote: remembered and alarmed like any other.
    if (late !== undefined) return distrust(log, late);
    if (memory.trees.length === 0 && memory.live === undefined) await tellOfOthers(log);
    return FITS;
  }

  /** Nobody lists the trees of a key, so that another one is told: it may be a shard, and it may be a fork under a name of its own. */
  async function tellOfOthers(log: LogName): Promise<void> {
    const others = (await known(log.logId)).map(({ origin }) => origin).filter((origin) => origin !== log.origin);
    if (others.length > 0) onEvent({ type: 'another_tree', ...nameOf(log), others: others.slice(0, MAX_TOLD) });
  }

  async function known(logId: string): Promise<readonly LogMemory[]> {
    const memories: LogMemory[] = [];
    for (const key of await state.list(`${LOG_PREFIX}${logId}/`, 1000)) {
      const entry = await state.read(key);
      if (entry !== undefined) memories.push(readLogMemory(entry.value));
    }
    return memories;
  }

  /** Every log is compared, also behind one that is refused: each split view is remembered when it shows. */
  async function visitAll(seen: readonly SeenCheckpoint[], remember: boolean): Promise<MarkOutcome> {
    let outcome = FITS;
    for (const [log, ofLog] of byLog(seen)) {
      const found = await visit(log, ofLog, remember && outcome.kind === 'fits');
      if (outcome.kind === 'fits') outcome = found;
    }
    return outcome;
  }

  return {
    read,
    known,
    compare: (seen) => visitAll(seen, false),
    observe: (seen) => visitAll(seen, true),
    distrust,
    raise: async (log, from, to) => {
      const seen = { ...log, ...headOf(to) };
      const result = await update<{ raised: boolean; found?: Distrust }>(logKey(log), (entry) => {
        const memory = memoryOf(log, entry);
        if (memory.distrust !== undefined) return { result: { raised: false, found: memory.distrust } };
        const { found } = judge(memory, [seen]);
        if (found !== undefined) return { result: { raised: false, found } };
        const { live } = memory;
        if (live?.size.toString() !== from?.size || live?.root !== from?.root) return { result: { raised: false } };
        const raised = raiseLive(memory, to, bound);
        if (raised === memory) return { result: { raised: false } };
        return { write: writeLogMemory(raised), result: { raised: true } };
      });
      if (result.found !== undefined) return { raised: false, outcome: await distrust(log, result.found) };
      return { raised: result.raised, outcome: FITS };
    },
    prove: (log, proved) =>
      update(logKey(log), (entry) => {
        if (proved.length === 0) return { result: undefined };
        return { write: writeLogMemory(markProved(memoryOf(log, entry), proved)), result: undefined };
      }),
  };
}

function nameOf({ logId, origin }: LogName): LogName {
  return { logId, origin };
}

/**
 * The checkpoints by log. Their signatures were verified, so what they say was said by a log; its form is checked nevertheless.
 *
 * @throws CodedError `trust.log_checkpoint_invalid`
 */
function byLog(seen: readonly SeenCheckpoint[]): readonly (readonly [LogName, readonly SeenCheckpoint[]])[] {
  const groups = new Map<string, [LogName, SeenCheckpoint[]]>();
  for (const checkpoint of seen) {
    if (!isWellFormed(checkpoint)) {
      throw refusal('log_checkpoint_invalid', 'a checkpoint has no origin, or its size, root or log id is not one');
    }
    const key = logKey(checkpoint);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [nameOf(checkpoint), [checkpoint]]);
    else group[1].push(checkpoint);
  }
  return [...groups.values()];
}

function isWellFormed({ logId, origin, size, root }: SeenCheckpoint): boolean {
  return (
    /^[0-9a-f]{2,128}$/.test(logId) &&
    origin !== '' &&
    origin.length <= 1024 &&
    /^[1-9]\d{0,19}$/.test(size) &&
    /^[0-9a-f]{64}$/.test(root)
  );
}
