import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Fetcher, Updater } from 'tuf-js';
import { CodedError, codeOf, describeThrown } from '../../errors.ts';
import { mirrorFetcher } from './fetcher.ts';
import { MAX_ROOT_BYTES } from './parse-trust-root.ts';

/** The roles whose files a client of a TUF repository keeps: they are what a rollback is recognized by. */
const ROLES = ['root', 'timestamp', 'snapshot', 'targets'] as const;

/** A TUF client's memory: signed metadata by role. */
export type TufMetadata = {
  /** The chain of root.json, the one to begin with first: by it, what is kept can be verified anew. There is always one. */
  readonly roots: readonly Uint8Array[];
  /** Of roles that the targets delegate to, as far as the target was looked for among theirs. */
  readonly delegated?: readonly { readonly role: string; readonly bytes: Uint8Array }[];
} & Readonly<Partial<Record<Exclude<(typeof ROLES)[number], 'root'>, Uint8Array>>>;

export type TufRequest = {
  readonly mirror: string;
  /** The target that is wanted. */
  readonly target: string;
  /** What was verified last; at first the repository's root.json alone. */
  readonly metadata: TufMetadata;
  /** The target as it was fetched last: unchanged, it is not fetched again. */
  readonly known?: Uint8Array;
  /** An existing folder, in which a folder for the work is made and removed. */
  readonly folder: string;
  /** Milliseconds that the whole may take. */
  readonly timeoutMs: number;
  readonly retries: number;
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
};

/** How a refresh ended. The metadata has got as far as it was verified also where it failed, and is to be kept. */
export type TufOutcome = { readonly metadata: TufMetadata } & (
  | { readonly target: Uint8Array }
  | { readonly failure: CodedError }
);

export type RefreshTarget = (request: TufRequest) => Promise<TufOutcome>;

/**
 * Follows a TUF repository (theupdateframework.github.io/specification, section 5) to the newest version of a target: root chain,
 * timestamp, snapshot, targets, each signed, in force and no older than what was seen. Never throws; the failures:
 * `root.timed_out`, `root.called_off`, `root.target_missing`, `root.repository_refused` (not verified, or not reached).
 */
export const refreshTarget: RefreshTarget = async (request) => {
  let folder: string | undefined;
  const fetchedRoots: Uint8Array[] = [];
  const deadline = AbortSignal.timeout(request.timeoutMs);
  try {
    folder = await mkdtemp(join(request.folder, '.refresh-'));
    await layOut(folder, request);
    const outcome = await update(folder, request, AbortSignal.any([request.signal, deadline]));
    return { metadata: await readMetadata(folder, [...request.metadata.roots, ...fetchedRoots]), ...outcome };
  } catch (cause) {
    return { metadata: request.metadata, failure: refused(request, cause) };
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }

  function refused({ mirror, target }: TufRequest, cause: unknown): CodedError {
    const [code, what] = request.signal.aborted
      ? ['root.called_off', 'the refresh was called off']
      : deadline.aborted
        ? ['root.timed_out', `the refresh took longer than ${request.timeoutMs} ms`]
        : ['root.repository_refused', describeThrown(cause)];
    return new CodedError(code, `${target} of ${mirror} was not refreshed: ${what.slice(0, 500)}`, { cause });
  }

  async function update(
    within: string,
    { mirror, target, timeoutMs, retries, fetch }: TufRequest,
    signal: AbortSignal,
  ): Promise<{ target: Uint8Array } | { failure: CodedError }> {
    try {
      const requestMs = Math.ceil(timeoutMs / 4);
      const updater = new Updater({
        metadataDir: within,
        metadataBaseUrl: mirror,
        targetDir: join(within, 'targets'),
        targetBaseUrl: `${mirror}/targets`,
        fetcher: keepingRoots(mirrorFetcher({ fetch, signal, requestMs, retries, folder: within }), fetchedRoots),
      });
      await updater.refresh();
      const info = await updater.getTargetInfo(target);
      if (info === undefined || info.length > MAX_ROOT_BYTES) {
        const what = info === undefined ? 'is none of its targets' : `has more than ${MAX_ROOT_BYTES} bytes`;
        throw new CodedError('root.target_missing', `${target} of ${mirror} ${what}; correct the name of the target`);
      }
      const file = (await updater.findCachedTarget(info)) ?? (await updater.downloadTarget(info));
      return { target: await readFile(file) };
    } catch (cause) {
      return { failure: cause instanceof CodedError ? cause : refused(request, cause) };
    }
  }
};

/** The library keeps only the newest root.json. */
function keepingRoots(fetcher: Fetcher, roots: Uint8Array[]): Fetcher {
  return {
    ...fetcher,
    async downloadBytes(url, maxLength) {
      const bytes = await fetcher.downloadBytes(url, maxLength);
      // As the library writes it.
      if (/\/\d+\.root\.json$/.test(url)) roots.push(Buffer.from(bytes.toString('utf8')));
      return bytes;
    },
  };
}

async function layOut(folder: string, { metadata, target, known }: TufRequest): Promise<void> {
  await mkdir(join(folder, 'targets'));
  for (const role of ROLES) {
    const bytes = role === 'root' ? metadata.roots.at(-1) : metadata[role];
    if (bytes !== undefined) await writeFile(join(folder, `${role}.json`), bytes, { mode: 0o600 });
  }
  // Those of roles delegated to are fetched anew: whatever they are called, they can stand for no other file here.
  if (known !== undefined) {
    await writeFile(join(folder, 'targets', encodeURIComponent(target)), known, { mode: 0o600 });
  }
}

async function readMetadata(folder: string, roots: readonly Uint8Array[]): Promise<TufMetadata> {
  const { root, ...found } = await readRoles(folder);
  const delegated = await readDelegated(folder);
  // A fetched root.json that did not verify was not written.
  const newest = root === undefined ? 0 : roots.findLastIndex((one) => root.equals(one));
  return {
    ...found,
    ...(delegated.length > 0 && { delegated }),
    roots: roots.slice(0, Math.max(newest, 0) + 1),
  };
}

async function readDelegated(folder: string): Promise<{ role: string; bytes: Buffer }[]> {
  const found = [];
  for (const name of (await readdir(folder)).sort()) {
    if (!name.endsWith('.json') || ROLES.some((role) => name === `${role}.json`)) continue;
    found.push({ role: decodeURIComponent(name.slice(0, -'.json'.length)), bytes: await readFile(join(folder, name)) });
  }
  return found;
}

async function readRoles(folder: string): Promise<Partial<Record<(typeof ROLES)[number], Buffer>>> {
  const found: Partial<Record<(typeof ROLES)[number], Buffer>> = {};
  for (const role of ROLES) {
    try {
      found[role] = await readFile(join(folder, `${role}.json`));
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
  }
  return found;
}
