import type { SignatureAlgorithm } from '../../../src/trust/algorithm.ts';
import type { Thresholds } from '../../../src/trust/authority/authority.ts';
import type { CtLogName, LogName, TsaName } from './instances.ts';

export type EntryKind = 'hashedrekord 0.0.1' | 'dsse 0.0.1' | 'intoto 0.0.2' | 'hashedrekord 0.0.2' | 'dsse 0.0.2';

export type EntryPlan = {
  readonly log: LogName;
  readonly kind: EntryKind;
  /** Leaves of the log when the entry was proved, and which of them it is; default the 6th of 11. */
  readonly size?: number;
  readonly index?: number;
  /** How many witnesses sign the checkpoint besides the log; default none. */
  readonly witnesses?: number;
};

export type TimestampPlan = {
  readonly tsa: TsaName;
  /** Default true. */
  readonly embedded?: boolean;
};

/** What to make: everything about it is right. */
export type Scenario = {
  readonly name: string;
  /** Of the bundle's media type; `legacy` is cosign's own form. */
  readonly version: '0.1' | '0.2' | '0.3' | 'legacy';
  readonly content: 'message' | 'dsse';
  /** Default v1. */
  readonly statement?: 'v0.1' | 'v1';
  readonly mode: 'keyless' | 'keyed';
  /** Default ECDSA with P-256. */
  readonly algorithm?: SignatureAlgorithm;
  /** Certificate authorities between root and leaf; default one. */
  readonly intermediates?: number;
  readonly entries: readonly EntryPlan[];
  readonly timestamps: readonly TimestampPlan[];
  /** Default one of `ct`. */
  readonly scts?: readonly CtLogName[];
  readonly sctExtensions?: boolean;
  /** Default a workflow at GitHub. */
  readonly person?: boolean;
  /** Digest of the Statement's subject; default sha256. */
  readonly subjectDigest?: 'sha256' | 'sha512';
  /** Default camelCase. */
  readonly spelling?: 'snake_case';
  /** What the verifier is told to ask for; default one log, one time, one SCT where the scenario has them. */
  readonly thresholds?: Thresholds;
};
