import { type CronSchedule, cronTasks } from '../../durable/cron.ts';
import { codeOf, describeThrown } from '../../errors.ts';
import { type Clock, rfc3339 } from '../../model/clock.ts';
import type { LiveConfig, LiveLogConfig } from './config.ts';
import type { ConsistencyResult, Tree } from './consistency.ts';
import type { FreshnessEventSink, LogName, TreeHead } from './event.ts';
import { noSuchLog, type RootOf, sourceOf } from './live-source.ts';
import type { LiveAnswer, LiveTree, LogSource } from './live-tree.ts';
import { headOf, type LogMemory, logKey } from './log-memory.ts';
import type { Marks } from './marks.ts';
import { readRekorV1 } from './rekor-v1.ts';
import { readRekorV2 } from './rekor-v2.ts';

/** What a look at one tree of a log came to. */
type LiveResult = {
  readonly log: LogName;
  /** `behind`: smaller than one seen before. `unproved`: nothing changed, and too many of these in a row distrust the log. */
  readonly result: 'raised' | 'unchanged' | 'empty' | 'behind' | 'unproved' | 'distrusted' | 'failed';
};

/** The scheduled look at logs. */
export type LiveWatch = {
  /** One look at every configured log; one that is under way is waited for instead. Never throws: what went wrong is an event. */
  readonly run: () => Promise<readonly LiveResult[]>;
  /** Runs now, and then by schedule. */
  readonly start: () => void;
  /** Ends the schedule and calls off what is under way. */
  readonly stop: () => Promise<void>;
};

export type LiveOptions = {
  readonly config: LiveConfig;
  /** The root of a name as it counts now, or why it does not. */
  readonly rootOf: RootOf;
  /** Of `createFreshness`: one per process, so that its turns hold. */
  readonly marks: Marks;
  readonly fetch: typeof globalThis.fetch;
  readonly now: Clock;
  readonly onEvent: FreshnessEventSink;
  /** node-cron by default. */
  readonly cron?: CronSchedule;
};

/** How often a live mark is proved anew because another replica raised it meanwhile. */
const MAX_TRIES = 4;

