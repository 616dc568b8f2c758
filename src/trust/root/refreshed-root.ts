import type { Schedule } from '../../durable/schedule.ts';
import { CodedError, codeOf, describeThrown } from '../../errors.ts';
import { type Clock, rfc3339 } from '../../model/clock.ts';
import type { TrustEvent } from '../event.ts';
import { type Age, isStale, liesAhead } from './age.ts';
import { parseTrustRoot } from './parse-trust-root.ts';
import type { CachedRoot, GoodRoot, RootCache } from './root-cache.ts';
import type { RootState } from './root-state.ts';
import type { TrustRoot } from './trust-root.ts';
import type { RefreshTarget, TufMetadata } from './tuf.ts';

const RETRY_MS = 60_000;
const MAX_RETRY_MS = 3_600_000;
/** What is told of a cache besides that it cannot be read. */
const NOT_BELIEVED = ['root.cache_exposed', 'root.cache_unproved'];
/** Longer timers than this overflow. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A root to begin with, before anything was refreshed: the shipped one. */
export type FirstRoot = { readonly bytes: Uint8Array; readonly asOf: number };

export type RefreshedRootOptions = {
  readonly name: string;
  readonly mirror: string;
  /** The target in the TUF repository. */
  readonly target: string;
  readonly maxAgeMs: number;
  /** Bounds of a refresh. */
  readonly timeoutMs: number;
  readonly retries: number;
  /** The repository's root.json to begin with. */
  readonly tufRoot: Uint8Array;
  readonly first?: FirstRoot;
  readonly cache: RootCache;
  /** Where a refresh may work. */
  readonly folder: string;
  readonly now: Clock;
  readonly schedule: Schedule;
  readonly fetch: typeof fetch;
  readonly refreshTarget: RefreshTarget;
  readonly onEvent: (event: TrustEvent) => void;
  /** The state has changed: another root, stale, or no longer so. */
  readonly onChange: () => void;
};

/** A root that is refreshed through TUF. */
export type RefreshedRoot = {
  readonly state: () => RootState;
  /** Refreshes now, or waits for the refresh under way. Never throws: false when it failed, which is an event. */
  readonly refresh: () => Promise<boolean>;
  readonly close: () => Promise<void>;
};

type Good = Age & {
  readonly root: TrustRoot;
  readonly bytes: Uint8Array;
  refreshed: boolean;
};

