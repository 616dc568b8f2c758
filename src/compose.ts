import { fileURLToPath } from 'node:url';
import { type Config, configPath } from './config.ts';
import { createEnvironmentResolver } from './decision/environment.ts';
import { type FactSources, noPlans } from './decision/facts.ts';
import type { EvaluatePolicy } from './decision/ports.ts';
import { type Documents, openDocuments } from './documents.ts';
import { readBounded } from './durable/bounded-read.ts';
import type { Schedule } from './durable/schedule.ts';
import { CodedError, codeOf } from './errors.ts';
import type { Clock } from './model/clock.ts';
import type { PolicyIdentity } from './model/decision.ts';
import { printable } from './model/printable.ts';
import type { SharedState } from './model/shared-state.ts';
import { openPlans } from './plan/open.ts';
import { buildPolicy } from './policy/build.ts';
import { type PolicyBundle, readBundle } from './policy/bundle.ts';
import { createEngine, type EngineOptions } from './policy/engine.ts';
import { readPolicyFolders } from './policy/folder.ts';
import { loadOpaBuiltins } from './policy/opa/builtins.ts';
import { memoryState } from './state/memory.ts';
import { openState } from './state/open.ts';
import { type StateHealth, type StateWatchOptions, watchState } from './state/watch.ts';
import { openTrust, type Trust, type TrustOptions } from './trust/trust.ts';

/** A policy that may decide. */
export type ActivePolicy = {
  readonly evaluate: EvaluatePolicy;
  readonly identity: PolicyIdentity;
  /** The bundle itself, to be kept beside the records that name its digest. */
  readonly bundle: Uint8Array;
};

const SHIPPED_POLICIES = fileURLToPath(new URL('../policies', import.meta.url));
const SHIPPED_BUNDLE = fileURLToPath(new URL('../wasm/exequatur.tar.gz', import.meta.url));
const MAX_BUNDLE_BYTES = 64 * 1024 * 1024;

/** Told, for the service's own log, why the engine itself denied. */
export type ReportDenial = NonNullable<EngineOptions['report']>;

/** The configuration with another policy: folders or a bundle, absolute paths. */
export function overridePolicy(config: Config, other: { paths?: readonly string[]; bundle?: string }): Config {
  if (other.paths !== undefined && other.bundle !== undefined) {
    throw new CodedError('policy.two_sources', 'name either folders of policies or a bundle, not both');
  }
  const { paths: _paths, bundle: _bundle, ...rest } = config.policy;
  if (other.paths !== undefined) return { ...config, policy: { ...rest, paths: [...other.paths] } };
  if (other.bundle !== undefined) return { ...config, policy: { ...rest, bundle: other.bundle } };
  return config;
}

/**
 * Reads, or compiles, the configured policy and makes it ready to decide. `signal` ends the compiler's process.
 *
 * @throws CodedError `policy.*`, `bundle.*`, `engine.*` with what is wrong and where.
 */
export async function activatePolicy(
  config: Config,
  report?: ReportDenial,
  signal?: AbortSignal,
): Promise<ActivePolicy> {
  const { bytes, from } = await policyBundle(config, signal);
  const bundle = readNamedBundle(bytes, from);
  const engine = createEngine(bundle, {
    maxMemoryPages: config.policy.max_memory_pages,
    requiredControls: config.policy.required_controls,
    builtins: loadOpaBuiltins,
    ...(report !== undefined && { report }),
  });
  return { evaluate: engine.evaluate, identity: engine.identity, bundle: bytes };
}

async function policyBundle(config: Config, signal?: AbortSignal): Promise<{ bytes: Uint8Array; from: string }> {
  const { bundle, paths } = config.policy;
  if (paths !== undefined) {
    const folders = [SHIPPED_POLICIES, ...paths.map((path) => configPath(config, path))];
    const built = await buildPolicy(await readPolicyFolders(folders), signal === undefined ? {} : { signal });
    return { bytes: built.bundle, from: folders.join(' + ') };
  }
  const file = bundle === undefined ? SHIPPED_BUNDLE : configPath(config, bundle);
  return { bytes: readBundleFile(file), from: file };
}

/** What is wrong with a bundle is told with its place: the reader knows bytes alone. */
function readNamedBundle(bytes: Uint8Array, from: string): PolicyBundle {
  try {
    return readBundle(bytes);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    throw new CodedError(
      error.code,
      `${printable(from, 4096)}: ${error.message}; build it again with \`exequatur policy build\``,
      {
        cause: error,
      },
    );
  }
}

