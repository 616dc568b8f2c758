import { ErrorReply } from 'redis';
import { CodedError } from '../../errors.ts';
import type { RedisStateConfig } from '../config.ts';
import { type Outcome, stateFailure } from '../failure.ts';
import { endsSession, fromConnection, fromErrorReply, rolledBack } from './failure.ts';
import { parseReply, type ScriptReply, strange } from './reply.ts';
import { SCRIPTS, type Script } from './scripts.ts';
import { openSession, type RedisSecrets, type Session, whereOf } from './session.ts';

/** One call of a script; its first argument, the store's id, is added here. */
export type Call = { readonly script: Script; readonly args: readonly string[]; readonly writes: boolean };

type Waiting = Call & {
  readonly resolve: (reply: ScriptReply) => void;
  readonly reject: (error: unknown) => void;
};

/** Calls that go to the server together, and that wait at most. */
const MOST_TOGETHER = 64;
const MOST_WAITING = 10_000;

/** The way of all calls of one process to its store. */
export type Turns = {
  /** What the server confirmed is durable when this resolves, what was read included. */
  readonly call: (call: Call) => Promise<ScriptReply>;
  /** Connects at once, so that a store that cannot be used shows when it is opened. */
  readonly open: () => Promise<void>;
  readonly close: () => Promise<void>;
  readonly where: string;
};

/**
 * Calls go out in turns: those that came while one was under way together in the next, on one connection, with one question behind them whether
 * the disk has it all. A connection that failed is not mended; the next turn makes another and checks everything again.
 *
 * @param secrets read at each connection
 */
