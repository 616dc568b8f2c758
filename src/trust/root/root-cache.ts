import { join } from 'node:path';
import { z } from 'zod';
import { type Files, readWhole } from '../../durable/files.ts';
import { takeLock } from '../../durable/lock.ts';
import { replaceFile } from '../../durable/replace.ts';
import { CodedError, codeOf, describeThrown } from '../../errors.ts';
import { parseRfc3339, rfc3339 } from '../../model/clock.ts';
import { parseStrictJson } from '../../model/strict-json.ts';
import type { Age } from './age.ts';
import { MAX_DELEGATIONS, provedRoots, proveTarget } from './kept-proof.ts';
import type { TufMetadata } from './tuf.ts';

/** Base64 of a root, and of metadata within TUF's own bounds, fits well, for dozens of years of root.json. */
const MAX_CACHE_BYTES = 16 * 1024 * 1024;
/** As many as the library follows at a refresh, and far more than there are. */
const MAX_ROOTS = 1024;

/** What a refresh leaves behind, in one file, so that none of its parts is ever newer than another. */
export type CachedRoot = {
  /** What was verified last, which a rollback is recognized by: newer than what proves the good root where a refresh broke off. */
  readonly metadata: TufMetadata;
  /** Absent until a first refresh succeeded. */
  readonly good?: GoodRoot;
};

/** The last good root, and its age. */
export type GoodRoot = Age & {
  readonly bytes: Uint8Array;
  /** What it was fetched by: proves that the repository published it. */
  readonly proof: TufMetadata;
};

/** The file of one root. */
export type RootCache = {
  /**
   * What was kept, as far as it proves itself. Of the age, which nothing signs, only that no refresh was later than the timestamp was in
   * force. Undefined where nothing was kept, or only of another repository.
   *
   * @throws CodedError `root.cache_unreadable`, `root.cache_exposed` where others may write it, `root.cache_unproved`
   */
  readonly read: () => Promise<CachedRoot | undefined>;
  /** @throws CodedError `durable.*`, `root.cache_too_large` */
  readonly write: (cached: CachedRoot) => Promise<void>;
  /**
   * Runs something while no other process refreshes the same root.
   *
   * @throws CodedError `root.refresh_busy`, `durable.lock_unavailable`
   */
  readonly alone: <T>(run: () => Promise<T>) => Promise<T>;
};

export type RootCacheOptions = {
  readonly files: Files;
  /** Created where it is missing (mode 0700). */
  readonly folder: string;
  readonly name: string;
  /** What the cached metadata must belong to: after a change of the configuration, what was kept is of no use. */
  readonly repository: string;
  /** The repository's root.json to begin with, which everything is verified from. */
  readonly pinned: Uint8Array;
  readonly target: string;
};

const base64 = z.base64().transform((text) => Buffer.from(text, 'base64'));
const time = z.string().transform((text, context) => {
  const parsed = parseRfc3339(text);
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: 'custom', message: 'must be a time' });
  return z.NEVER;
});
const tuf = z.strictObject({
  roots: z.array(base64).min(1).max(MAX_ROOTS),
  timestamp: base64.exactOptional(),
  snapshot: base64.exactOptional(),
  targets: base64.exactOptional(),
  delegated: z
    .array(z.strictObject({ role: z.string(), bytes: base64 }))
    .max(MAX_DELEGATIONS + 1)
    .exactOptional(),
});
const form = z.strictObject({
  version: z.literal(2),
  repository: z.string(),
  metadata: tuf,
  good: z.strictObject({ bytes: base64, proof: tuf, refreshed_at: time, latest: time }).exactOptional(),
});

