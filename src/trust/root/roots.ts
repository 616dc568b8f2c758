import { readBounded } from '../../durable/bounded-read.ts';
import { type CronSchedule, cronTasks } from '../../durable/cron.ts';
import { type Files, nodeFiles } from '../../durable/files.ts';
import { type Schedule, timers } from '../../durable/schedule.ts';
import { CodedError, codeOf, describeThrown } from '../../errors.ts';
import type { Clock } from '../../model/clock.ts';
import { sha256 } from '../../model/digest.ts';
import { within } from '../../model/json.ts';
import { parseStrictJson } from '../../model/strict-json.ts';
import { guardedEvents, type TrustEvent } from '../event.ts';
import type { RefreshedRootConfig, RootsConfig } from './config.ts';
import { type FileRoots, openFileRoots } from './file-roots.ts';
import { MAX_ROOT_BYTES, parseTrustRoot } from './parse-trust-root.ts';
import { readShippedRoot } from './public-good.ts';
import { openRefreshedRoot, type RefreshedRoot, type RefreshedRootOptions } from './refreshed-root.ts';
import { openRootCache } from './root-cache.ts';
import type { RootState } from './root-state.ts';
import { type RefreshTarget, refreshTarget } from './tuf.ts';

/** The configured roots, followed as they change. */
export type Roots = {
  /** By name, each root as it counts at this moment. Cheap: for every decision. */
  readonly current: () => Readonly<Record<string, RootState>>;
  /** Called when a root is another, has become stale, or is no longer so; what it returns ends that. */
  readonly onChange: (listener: () => void) => () => void;
  /** Refreshes now what is refreshed at all: by name, whether that succeeded. Why not is an event. */
  readonly refresh: () => Promise<ReadonlyMap<string, boolean>>;
  /** Ends schedules, watches and refreshes under way. */
  readonly close: () => Promise<void>;
};

export type RootsOptions = {
  /** What relative paths of the configuration are meant against. */
  readonly resolve: (path: string) => string;
  readonly now: Clock;
  readonly onEvent: (event: TrustEvent) => void;
  readonly schedule?: Schedule;
  readonly cron?: CronSchedule;
  readonly fetch?: typeof fetch;
  readonly refreshTarget?: RefreshTarget;
  readonly files?: Files;
  /** Whether roots are refreshed right away, besides the schedule; default true. Nothing waits for it. */
  readonly refreshAtStart?: boolean;
};

/**
 * Opens the configured roots. What reaches no network at the start begins with what was kept, or with what is shipped.
 *
 * Events: `root.changed`, `root.refreshed`, `root.refresh_failed`, `root.rejected`, `root.stale`, `root.unavailable`,
 * `root.cache_unreadable`, `root.cache_exposed`, `root.cache_unproved`, `root.cache_failed`, `root.watch_failed`,
 * `root.listener_failed`; docs/trust-roots.md says what to do about each.
 *
 * @throws CodedError where a file of the configuration cannot be read: `root.*`, `durable.file_*`
 */
