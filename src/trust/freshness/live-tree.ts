import { CodedError } from '../../errors.ts';
import { failureOf, refusal } from '../failure.ts';
import { type Checkpoint, verifyCheckpoint } from '../log/checkpoint.ts';
import type { TrustedLog } from '../root/trust-root.ts';
import type { ConsistencyResult, Tree } from './consistency.ts';
import type { LogName } from './event.ts';
import type { Fetching } from './fetch-bytes.ts';

/** A tree that a log serves now, its checkpoint verified under one of the root's keys. */
export type LiveTree = {
  readonly log: LogName;
  /** Where it was read. */
  readonly baseUrl: string;
  readonly size: bigint;
  /** Lower-case hex. */
  readonly root: string;
  /** Whether an older tree lies within this one, by a proof that the log gives. Throws where it gives none. */
  readonly prove: (from: Tree) => Promise<ConsistencyResult>;
};

/** Where a log is read, and who may have signed what is found there. */
export type LogSource = {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  /** As configured: for Rekor v1 without its tree. */
  readonly origin: string;
  /** Logs of the trusted root that this may be. */
  readonly candidates: readonly TrustedLog[];
  readonly fetching: Fetching;
};

/** What a log answered: its trees, and what was wrong with those that do not count. */
export type LiveAnswer = { readonly trees: readonly LiveTree[]; readonly problems: readonly unknown[] };

/**
 * The log of the root that signed a checkpoint.
 *
 * @throws CodedError `trust.log_checkpoint_invalid`
 */
export function signerOf(checkpoint: Checkpoint, name: string, candidates: readonly TrustedLog[]): TrustedLog {
  let last: unknown = refusal('log_checkpoint_invalid', 'the trusted root names no log that this could be');
  for (const log of candidates) {
    try {
      verifyCheckpoint(checkpoint, name, log);
      return log;
    } catch (error) {
      if (failureOf(error) !== 'log_checkpoint_invalid') throw error;
      last = error;
    }
  }
  throw last;
}

/** The error of an answer that is not of the interface's form. */
export function malformedAnswer(url: string, what: string, cause?: unknown): CodedError {
  return new CodedError('log.malformed', `${url} ${what}`, cause === undefined ? {} : { cause });
}