/** The cache of a root in a folder. */
export function openRootCache({ files, folder, name, repository, pinned, target }: RootCacheOptions): RootCache {
  const path = join(folder, `${name}.root.json`);

  async function kept(): Promise<z.infer<typeof form> | undefined> {
    try {
      const bytes = await readWhole(files, path, MAX_CACHE_BYTES, (fd) => refuseOthers(files, fd, path));
      if (bytes === undefined) return undefined;
      return form.parse(parseStrictJson(bytes, { maxBytes: MAX_CACHE_BYTES, maxDepth: 8 }));
    } catch (cause) {
      if (codeOf(cause) === 'root.cache_exposed') throw cause;
      throw new CodedError(
        'root.cache_unreadable',
        `${path} cannot be read (${describeThrown(cause).split('\n')[0]?.slice(0, 200)}); the root's age is unknown until a refresh succeeds, which replaces the file`,
        { cause, detail: { path } },
      );
    }
  }

  return {
    async read() {
      const found = await kept();
      if (found?.repository !== repository) return undefined;
      const { metadata, good } = found;
      try {
        const proved = { ...metadata, roots: provedRoots(pinned, metadata.roots) };
        if (good === undefined) return { metadata: proved };
        const { bytes, proof, refreshed_at, latest } = good;
        const expires = await proveTarget({ pinned, metadata: proof, target, bytes });
        return { metadata: proved, good: { bytes, proof, refreshedAt: Math.min(refreshed_at, expires), latest } };
      } catch (cause) {
        throw new CodedError(
          'root.cache_unproved',
          `${path} is not believed: ${describeThrown(cause)}; find out who else can write the folder; a refresh that succeeds replaces the file`,
          { cause, detail: { path } },
        );
      }
    },
    async write({ metadata, good }) {
      const text = JSON.stringify({
        version: 2,
        repository,
        metadata: encoded(metadata),
        ...(good !== undefined && {
          good: {
            bytes: encode(good.bytes),
            proof: encoded(good.proof),
            refreshed_at: rfc3339(good.refreshedAt),
            latest: rfc3339(good.latest),
          },
        }),
      });
      if (text.length > MAX_CACHE_BYTES) {
        throw new CodedError('root.cache_too_large', `${path} would have more than ${MAX_CACHE_BYTES} bytes`);
      }
      await files.makeFolder(folder, 0o700);
      await replaceFile(path, Buffer.from(text), { mode: 0o600, files });
    },
    async alone(run) {
      await files.makeFolder(folder, 0o700);
      const lock = await takeLock(files, `${path}.lock`);
      if ('lockedBy' in lock) {
        throw new CodedError('root.refresh_busy', `${lock.lockedBy} is refreshing the root ${name} in ${folder}`);
      }
      try {
        return await run();
      } finally {
        await lock.release();
      }
    },
  };
}

function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function encoded({ roots, delegated, ...roles }: TufMetadata): Readonly<Record<string, unknown>> {
  return {
    roots: roots.map(encode),
    ...(delegated !== undefined && { delegated: delegated.map(({ role, bytes }) => ({ role, bytes: encode(bytes) })) }),
    ...Object.fromEntries(Object.entries(roles).map(([role, bytes]) => [role, encode(bytes)])),
  };
}

/** What is signed proves itself; the age does not, nor that nothing newer was ever seen: those are as good as the file's protection. */
async function refuseOthers(files: Files, fd: number, path: string): Promise<void> {
  const user = process.getuid?.();
  // Windows has neither.
  if (user === undefined) return;
  const owner = await files.owner(fd);
  const mode = await files.mode(fd);
  if (owner === user && (mode & 0o077) === 0) return;
  const what =
    owner === user
      ? `is open to others (mode ${mode.toString(8).padStart(4, '0')})`
      : `belongs to user ${owner}, and this process runs as ${user}`;
  throw new CodedError(
    'root.cache_exposed',
    `${path} ${what} and is not believed; find out who wrote it; a refresh that succeeds replaces the file, or, where you know that nobody else did: ${owner === user ? `chmod 600 ${path}` : `chown ${user} ${path} && chmod 600 ${path}`}`,
    { detail: { path } },
  );
}