export function redisTurns(config: RedisStateConfig, secrets: () => Promise<RedisSecrets>): Turns {
  const where = whereOf(config);
  const key = `${config.namespace}:state`;
  let session: Session | undefined;
  let store = '';
  /** The highest revision of the store that is certainly durable; a lower one means that it was rolled back. */
  let durable = 0;
  let failed: CodedError | undefined;
  let waiting: Waiting[] = [];
  let running: Promise<void> | undefined;
  let closed = false;

  async function connected(): Promise<Session> {
    if (session !== undefined && !session.ended()) return session;
    const fresh = await openSession(config, await secrets());
    try {
      const [reply] = await ask(fresh, [{ script: SCRIPTS.open, args: [], writes: false }]);
      // Once it is known, the script compares it with its own.
      const found = reply?.rest[0];
      if (typeof found !== 'string' || found === '') throw strange(where);
      store = found;
    } catch (error) {
      fresh.end();
      throw error;
    }
    session = fresh;
    return fresh;
  }

  /** Sends calls and whatever confirms the writes among them; throws for the whole where one reply is not what it must be. */
  async function ask(on: Session, calls: readonly Call[]): Promise<readonly ScriptReply[]> {
    const replies = await exchange(on, calls);
    return replies.map((reply) => {
      if (reply instanceof CodedError) throw reply;
      return reply;
    });
  }

  async function exchange(on: Session, calls: readonly Call[]): Promise<readonly (ScriptReply | CodedError)[]> {
    let raw = await roundTrip(on, calls, (call) => ['EVALSHA', call.script.sha1]);
    const unknown = calls.filter((_, index) => isUnknownScript(raw[index]));
    if (unknown.length > 0) {
      const again = [...(await roundTrip(on, unknown, (call) => ['EVAL', call.script.text]))];
      raw = raw.map((reply) => (isUnknownScript(reply) ? again.shift() : reply));
    }
    return raw.map((reply, index) => {
      if (reply instanceof ErrorReply) {
        return fromErrorReply(reply, where, calls[index]?.writes === true ? 'unknown' : undefined);
      }
      const parsed = parseReply(reply, where);
      if (parsed instanceof CodedError || parsed.revision >= durable) return parsed;
      failed = rolledBack(where, parsed.revision, durable);
      return failed;
    });
  }

  async function roundTrip(
    on: Session,
    calls: readonly Call[],
    verb: (call: Call) => readonly string[],
  ): Promise<readonly unknown[]> {
    const commands = calls.map((call) => [...verb(call), '1', key, store, ...call.args]);
    const proof = calls.some((call) => call.writes) ? on.proof : undefined;
    if (proof === undefined) return on.send(commands, false);
    // In one row with the writes: on another connection WAITAOF would confirm what that one wrote, which is nothing.
    const replies = await on.send([...commands, proof.command], proof.waits);
    const problem = proof.problem(replies[commands.length]);
    if (problem !== undefined) throw problem;
    return replies.slice(0, commands.length);
  }

  async function turn(batch: readonly Waiting[]): Promise<void> {
    let outcome: Outcome = 'not_written';
    try {
      if (failed !== undefined) throw failed;
      const on = await connected();
      outcome = 'unknown';
      const replies = await exchange(on, batch);
      await makeDurable(on, batch, replies);
      for (const [index, one] of batch.entries()) {
        const reply = replies[index];
        if (reply === undefined || reply instanceof CodedError) {
          if (reply !== undefined && endsSession(reply)) on.end();
          one.reject(reply);
        } else one.resolve(reply);
      }
    } catch (thrown) {
      const error = fromConnection(thrown, where, outcome);
      if (endsSession(error) || error.code === 'state.unconfirmed') session?.end();
      for (const one of batch) one.reject(error);
      if (session === undefined || session.ended()) turnAway(error);
    }
  }

  /** Who waits behind a connection that failed is told at once: one after the other they would wait out the time limit each. */
  function turnAway(cause: CodedError): void {
    const turned = waiting;
    waiting = [];
    for (const one of turned) {
      one.reject(
        new CodedError(cause.code, cause.message, { cause, detail: { ...cause.detail, outcome: 'not_written' } }),
      );
    }
  }

  /**
   * After this, all that was read is on disk. Writes are confirmed with their row; what others wrote, and we read behind our last write, is
   * not where the server answers before its fsync: a write of ours is then waited for, which stands behind theirs in the log.
   */
  async function makeDurable(
    on: Session,
    calls: readonly Call[],
    replies: readonly (ScriptReply | CodedError)[],
  ): Promise<void> {
    let written = durable;
    let seen = durable;
    for (const [index, reply] of replies.entries()) {
      if (reply instanceof CodedError) continue;
      seen = Math.max(seen, reply.revision);
      if (calls[index]?.writes === true && reply.word === 'written') written = Math.max(written, reply.revision);
    }
    if (on.persistence === 'waitaof' && seen > written) {
      const [touched] = await ask(on, [{ script: SCRIPTS.touch, args: [], writes: true }]);
      seen = Math.max(seen, touched?.revision ?? 0);
    }
    durable = Math.max(durable, seen);
  }

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MOST_TOGETHER);
      waiting = waiting.slice(MOST_TOGETHER);
      await turn(batch);
    }
    running = undefined;
  }

  return {
    where,
    open: async () => {
      await connected();
    },
    call(call) {
      return new Promise((resolve, reject) => {
        if (closed) {
          reject(stateFailure('closed', 'The state was closed.', { outcome: 'not_written' }));
        } else if (waiting.length >= MOST_WAITING) {
          reject(
            stateFailure(
              'unavailable',
              `More than ${MOST_WAITING} calls wait for Redis (${where}). Look at its speed, and at what asks so much.`,
              { detail: { where }, outcome: 'not_written' },
            ),
          );
        } else {
          waiting.push({ ...call, resolve, reject });
          running ??= run();
        }
      });
    },
    async close() {
      closed = true;
      await running;
      session?.end();
    },
  };
}

function isUnknownScript(reply: unknown): boolean {
  return reply instanceof ErrorReply && reply.message.startsWith('NOSCRIPT');
}
