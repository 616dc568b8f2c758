import { join } from 'node:path';
import { z } from 'zod';
import { type Files, readWhole } from '../../durable/files.ts';
import { takeLock } from '../../durable/lock.ts';
import { replaceFile } from '../../durable/replace.ts';
import { CodedError, describeThrown } from '../../errors.ts';
import { parseRfc3339, rfc3339 } from '../../model/clock.ts';
import { parseStrictJson } from '../../model/strict-json.ts';
import type { Age } from './age.ts';
import type { TufMetadata } from './tuf.ts';

/** Base64 of a root, and of metadata within TUF's own bounds, fits well. */
const MAX_CACHE_BYTES = 16 * 1024 * 1024;

/** What a refresh leaves behind, in one file, so that none of its parts is ever newer than another. */
export type CachedRoot = {
  readonly metadata: TufMetadata;
  /** The last good root, and its age; absent until a first refresh succeeded. */
  readonly good?: Age & { readonly bytes: Uint8Array };
};

/** The file of one root. */
export type RootCache = {
  /** @throws CodedError `root.cache_unreadable`; undefined where nothing was kept, or only of another repository */
  readonly read: () => Promise<CachedRoot | undefined>;
  /** @throws CodedError `durable.*` */
  readonly write: (cached: CachedRoot) => Promise<void>;
  /**
   * Runs something while no other process refreshes the same root.
   *
   * @throws CodedError `root.refresh_busy`, `durable.lock_unavailable`
   */
  readonly alone: <T>(run: () => Promise<T>) => Promise<T>;
};

const base64 = z.base64().transform((text) => Buffer.from(text, 'base64'));
const time = z.string().transform((text, context) => {
  const parsed = parseRfc3339(text);
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: 'custom', message: 'must be a time' });
  return z.NEVER;
});
const form = z.strictObject({
  version: z.literal(1),
  repository: z.string(),
  metadata: z.strictObject({
    root: base64,
    timestamp: base64.exactOptional(),
    snapshot: base64.exactOptional(),
    targets: base64.exactOptional(),
  }),
  good: z.strictObject({ bytes: base64, refreshed_at: time, latest: time }).exactOptional(),
});

/**
 * The cache of a root in a folder, which is created where it is missing (mode 0700).
 *
 * @param repository what the cached metadata must belong to: after a change of the configuration, what was kept is of no use
 */
export function openRootCache(files: Files, folder: string, name: string, repository: string): RootCache {
  const path = join(folder, `${name}.root.json`);
  return {
    async read() {
      try {
        const bytes = await readWhole(files, path, MAX_CACHE_BYTES);
        if (bytes === undefined) return undefined;
        const kept = form.parse(parseStrictJson(bytes, { maxBytes: MAX_CACHE_BYTES, maxDepth: 8 }));
        if (kept.repository !== repository) return undefined;
        const { metadata, good } = kept;
        if (good === undefined) return { metadata };
        return { metadata, good: { bytes: good.bytes, refreshedAt: good.refreshed_at, latest: good.latest } };
      } catch (cause) {
        throw new CodedError(
          'root.cache_unreadable',
          `${path} cannot be read (${describeThrown(cause).split('\n')[0]?.slice(0, 200)}); the root's age is unknown until a refresh succeeds, which replaces the file`,
          { cause, detail: { path } },
        );
      }
    },
    async write({ metadata, good }) {
      const text = JSON.stringify({
        version: 1,
        repository,
        metadata: Object.fromEntries(
          Object.entries(metadata).map(([role, bytes]) => [role, Buffer.from(bytes).toString('base64')]),
        ),
        ...(good !== undefined && {
          good: {
            bytes: Buffer.from(good.bytes).toString('base64'),
            refreshed_at: rfc3339(good.refreshedAt),
            latest: rfc3339(good.latest),
          },
        }),
      });
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