/** Looks at logs themselves: proves that each tree extends the one before, and that what bundles came with lies within it. */
export function watchLogs(options: LiveOptions): LiveWatch {
  const { config, marks, onEvent, now } = options;
  const ended = new AbortController();
  /** Runs in a row by log and kind of trouble; in this process alone. */
  const streaks = new Map<string, number>();
  let running: Promise<readonly LiveResult[]> | undefined;

  function streak(kind: string, key: string, goesOn: boolean): number {
    const name = `${kind} ${key}`;
    const count = goesOn ? (streaks.get(name) ?? 0) + 1 : 0;
    if (goesOn) streaks.set(name, count);
    else streaks.delete(name);
    return count;
  }

  async function look(log: LiveLogConfig): Promise<readonly LiveResult[]> {
    const source = sourceOf(log, options.rootOf, {
      fetch: options.fetch,
      timeoutMs: config.timeout_seconds * 1000,
      signal: ended.signal,
    });
    const answer = await readLog(log, source);
    if (answer === undefined) return [];
    const results: LiveResult[] = [];
    for (const tree of answer.trees) results.push({ log: tree.log, result: await guarded(tree) });
    if (answer.problems.length === 0) await reportUnlisted(source, answer.trees).catch(stateFailed);
    return results;
  }

  async function readLog(log: LiveLogConfig, source: LogSource): Promise<LiveAnswer | undefined> {
    const key = `${log.root} ${log.origin}`;
    try {
      if (source.candidates.length === 0) throw noSuchLog(log, options.rootOf);
      const answer = await (log.api === 'rekor_v1' ? readRekorV1(source) : readRekorV2(source));
      const runs = streak('unreachable', key, answer.problems.length > 0);
      for (const problem of answer.problems) unreachable(source.baseUrl, problem, runs);
      return answer;
    } catch (error) {
      if (!ended.signal.aborted) unreachable(source.baseUrl, error, streak('unreachable', key, true));
      return undefined;
    }
  }

  function unreachable(baseUrl: string, cause: unknown, runs: number): void {
    const code = codeOf(cause) ?? 'log.unreachable';
    onEvent({ type: 'log_unreachable', baseUrl, code, message: describeThrown(cause), runs, cause });
  }

  function unforeseen(log: LiveLogConfig, cause: unknown): readonly LiveResult[] {
    const baseUrl = log.base_url ?? log.origin;
    unreachable(baseUrl, cause, streak('unreachable', `${log.root} ${log.origin}`, true));
    return [];
  }

  function stateFailed(cause: unknown): void {
    onEvent({ type: 'state_failed', message: 'what logs have shown cannot be read or written', cause });
  }

  async function guarded(tree: LiveTree): Promise<LiveResult['result']> {
    try {
      const result = await follow(tree);
      if (result === 'raised' || result === 'unchanged') return (await proveObserved(tree)) ?? result;
      return result;
    } catch (error) {
      stateFailed(error);
      return 'failed';
    }
  }

  /** Compares a live tree with the mark and raises it. Throws what the store throws. */
  async function follow(tree: LiveTree): Promise<LiveResult['result']> {
    const { log } = tree;
    const head = headOf(tree);
    if (tree.size === 0n) return reportBehind(tree, await marks.read(log)) ? 'behind' : 'empty';
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const memory = await marks.read(log);
      if (memory.distrust !== undefined) return 'distrusted';
      const behind = reportBehind(tree, memory);
      const { live } = memory;
      if (live !== undefined && tree.size <= live.size) {
        // Of the same size it is the same tree, or a split view. A smaller one is proved once the log has caught up.
        if ((await marks.observe([{ ...log, ...head }])).kind === 'distrusted') return 'distrusted';
        return tree.size < live.size ? 'behind' : 'unchanged';
      }
      if (live !== undefined) {
        const proof = await proofOf(tree, live);
        if (proof !== 'consistent') return proof;
      }
      const from = live === undefined ? undefined : headOf(live);
      const { raised, outcome } = await marks.raise(log, from, { size: tree.size, root: tree.root, time: now() });
      if (outcome.kind === 'distrusted') return 'distrusted';
      if (raised) {
        onEvent({ type: 'live_raised', ...log, ...head, ...(from !== undefined && { from }) });
        return behind ? 'behind' : 'raised';
      }
    }
    return 'unchanged';
  }

  /** Proves, of the checkpoints that bundles came with, as many as a run may: those seen first come first. */
  async function proveObserved(tree: LiveTree): Promise<'unproved' | 'distrusted' | 'failed' | undefined> {
    const memory = await marks.read(tree.log);
    if (memory.live?.size !== tree.size || memory.live.root !== tree.root) return undefined;
    const open = memory.trees.filter(({ proved, size }) => !proved && size < tree.size);
    const chosen = [...open].sort((one, other) => one.seen - other.seen).slice(0, config.proofs_per_run);
    const proved: TreeHead[] = [];
    let trouble: 'unproved' | 'distrusted' | 'failed' | undefined;
    for (const seen of chosen) {
      const proof = await proofOf(tree, seen);
      if (proof === 'consistent') proved.push(headOf(seen));
      else trouble = proof;
      // A log that cannot be reached will not answer the others either; one that is distrusted need not.
      if (trouble === 'failed' || trouble === 'distrusted') break;
    }
    await marks.prove(tree.log, proved);
    if (proved.length > 0) {
      const left = open.length - proved.length;
      onEvent({ type: 'observed_proved', ...tree.log, count: proved.length, left });
    }
    return trouble;
  }

  /** The proof that one tree lies within a live one, and what follows where it does not. */
  async function proofOf(
    tree: LiveTree,
    from: { readonly size: bigint; readonly root: string },
  ): Promise<'consistent' | 'unproved' | 'distrusted' | 'failed'> {
    const key = `${logKey(tree.log)} ${from.size}`;
    const older: Tree = { size: from.size, root: Buffer.from(from.root, 'hex') };
    let found: ConsistencyResult;
    try {
      found = await tree.prove(older);
    } catch (error) {
      if (ended.signal.aborted) return 'failed';
      unreachable(tree.baseUrl, error, streak('proof', key, true));
      return 'failed';
    }
    streak('proof', key, false);
    const runs = streak('unproved', key, found === 'unproved');
    if (found === 'consistent') return found;
    const trees = [headOf(from), headOf(tree)] as const;
    if (found === 'inconsistent' || runs >= config.patience_runs) {
      await marks.distrust(tree.log, { code: 'log_inconsistent', trees, time: rfc3339(now()) });
      return 'distrusted';
    }
    onEvent({ type: 'log_unproved', ...tree.log, runs, from: trees[0], to: trees[1] });
    return 'unproved';
  }

  /** Whether the log has signed a larger tree than it shows, in a bundle or before; reported once it has for some runs. */
  function reportBehind(tree: LiveTree, memory: LogMemory): boolean {
    const largest = memory.trees.at(-1);
    const known = largest === undefined || (memory.live?.size ?? 0n) > largest.size ? memory.live : largest;
    const behind = known !== undefined && known.size > tree.size;
    const runs = streak('behind', logKey(tree.log), behind);
    if (behind && runs >= config.patience_runs) {
      onEvent({ type: 'log_behind', ...tree.log, runs, shown: headOf(tree), known: headOf(known) });
    }
    return behind;
  }

  /** A log's key can sign under any name: trees that bundles came with and that the log does not serve are vouched for by nobody. */
  async function reportUnlisted({ baseUrl, candidates }: LogSource, trees: readonly LiveTree[]): Promise<void> {
    const listed = new Set(trees.map(({ log }) => logKey(log)));
    for (const { id } of candidates) {
      for (const { logId, origin, trees: seen } of await marks.known(id)) {
        if (seen.length > 0 && !listed.has(logKey({ logId, origin }))) {
          onEvent({ type: 'origin_unlisted', baseUrl, logId, origin });
        }
      }
    }
  }

  async function runAll(): Promise<readonly LiveResult[]> {
    const results: LiveResult[] = [];
    // One after the other: there is no hurry, and a store sees few writers at once.
    for (const log of config.logs) {
      if (ended.signal.aborted) break;
      // What nobody foresaw in one log keeps nobody from the next.
      results.push(...(await look(log).catch((error: unknown) => unforeseen(log, error))));
    }
    return results;
  }

  const run = (): Promise<readonly LiveResult[]> => {
    running ??= runAll().finally(() => {
      running = undefined;
    });
    return running;
  };
  let endSchedule = async (): Promise<void> => undefined;
  return {
    run,
    start: () => {
      endSchedule = (options.cron ?? cronTasks)(config.schedule, run);
      void run();
    },
    stop: async () => {
      ended.abort();
      await endSchedule();
      await running;
    },
  };
}
