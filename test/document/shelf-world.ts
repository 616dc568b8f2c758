import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createShelf, type Shelf, type ShelfOptions } from '../../src/document/shelf.ts';
import type { ShelfEvent } from '../../src/document/shelved.ts';
import { createVersions } from '../../src/document/versions.ts';
import type { Json } from '../../src/model/json.ts';
import type { SharedState } from '../../src/model/shared-state.ts';
import { memoryState } from '../../src/state/memory.ts';
import { keyDigest } from '../../src/trust/authority/public-key.ts';
import { trustConfig } from '../../src/trust/config.ts';
import type { TrustEvent } from '../../src/trust/event.ts';
import { openTrust, type Trust } from '../../src/trust/trust.ts';
import { type KeyName, pair, publicPem } from '../trust/authority/keys.ts';
import { type Timetable, timetable } from './timetable.ts';
import { parseWritten, type Written } from './written.ts';

/** Real trust over a real revocation file: `board` (p256) and `guest` (another) may both sign; one is enough. */
export type TrustedWorld = {
  readonly trust: Trust;
  readonly events: TrustEvent[];
  readonly state: SharedState;
  readonly time: Timetable;
  /** Has the file name these keys, and waits until trust has looked at everything again. */
  readonly revoke: (...keys: readonly KeyName[]) => Promise<void>;
  readonly close: () => Promise<void>;
};

export type WorldParts = {
  readonly state?: SharedState;
  readonly authorities?: { readonly [member: string]: Json };
  readonly rules?: readonly Json[];
};

const SCOPE = { servers: ['*'], tools: ['*'], plan_agents: ['*'] };
const KINDS = { catalogue: {}, plan: {} };

export async function trustedWorld(parts: WorldParts = {}): Promise<TrustedWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'exequatur-shelf-'));
  const file = join(folder, 'revoked.json');
  let listed = '{"revocations":[]}';
  writeFileSync(file, listed);
  const state = parts.state ?? memoryState({ max_entries: 100_000, max_bytes: 100_000_000 });
  const time = timetable();
  const events: TrustEvent[] = [];
  const trust = await openTrust({
    config: trustConfig.parse({
      authorities: {
        board: { keys: [{ pem: publicPem('p256') }], vouches_for: KINDS, scope: SCOPE },
        guest: { keys: [{ pem: publicPem('another') }], vouches_for: KINDS, scope: SCOPE },
        ...parts.authorities,
      },
      rules: parts.rules ?? [{ name: 'all', kinds: ['catalogue', 'plan'], authorities: ['board', 'guest'] }],
      revocations: { files: ['revoked.json'] },
    }),
    resolvePath: (path) => resolve(folder, path),
    state,
    now: time.now,
    fetch: () => Promise.reject(new Error('there is no network')),
    onEvent: (event) => events.push(event),
    schedule: time.schedule,
  });
  return {
    trust,
    events,
    state,
    time,
    revoke: async (...keys) => {
      const text = JSON.stringify({ revocations: keys.map((key) => ({ key: keyDigest(pair(key).publicKey) })) });
      // The same list again changes nothing that could be waited for.
      if (text === listed) return;
      listed = text;
      const seen = new Promise<void>((wake) => {
        const end = trust.onIdentity(() => {
          end();
          wake();
        });
      });
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
      await seen;
      await trust.renew();
    },
    close: async () => {
      await trust.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A world that many tests share, since threads take their time to begin: each finds it as new. */
export type SharedWorld = TrustedWorld & { readonly renew: () => Promise<void> };

export async function sharedWorld(): Promise<SharedWorld> {
  const memory = memoryState({ max_entries: 100_000, max_bytes: 100_000_000 });
  let room = 0;
  const state: SharedState = {
    ...memory,
    read: (key) => memory.read(`${room} ${key}`),
    compareAndSet: (key, expected, value) => memory.compareAndSet(`${room} ${key}`, expected, value),
    list: async (prefix, limit) =>
      (await memory.list(`${room} ${prefix}`, limit)).map((key) => key.slice(`${room} `.length)),
  };
  const world = await trustedWorld({ state });
  return {
    ...world,
    renew: async () => {
      room += 1;
      world.time.restart();
      await world.revoke();
    },
  };
}

/** A shelf, and what it recorded. */
export type ShelfWorld = {
  readonly shelf: Shelf<Written>;
  /** What was recorded. */
  readonly records: ShelfEvent[];
  readonly failures: unknown[];
  /** While it says so, no record can be written. */
  readonly log: { broken: boolean };
  /** Resolves when everything that was asked of the shelf has been done. */
  readonly rest: () => Promise<void>;
  /** `type id version codes` of each record. */
  readonly told: () => readonly string[];
  /** `id version` of what counts now. */
  readonly counting: () => readonly string[];
};

export function shelfOver(world: TrustedWorld, options: Partial<ShelfOptions<Written>> = {}): ShelfWorld {
  const { trust, state, time } = world;
  return shelfWith({ trust, versions: createVersions(state, time.now), ...options }, time);
}

export function shelfWith(options: Partial<ShelfOptions<Written>>, time: Timetable): ShelfWorld {
  const records: ShelfEvent[] = [];
  const failures: unknown[] = [];
  const log = { broken: false };
  const shelf = createShelf<Written>({
    parse: parseWritten,
    conflict: noThingTwice,
    record: async (event) => {
      if (log.broken) throw new Error('the disk is full');
      records.push(event);
    },
    now: time.now,
    schedule: time.schedule,
    onFailure: (error) => failures.push(error),
    ...options,
  });
  return {
    shelf,
    records,
    failures,
    log,
    rest: async () => {
      // What a turn asks for comes behind it, and what that asks for once more.
      for (let round = 0; round < 4; round += 1) await shelf.retract('nowhere');
    },
    told: () =>
      records.map(({ type, id, version, failed }) =>
        [type, id, version, ...failed.map(({ code }) => code)].filter((part) => part !== undefined).join(' '),
      ),
    counting: () =>
      shelf
        .active()
        .filter((document) => shelf.standing(document, time.now()).counts)
        .map(({ header }) => `${header.id} ${header.version}`)
        .sort(),
  };
}

/** No two documents may hold the same thing. */
export const noThingTwice: NonNullable<ShelfOptions<Written>['conflict']> = (candidate, active) => {
  const things = new Set(candidate.content.things);
  const other = active.find(({ content }) => content.things.some((thing) => things.has(thing)));
  if (other === undefined) return undefined;
  return { code: 'collision', message: `${candidate.source} holds what ${other.source} holds` };
};

export function codes(shown: object): readonly string[] {
  assert.ok('failed' in shown && Array.isArray(shown.failed));
  return shown.failed.map((failure: { readonly code: string }) => failure.code);
}