export async function openRoots(config: RootsConfig, options: RootsOptions): Promise<Roots> {
  const { resolve, schedule = timers, cron = cronTasks } = options;
  const onEvent = guardedEvents(options.onEvent);
  const listeners = new Set<() => void>();
  const onChange = () => {
    for (const listener of [...listeners]) {
      try {
        listener();
      } catch (cause) {
        const message = `a change of roots was not taken up: ${describeThrown(cause)}`;
        onEvent({ code: 'root.listener_failed', severity: 'error', message, cause });
      }
    }
  };
  const pinned = new Map<string, RootState>();
  const refreshed = new Map<string, RefreshedRoot>();
  const tasks: (() => Promise<void>)[] = [];
  let files: FileRoots | undefined;

  async function close(): Promise<void> {
    await Promise.all(tasks.splice(0).map((end) => end()));
    await Promise.all([files?.close(), ...[...refreshed.values()].map((root) => root.close())]);
    listeners.clear();
  }

  try {
    const paths = new Map<string, string>();
    for (const [name, root] of Object.entries(config)) {
      if (root.source === 'file') paths.set(name, resolve(root.path));
      else if (root.refresh === false) pinned.set(name, pinnedState());
      else refreshed.set(name, await openTuf(name, root, root.refresh, { ...options, onEvent, schedule }, onChange));
    }
    files = await openFileRoots(paths, { schedule, onEvent, onChange });
  } catch (error) {
    await close();
    throw error;
  }
  for (const [name, root] of refreshed) {
    const refresh = config[name]?.source === 'file' ? false : config[name]?.refresh;
    if (refresh) tasks.push(cron(refresh.schedule, root.refresh));
    if (options.refreshAtStart ?? true) void root.refresh();
  }
  const stateOf = (name: string) => refreshed.get(name)?.state() ?? pinned.get(name) ?? files.state(name);
  return {
    current() {
      const states: Record<string, RootState> = {};
      for (const name of Object.keys(config)) {
        const state = stateOf(name);
        if (state !== undefined) states[name] = state;
      }
      return states;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async refresh() {
      const outcomes = [...refreshed].map(async ([name, root]) => [name, await root.refresh()] as const);
      return new Map(await Promise.all(outcomes));
    },
    close,
  };
}

function pinnedState(): RootState {
  const bytes = readShippedRoot().trustedRoot;
  const root = parseTrustRoot(bytes);
  return { root, bytes, digest: root.digest };
}

async function openTuf(
  name: string,
  config: RefreshedRootConfig,
  refresh: Exclude<RefreshedRootConfig['refresh'], false>,
  options: RootsOptions & { readonly schedule: Schedule },
  onChange: () => void,
): Promise<RefreshedRoot> {
  const { resolve, now, schedule, onEvent } = options;
  const folder = resolve(config.cache);
  const { repository, ...beginning } = beginningOf(name, config, resolve);
  return await openRefreshedRoot({
    name,
    mirror: config.mirror,
    maxAgeMs: config.max_age_seconds * 1000,
    timeoutMs: refresh.timeout_seconds * 1000,
    retries: refresh.retries,
    ...beginning,
    cache: openRootCache({
      files: options.files ?? nodeFiles,
      folder,
      name,
      repository,
      pinned: beginning.tufRoot,
      target: beginning.target,
    }),
    folder,
    now,
    schedule,
    fetch: options.fetch ?? fetch,
    refreshTarget: options.refreshTarget ?? refreshTarget,
    onEvent,
    onChange,
  });
}

type Beginning = Pick<RefreshedRootOptions, 'tufRoot' | 'target' | 'first'> & {
  /** What was kept is of use as long as the same keys began the chain: a mirror's address is no part of that. */
  readonly repository: string;
};

function beginningOf(name: string, config: RefreshedRootConfig, resolve: RootsOptions['resolve']): Beginning {
  if (config.source === 'tuf') {
    const tufRoot = readTufRoot(name, resolve(config.root));
    return { tufRoot, target: config.target, repository: `${sha256(tufRoot)} ${config.target}` };
  }
  const { tufRoot, trustedRoot, releasedAt } = readShippedRoot();
  const first = { bytes: trustedRoot, asOf: releasedAt };
  return { tufRoot, target: 'trusted_root.json', first, repository: 'public_good' };
}

/** A first look at the form alone: whether its signatures hold, the refresh says. */
function readTufRoot(name: string, path: string): Uint8Array {
  const read = readBounded(path, MAX_ROOT_BYTES);
  const refuse = (why: string, cause?: unknown) =>
    new CodedError(
      'root.tuf_root_unreadable',
      `trust.roots.${name}.root: ${path} cannot be used (${why}); name the repository's root.json`,
      { cause },
    );
  if ('cause' in read) throw refuse(codeOf(read.cause) ?? describeThrown(read.cause), read.cause);
  if ('problem' in read) {
    throw refuse(read.problem === 'no_file' ? 'it is no file' : `it is larger than ${MAX_ROOT_BYTES} bytes`);
  }
  try {
    const json = parseStrictJson(read.bytes, { maxBytes: MAX_ROOT_BYTES, maxDepth: 16 });
    if (within(json, 'signed', '_type') !== 'root') throw new TypeError('it is no root.json of TUF');
    return read.bytes;
  } catch (cause) {
    throw refuse(describeThrown(cause), cause);
  }
}
