import { ErrorReply } from 'redis';
import type { CodedError } from '../../errors.ts';
import type { RedisStateConfig } from '../config.ts';
import { fromErrorReply } from './failure.ts';
import { notPersistent, type Persistence, parseSettings, settingsProblem, waitAofProblem } from './persistence.ts';

/** What is asked behind a row of writes, on the same connection, and what must be answered before they count as durable. */
export type Proof = {
  readonly command: readonly string[];
  /** The server may take as long again for the answer. */
  readonly waits: boolean;
  /** Why the answer proves nothing, or undefined. */
  readonly problem: (reply: unknown) => CodedError | undefined;
};

/** The proof that a server gives; undefined where the operator vouches in its place. */
export function proofOf(persistence: Persistence, config: RedisStateConfig, where: string): Proof | undefined {
  switch (persistence) {
    case 'waitaof':
      return {
        command: waitAof(config),
        waits: true,
        problem: (reply) =>
          reply instanceof ErrorReply
            ? (switchedOff(reply, where) ?? fromErrorReply(reply, where, 'unknown'))
            : waitAofProblem(reply, config.replicas, where),
      };
    case 'always':
      return {
        // The answer before this one left after its fsync if the setting still stands: it can be changed while the server runs.
        command: SETTINGS,
        waits: false,
        problem(reply) {
          const settings = parseSettings(reply);
          if (settings === undefined) return notPersistent(where, 'it no longer says how it keeps what it confirms');
          return settingsProblem(settings, where);
        },
      };
    case 'assumed':
      return undefined;
  }
}

/** What it means that WAITAOF is refused for want of an append-only file; undefined where it is refused for another reason. */
export function switchedOff(reply: unknown, where: string): CodedError | undefined {
  if (!(reply instanceof ErrorReply) || !reply.message.includes('appendonly')) return undefined;
  return notPersistent(where, 'it keeps no append-only file (WAITAOF says so). Set appendonly yes in redis.conf');
}

/** The settings that say when a write is on disk; one pattern, which servers before 7.0 take as well. */
export const SETTINGS: readonly string[] = ['CONFIG', 'GET', '*append*'];

/** Waits for the disks that must have what this connection wrote. On one that wrote nothing it answers at once, unless replicas are missing. */
export function waitAof(config: RedisStateConfig): readonly string[] {
  return ['WAITAOF', '1', String(config.replicas), String(config.timeout_ms)];
}