function readBundleFile(path: string): Uint8Array {
  const read = readBounded(path, MAX_BUNDLE_BYTES);
  if ('bytes' in read) return read.bytes;
  if (read.problem === 'too_large') {
    throw new CodedError('bundle.too_large', `${printable(path, 4096)} is larger than ${MAX_BUNDLE_BYTES} bytes`);
  }
  const cause = 'cause' in read ? read.cause : undefined;
  const why = read.problem === 'no_file' ? 'it is no file' : (codeOf(cause) ?? 'unknown error');
  throw new CodedError(
    'bundle.unreadable',
    `cannot read ${printable(path, 4096)} (${why}); build it with \`exequatur policy build\`, or name another in policy.bundle`,
    { cause },
  );
}

/** What facts are gathered from by a command that ends: documents as they are now, and nothing that was spent or seen before. */
export type OfflineSources = FactSources &
  Pick<Documents, 'catalogue' | 'plans'> &
  AsyncDisposable & { readonly close: () => Promise<void> };

const nothing: Schedule = () => () => undefined;
/** Nothing is fetched for a command that says that it is offline. */
const noNetwork: typeof fetch = async () => {
  throw new CodedError('evaluate.offline', 'nothing is fetched offline');
};

/**
 * Loads the documents and the rules for environments without touching the log, the store of state or a network: nothing is recorded,
 * remembered or spent. Documents that are refused are idle on their shelves.
 *
 * @throws CodedError `catalogue.folder_*`, `plan.folder_*`, `config.invalid`, `root.*`, `durable.file_*`
 */
export async function loadOffline(config: Config, now: Clock = Date.now): Promise<OfflineSources> {
  const state = memoryState(OFFLINE_BOUNDS);
  const trust =
    config.trust &&
    (await openTrust({
      config: config.trust,
      resolvePath: (path) => configPath(config, path),
      state,
      now,
      fetch: noNetwork,
      refreshAtStart: false,
      onEvent: () => undefined,
      cron: () => async () => undefined,
      schedule: nothing,
    }));
  try {
    const documents = await openDocuments({
      config,
      ...(trust && { trusted: { trust, state } }),
      record: async () => undefined,
      now,
      schedule: nothing,
      onError: () => undefined,
      follow: false,
    });
    const close = async () => {
      await documents.close();
      await trust?.close();
    };
    const plans = documents.plans && config.plans;
    return {
      tenant: config.tenant,
      lookUpTool: documents.lookUpTool,
      resolveEnvironment: createEnvironmentResolver(config.environments),
      generation: documents.generation,
      readPlan:
        plans === undefined || documents.plans === undefined
          ? noPlans
          : openPlans({
              ...documents.plans,
              config: plans,
              state,
              log: { id: 'offline', durableIndex: () => 0, findPermits: async () => new Set() },
              now,
              schedule: nothing,
              onFailure: () => undefined,
            }).readPlan,
      catalogue: documents.catalogue,
      ...(documents.plans !== undefined && { plans: documents.plans }),
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await trust?.close();
    throw error;
  }
}

const OFFLINE_BOUNDS = { max_entries: 1_000_000, max_bytes: 64 * 1024 * 1024 };

/** Trust, with the store of what was seen before, which is looked at: ended together. */
export type ActiveTrust = {
  readonly trust: Trust;
  readonly state: SharedState;
  readonly stateHealth: () => StateHealth;
  readonly close: () => Promise<void>;
};

/** What trust and its store reach outside of the process, and tell. */
type OutsideOfTrust = Pick<TrustOptions, 'now' | 'fetch' | 'onEvent'> & {
  readonly schedule: StateWatchOptions['schedule'];
  readonly onState: StateWatchOptions['onChange'];
  /** Another one in tests. */
  readonly openState?: typeof openState;
};

/**
 * Opens what signatures are verified by, and the store that it remembers in; undefined where no `trust` is configured.
 *
 * @throws CodedError `config.invalid`, `state.*`, `root.*`, `durable.file_*`, with place and remedy.
 */
export async function activateTrust(
  config: Config,
  { schedule, onState, openState: open = openState, ...outside }: OutsideOfTrust,
): Promise<ActiveTrust | undefined> {
  if (config.trust === undefined) return undefined;
  const state = await open(config.state, config.folder);
  try {
    const trust = await openTrust({
      ...outside,
      config: config.trust,
      resolvePath: (path) => configPath(config, path),
      state,
    });
    const watch = watchState(state, { schedule, onChange: onState });
    return {
      trust,
      state,
      stateHealth: watch.health,
      close: async () => {
        watch.close();
        await trust.close();
        await state.close();
      },
    };
  } catch (error) {
    await state.close();
    throw error;
  }
}
