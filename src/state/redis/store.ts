import { randomUUID } from 'node:crypto';
import { ErrorReply } from 'redis';
import { codeOf } from '../../errors.ts';
import type { SharedState, StateEntry } from '../../model/shared-state.ts';
import type { RedisStateConfig } from '../config.ts';
import { stateFailure } from '../failure.ts';
import { checkKey, checkPrefix, checkRemoval, checkWrite, full, isPassing } from '../limits.ts';
import { fromErrorReply, rolledBack, torn } from './failure.ts';
import { count, parseEntry, type ScriptReply, strange } from './reply.ts';
import { memberOf, SCRIPTS } from './scripts.ts';
import { openSession, type RedisSecrets } from './session.ts';
import { type Call, redisTurns, type Turns } from './turns.ts';

/** What `exequatur state show` tells of a store. */
export type StateSummary = { readonly store: string; readonly revision: number; readonly entries: number };

/**
 * Opens the state in Redis, which replicas share.
 *
 * @param secrets read at each connection
 * @throws CodedError state.unavailable, state.forbidden, state.unsuitable, state.not_persistent, state.lost, state.torn
 */
export async function openRedisState(
  config: RedisStateConfig,
  secrets: () => Promise<RedisSecrets>,
): Promise<SharedState> {
  const turns = redisTurns(config, secrets);
  try {
    await retried(() => turns.open());
  } catch (error) {
    await turns.close();
    throw error;
  }
  return redisState(config, turns);
}

function redisState(config: RedisStateConfig, turns: Turns): SharedState {
  /** The highest revision of each mark that was read or written here. What passes has none: it may end at any time, and begin again at 1. */
  const seen = new Map<string, number>();
  const { where } = turns;
  const ask = (call: Call): Promise<ScriptReply> => (call.writes ? turns.call(call) : retried(() => turns.call(call)));

  /**
   * Entries may have been changed by hand though the store's own revision fits.
   *
   * @param floor what was seen before the question was sent: of two answers under way the later one may be looked at first
   */
  function notLower(key: string, revision: number, floor: number): void {
    if (revision < floor) throw rolledBack(where, revision, floor);
    if (revision > (seen.get(key) ?? 0) && !isPassing(key)) seen.set(key, revision);
  }

  return {
    kind: 'redis',
    async read(key) {
      checkKey(key);
      const floor = seen.get(key) ?? 0;
      const { rest } = await ask({ script: SCRIPTS.read, args: [memberOf(key)], writes: false });
      const entry = entryIn(rest[0], where);
      notLower(key, entry?.revision ?? 0, floor);
      return entry;
    },
    async compareAndSet(key, expected, value) {
      checkWrite(key, expected, value);
      const floor = seen.get(key) ?? 0;
      const bounds = [String(config.max_entries), String(config.max_bytes)];
      const args = [memberOf(key), String(expected), value, ...bounds];
      const { word, rest } = await ask({ script: SCRIPTS.compareAndSet, args, writes: true });
      if (word === 'full') throw full(config, key);
      const revision = count(rest[0]);
      if (revision === undefined) throw strange(where);
      notLower(key, revision, floor);
      if (word === 'written' && revision === expected + 1) return true;
      if (word === 'conflict' && revision !== expected) return false;
      throw strange(where);
    },
    async remove(key, expected) {
      checkRemoval(key, expected);
      const args = [memberOf(key), String(expected)];
      const { word, rest } = await ask({ script: SCRIPTS.remove, args, writes: true });
      const revision = count(rest[0]);
      if (word === 'written' && revision === expected) return true;
      if (word === 'conflict' && revision !== undefined && revision !== expected) return false;
      throw strange(where);
    },
    async list(prefix, limit) {
      checkPrefix(prefix);
      const found = new Set<string>();
      let cursor = '0';
      do {
        const { rest } = await ask({ script: SCRIPTS.list, args: [cursor, memberOf(prefix)], writes: false });
        const [next, ...members] = rest;
        if (typeof next !== 'string') throw strange(where);
        for (const member of members) if (typeof member === 'string') found.add(member.slice(2));
        cursor = next;
      } while (cursor !== '0' && found.size < limit);
      return [...found].slice(0, Math.max(0, limit));
    },
    close: () => turns.close(),
  };
}

function entryIn(stored: unknown, where: string): StateEntry | undefined {
  if (stored === null || stored === undefined) return undefined;
  const entry = typeof stored === 'string' ? parseEntry(stored) : undefined;
  if (entry === undefined) throw torn(where, 'an entry has another form');
  return entry;
}

/** Once more where the connection was at fault: a server that was just started again is not worth an error. For what changes nothing. */
async function retried<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (codeOf(error) !== 'state.unavailable') throw error;
    return step();
  }
}

/**
 * Makes a new, empty store, durable when this resolves.
 *
 * @param overwrite takes the place of whatever stands there, torn or whole
 * @returns the new store's id
 * @throws CodedError state.exists, and those of opening one
 */
export async function initRedisState(
  config: RedisStateConfig,
  secrets: RedisSecrets,
  overwrite: boolean,
): Promise<string> {
  const session = await openSession(config, secrets);
  try {
    const { where, proof } = session;
    const store = randomUUID();
    const make = ['EVAL', SCRIPTS.make.text, '1', `${config.namespace}:state`, store, overwrite ? '1' : '0'];
    const [made, confirmed] = await session.send(
      proof === undefined ? [make] : [make, proof.command],
      proof?.waits === true,
    );
    if (made instanceof ErrorReply) throw fromErrorReply(made, where, 'unknown');
    const [word]: readonly unknown[] = Array.isArray(made) ? made : [];
    if (word === 'exists') {
      throw stateFailure('exists', `There is something in Redis (${where}) already; it stays as it is.`, {
        detail: { where },
      });
    }
    if (word !== 'made') throw strange(where);
    const problem = proof?.problem(confirmed);
    if (problem !== undefined) throw problem;
    return store;
  } finally {
    session.end();
  }
}

/** Looks at a store without changing it. */
export async function showRedisState(config: RedisStateConfig, secrets: RedisSecrets): Promise<StateSummary> {
  const turns = redisTurns(config, async () => secrets);
  try {
    const { revision, rest } = await turns.call({ script: SCRIPTS.open, args: [], writes: false });
    const [store, entries] = rest;
    const number = count(entries);
    if (typeof store !== 'string' || number === undefined) throw strange(turns.where);
    return { store, revision, entries: number };
  } finally {
    await turns.close();
  }
}
