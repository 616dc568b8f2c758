import type { Sha256Digest } from '../../model/digest.ts';
import type { DocumentKind } from '../authority/authority.ts';
import type { FailureCode } from '../failure.ts';

/** Which log: its key's id and the name that it signs its trees under. Marks are kept per pair, never over several. */
export type LogName = { readonly logId: string; readonly origin: string };

/** A tree: its size in decimal, its root in lower-case hex. */
export type TreeHead = { readonly size: string; readonly root: string };

/**
 * Why a log is no longer believed. `split_view`: it signed two trees of one size. `log_inconsistent`: it signed a tree that does not
 * extend one that it had signed before, or could not show that it does.
 */
export type Distrust = {
  readonly code: 'split_view' | 'log_inconsistent';
  /** The two trees that exclude each other, in the order in which they were seen. */
  readonly trees: readonly [TreeHead, TreeHead];
  /** RFC 3339: when that was found. */
  readonly time: string;
};

/** What freshness reports besides its answers, for the service's log, its metrics and whoever withdraws what relies on a log. */
export type FreshnessEvent =
  /**
   * An alarm: a log showed trees that exclude each other. What relies on that log is refused from now on, until an operator undoes
   * it. `remembered` is false where the store could not keep it: then only this process knows.
   */
  | ({ readonly type: 'log_distrusted'; readonly remembered: boolean } & LogName & Distrust)
  /** An alarm: a document came with less proof or an older checkpoint than before, or relies on a log that is distrusted. */
  | {
      readonly type: 'document_refused';
      readonly code: Extract<FailureCode, 'downgraded' | 'behind_mark' | 'split_view' | 'log_inconsistent'>;
      readonly kind: DocumentKind;
      readonly document: Sha256Digest;
      readonly name?: string;
      readonly message: string;
    }
  /** What was seen before cannot be read or written; whatever needs it is refused. `cause` is for logs alone. */
  | { readonly type: 'state_failed'; readonly message: string; readonly cause: unknown }
  /** A live tree was proved to extend the one before. */
  | ({ readonly type: 'live_raised'; readonly from?: TreeHead } & LogName & TreeHead)
  /** So many checkpoints that bundles came with were proved to lie within the live tree; `left` wait for the next run. */
  | ({ readonly type: 'observed_proved'; readonly count: number; readonly left: number } & LogName)
  /** A configured log could not be read, or answered what it should not; nothing was changed. `runs`: how often in a row. */
  | {
      readonly type: 'log_unreachable';
      readonly baseUrl: string;
      readonly code: string;
      readonly message: string;
      readonly runs: number;
      readonly cause?: unknown;
    }
  /** A log answers, and its proofs do not lead to the trees that it signed; after some runs it is distrusted. */
  | ({ readonly type: 'log_unproved'; readonly runs: number; readonly from: TreeHead; readonly to: TreeHead } & LogName)
  /** For some runs the log has shown a tree smaller than one that it had signed before: a lagging mirror, or one that hides. */
  | ({
      readonly type: 'log_behind';
      readonly runs: number;
      readonly shown: TreeHead;
      readonly known: TreeHead;
    } & LogName)
  /** Bundles came with checkpoints by this key under an origin that the reachable log does not list: no live tree vouches for them. */
  | ({ readonly type: 'origin_unlisted'; readonly baseUrl: string } & LogName)
  /**
   * An alarm: a document relies on a tree, seen for the first time, of a key that has signed trees under other origins. A Rekor v1 that
   * begins another shard does so, and one that hides a fork behind an origin of its own.
   */
  | ({ readonly type: 'another_tree'; readonly others: readonly string[] } & LogName);

/** Takes the reports. */
export type FreshnessEventSink = (event: FreshnessEvent) => void;
