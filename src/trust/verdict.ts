import type { Milliseconds } from '../model/clock.ts';
import type { Sha256Digest } from '../model/digest.ts';
import type { VerifiedSignature } from '../model/facts.ts';
import type { DocumentKind, Rule } from './authority/authority.ts';
import type { FailureCode } from './failure.ts';
import type { CheckResult } from './verified-bundle.ts';

/** What a revocation can strike out: everything that a match rests on. */
export type Reliance = {
  readonly keys: readonly Sha256Digest[];
  readonly certificates: readonly Sha256Digest[];
  readonly identities: readonly { readonly issuer: string; readonly subject: string }[];
};

/** What the bundles behind one match proved, each name once. Only of matches that stand a document's proofs are formed (see proofs.ts). */
export type Proved = {
  /** Operators. */
  readonly logs: readonly string[];
  readonly timestamps: readonly string[];
  readonly scts: readonly string[];
  /** Predicate types of attestations that were needed and found. */
  readonly attestations: readonly string[];
  readonly checkpoints: readonly SeenCheckpoint[];
};

/** An authority that vouches for a document, and on what grounds. */
export type AuthorityMatch = {
  readonly authority: string;
  /** What stands in `facts.…signatures.by`. */
  readonly fact: VerifiedSignature;
  readonly reliesOn: Reliance;
  readonly proved: Proved;
  readonly notAfter?: Milliseconds;
};

/** An authority that does not, and why. `bundle` tells which of those given, from 0; absent where it concerns none alone. */
export type AuthorityFailure = {
  readonly authority?: string;
  readonly code: FailureCode;
  readonly message: string;
  readonly bundle?: number;
};

/** A checkpoint that a verified entry came with. */
export type SeenCheckpoint = {
  readonly logId: string;
  readonly origin: string;
  /** Decimal. */
  readonly size: string;
  /** Hex. */
  readonly root: string;
};

/** How strongly a document was proved: compared part by part, so that stripping a proof shows. */
export type Proofs = {
  /** Distinct authorities. */
  readonly authorities: number;
  /** Distinct operators, over all bundles behind them. */
  readonly logs: number;
  readonly timestamps: number;
  readonly scts: number;
  /** Predicate types of attestations that were needed and found. */
  readonly attestations: readonly string[];
};

/** What verification found about one document: plain data, kept and sent between threads. It says nothing of revocations or of today. */
export type DocumentVerdict = {
  readonly document: Sha256Digest;
  readonly kind: DocumentKind;
  readonly by: readonly AuthorityMatch[];
  readonly failed: readonly AuthorityFailure[];
  /** Those that concern the kind, in the configuration's order; whether they hold is a question of the moment (see current.ts). */
  readonly rules: readonly Rule[];
  /** By bundle and authority: each check and its result. */
  readonly checks: readonly {
    readonly bundle: number;
    readonly authority: string;
    readonly results: readonly CheckResult[];
  }[];
};
