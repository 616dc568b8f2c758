import { Readable } from 'node:stream';
// Not among the package's exports; it is what a refresh verifies by.
import { TrustedMetadataStore } from 'tuf-js/dist/store.js';
import { CodedError, describeThrown } from '../../errors.ts';
import type { Milliseconds } from '../../model/clock.ts';
import { isJsonObject, member } from '../../model/json.ts';
import type { TufMetadata } from './tuf.ts';

/** As many as a refresh follows. */
export const MAX_DELEGATIONS = 32;

/** Before whatever expires: what was in force at a refresh may have expired since, and max_age and the next refresh are what see to that. */
const NOTHING_EXPIRES = new Date(0);

/** What is kept, and what it is to prove. */
export type KeptTarget = {
  /** The root.json to begin with, from the release or the configuration: never from what is kept. */
  readonly pinned: Uint8Array;
  readonly metadata: TufMetadata;
  /** The target's name. */
  readonly target: string;
  readonly bytes: Uint8Array;
};

/**
 * The chain of root.json from the pinned one on, each signed by the one before and by itself, of the next version.
 *
 * @param roots what was kept; those that are no newer than the pinned one are left out: a newer release pins a newer one
 * @throws CodedError `root.cache_unproved`
 */
export function provedRoots(pinned: Uint8Array, roots: readonly Uint8Array[]): readonly Uint8Array[] {
  return follow(pinned, roots).chain;
}

/**
 * Verifies offline that a repository published the target: root chain, timestamp, snapshot and targets as at a refresh (TUF specification,
 * section 5), except that nothing expires; and that the targets name these bytes. Gives when the timestamp expires: no refresh was later.
 *
 * @throws CodedError `root.cache_unproved`
 */
export async function proveTarget({ pinned, metadata, target, bytes }: KeptTarget): Promise<Milliseconds> {
  const { store } = follow(pinned, metadata.roots);
  const { timestamp, snapshot, targets } = metadata;
  try {
    if (timestamp === undefined || snapshot === undefined || targets === undefined) {
      throw new TypeError('it lacks a timestamp, a snapshot or targets');
    }
    const { signed } = store.updateTimestamp(Buffer.from(timestamp));
    store.updateSnapshot(Buffer.from(snapshot));
    const kept = new Map(metadata.delegated?.map(({ role, bytes }) => [role, bytes]));
    // Last, so that nothing delegated to can stand for them.
    kept.set('targets', targets);
    await named(store, kept, target).verify(Readable.from([Buffer.from(bytes)]));
    return Date.parse(signed.expires);
  } catch (cause) {
    throw unproved(cause);
  }
}

/** Length and digests, as signed. */
type Target = { readonly verify: (stream: Readable) => Promise<void> };

/** What a refresh finds under the name, by its own search (5.6.7: before the roles that a role delegates to, itself; the first one first). */
function named(store: TrustedMetadataStore, kept: ReadonlyMap<string, Uint8Array>, target: string): Target {
  const waiting = [{ role: 'targets', parent: 'root' }];
  const seen = new Set<string>();
  for (let next = waiting.pop(); next !== undefined && seen.size <= MAX_DELEGATIONS; next = waiting.pop()) {
    const { role, parent } = next;
    if (seen.has(role)) continue;
    seen.add(role);
    const bytes = kept.get(role);
    if (bytes === undefined) throw new TypeError(`it lacks ${role}`);
    store.updateDelegatedTargets(Buffer.from(bytes), role, parent);
    const signed = store.getRole(role)?.signed;
    if (signed !== undefined && Object.hasOwn(signed.targets, target)) {
      const info = signed.targets[target];
      if (info !== undefined) return info;
    }
    const below = [...(signed?.delegations?.rolesForTarget(target) ?? [])];
    const end = below.findIndex(({ terminating }) => terminating);
    // Whatever else waits is never asked after one that ends the search.
    if (end >= 0) waiting.length = 0;
    const asked = end < 0 ? below : below.slice(0, end + 1);
    waiting.push(...asked.reverse().map((one) => ({ role: one.role, parent: role })));
  }
  throw new TypeError(`its targets name no ${target}`);
}

function follow(
  pinned: Uint8Array,
  roots: readonly Uint8Array[],
): { readonly store: TrustedMetadataStore; readonly chain: readonly Uint8Array[] } {
  try {
    const store = new TrustedMetadataStore(Buffer.from(pinned));
    Reflect.set(store, 'referenceTime', NOTHING_EXPIRES);
    const first = store.root.signed.version;
    const newer = roots.filter((root) => versionOf(root) > first);
    for (const root of newer) store.updateRoot(Buffer.from(root));
    return { store, chain: [pinned, ...newer] };
  } catch (cause) {
    throw unproved(cause);
  }
}

/** As it says itself, before anything is verified. */
function versionOf(root: Uint8Array): number {
  const json: unknown = JSON.parse(Buffer.from(root).toString('utf8'));
  const signed = isJsonObject(json) ? member(json, 'signed') : undefined;
  const version = isJsonObject(signed) ? member(signed, 'version') : undefined;
  if (typeof version !== 'number') throw new TypeError('a root.json has no version');
  return version;
}

function unproved(cause: unknown): CodedError {
  const why = describeThrown(cause).split('\n')[0]?.slice(0, 200);
  return new CodedError('root.cache_unproved', `what was kept does not verify from the first root.json on (${why})`, {
    cause,
  });
}