/** Opens what was kept, or the first root where that is newer; refreshes only when told. */
export async function openRefreshedRoot(options: RefreshedRootOptions): Promise<RefreshedRoot> {
  const { name, mirror, maxAgeMs, cache, now, schedule, onEvent, onChange } = options;
  const ended = new AbortController();
  let good: Good | undefined;
  let latest = 0;
  let staleTold = false;
  let running: Promise<boolean> | undefined;
  let failures = 0;
  let cancelRetry: () => void = () => undefined;
  let cancelStale: () => void = () => undefined;

  const tell = (code: string, severity: TrustEvent['severity'], message: string, cause?: unknown) =>
    onEvent({ code, severity, message: `root ${name}: ${message}`, ...(cause === undefined ? {} : { cause }) });

  /** The clock, and with it the latest time it has shown. */
  function tick(): number {
    const time = now();
    latest = Math.max(latest, time);
    return time;
  }

  function stale(): boolean {
    return good !== undefined && isStale({ refreshedAt: good.refreshedAt, latest }, tick(), maxAgeMs);
  }

  function adopt(bytes: Uint8Array, age: Age, refreshed: boolean): boolean {
    const root = parseTrustRoot(bytes);
    const changed = root.digest !== good?.root.digest;
    good = { root, bytes, refreshed, ...age };
    latest = age.latest;
    return changed;
  }

  /** Told once when it becomes stale, at that moment; a look at the state cannot be what finds out. */
  function watchAge(): void {
    cancelStale();
    if (good === undefined || ended.signal.aborted) return;
    if (stale()) {
      if (staleTold) return;
      staleTold = true;
      tell('root.stale', 'error', staleMessage(good));
      onChange();
      return;
    }
    staleTold = false;
    const left = good.refreshedAt + maxAgeMs - Math.max(latest, now()) + 1;
    cancelStale = schedule(Math.min(Math.max(left, 1), MAX_TIMER_MS), watchAge);
  }

  function staleMessage({ refreshedAt, refreshed }: Good): string {
    const since = refreshed
      ? `was last refreshed at ${rfc3339(refreshedAt)}`
      : 'was never refreshed since this version was released';
    return `the root ${since}, longer ago than max_age_seconds (${maxAgeMs / 1000}); nothing keyless counts until a refresh from ${mirror} succeeds`;
  }

  async function load(): Promise<void> {
    const { first } = options;
    try {
      const kept = (await cache.read())?.good;
      if (kept !== undefined && liesAhead(kept, tick())) {
        // The clock was set back, or the time was written by somebody else: it makes nothing younger, and what it may make older is safe.
        latest = Math.max(latest, kept.latest, kept.refreshedAt);
        const what = `what was kept was refreshed at ${rfc3339(kept.refreshedAt)}, which lies in the future, and is not believed`;
        tell(
          'root.cache_unproved',
          'error',
          `${what}; set the clock right; if it is, find out who else can write the cache`,
        );
      } else if (kept !== undefined) {
        adopt(kept.bytes, kept, true);
      }
    } catch (cause) {
      const own = NOT_BELIEVED.find((code) => code === codeOf(cause));
      tell(own ?? 'root.cache_unreadable', 'error', describeThrown(cause), cause);
    }
    if (first !== undefined && (good === undefined || good.refreshedAt < first.asOf)) {
      adopt(first.bytes, { refreshedAt: first.asOf, latest: Math.max(latest, first.asOf) }, false);
    }
    if (good === undefined) {
      tell(
        'root.unavailable',
        'warning',
        `no root was kept; nothing keyless counts until a refresh from ${mirror} succeeds`,
      );
    }
  }

  /** What the last refresh verified, read anew: another process may have been here. What is not believed ends here: it begins from the first root.json. */
  async function known(): Promise<CachedRoot> {
    const begin: CachedRoot = { metadata: { roots: [options.tufRoot] } };
    return (await cache.read().catch(() => undefined)) ?? begin;
  }

  async function attempt(): Promise<boolean> {
    const kept = await known();
    const outcome = await options.refreshTarget({
      mirror,
      target: options.target,
      metadata: kept.metadata,
      ...(kept.good !== undefined && { known: kept.good.bytes }),
      folder: options.folder,
      timeoutMs: options.timeoutMs,
      retries: options.retries,
      fetch: options.fetch,
      signal: ended.signal,
    });
    if (ended.signal.aborted) return false;
    let failure = 'failure' in outcome ? outcome.failure : undefined;
    let changed = false;
    const wasStale = good === undefined || stale();
    const time = now();
    if ('target' in outcome) {
      try {
        changed = adopt(outcome.target, { refreshedAt: time, latest: time }, true);
      } catch (cause) {
        const what = `the repository's new root is refused: ${describeThrown(cause)}`;
        failure = new CodedError('root.rejected', what, { cause });
      }
    }
    const renewed =
      failure === undefined && good !== undefined
        ? { bytes: good.bytes, proof: outcome.metadata, refreshedAt: good.refreshedAt, latest: good.latest }
        : undefined;
    await keep(outcome.metadata, renewed, kept.good);
    if (failure !== undefined) throw failure;
    tell(
      changed ? 'root.changed' : 'root.refreshed',
      'info',
      `refreshed from ${mirror}; its digest is ${good?.root.digest}`,
    );
    watchAge();
    if (changed || wasStale) onChange();
    return true;
  }

  /** Metadata is kept also after a failure, so that what was seen cannot be rolled back; the time of the last success stays. */
  async function keep(
    metadata: TufMetadata,
    renewed: GoodRoot | undefined,
    before: GoodRoot | undefined,
  ): Promise<void> {
    const kept = renewed ?? (before === undefined ? undefined : { ...before, latest: Math.max(before.latest, latest) });
    try {
      await cache.write({ metadata, ...(kept !== undefined && { good: kept }) });
    } catch (cause) {
      tell(
        'root.cache_failed',
        'warning',
        `the refreshed root counts, but would be lost with the process: ${describeThrown(cause)}`,
        cause,
      );
    }
  }

  async function run(): Promise<boolean> {
    cancelRetry();
    tick();
    try {
      if (!(await cache.alone(attempt))) return false;
      failures = 0;
      return true;
    } catch (cause) {
      if (ended.signal.aborted) return false;
      const delay = Math.min(RETRY_MS * 2 ** failures++, MAX_RETRY_MS);
      const code = codeOf(cause) ?? 'unknown';
      const left =
        good === undefined
          ? 'there is no root'
          : stale()
            ? 'the last good root is stale'
            : 'the last good root counts on';
      tell(
        'root.refresh_failed',
        good === undefined || stale() ? 'error' : 'warning',
        `${describeThrown(cause)} (${code}); ${left}; tried again in ${delay / 1000} s`,
        cause,
      );
      watchAge();
      cancelRetry = schedule(delay, () => void refresh());
      return false;
    }
  }

  function refresh(): Promise<boolean> {
    if (ended.signal.aborted) return Promise.resolve(false);
    running ??= run().finally(() => {
      running = undefined;
    });
    return running;
  }

  await load();
  watchAge();
  return {
    state() {
      if (good === undefined) {
        const message = `the root ${name} was never fetched from ${mirror}; see root.refresh_failed in the log`;
        return { failure: 'root_unavailable', message };
      }
      if (stale()) return { failure: 'root_stale', message: staleMessage(good) };
      const { root, bytes, refreshedAt, refreshed } = good;
      return { root, bytes, digest: root.digest, ...(refreshed && { refreshedAt }) };
    },
    refresh,
    async close() {
      ended.abort();
      cancelRetry();
      cancelStale();
      await running;
    },
  };
}
