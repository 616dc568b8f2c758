import type { FailureCode } from '../../../src/trust/failure.ts';
import type { Alterations } from '../lab/alterations.ts';
import type { Scenario } from '../lab/scenario.ts';

/** One thing that is wrong with a bundle of which all the rest is right, and how it must be refused. */
export type Defect = {
  readonly name: string;
  readonly code: FailureCode;
  /** The same defect in each of these formats: scenarios, or names of the laboratory's. */
  readonly formats: readonly (string | Scenario)[];
  readonly alter?: Alterations;
  /** Our checks that refuse it, by name: with these left out it verifies. None: the library, or reading it, refuses it already. */
  readonly checks?: readonly string[];
  /** Why more than one check has something against it. */
  readonly because?: string;
};

export const MESSAGES_V1 = ['v0.1 message', 'v0.2 message', 'v0.3 message'] as const;
export const DSSE_V1 = [
  'v0.1 DSSE intoto v0.1',
  'v0.2 DSSE intoto',
  'v0.3 DSSE dsse',
  'v0.3 DSSE hashedrekord',
] as const;
export const MESSAGES_V2 = ['v0.3 message Rekor v2', 'v0.3 message Rekor v2 ECDSA'] as const;
export const DSSE_V2 = ['v0.3 DSSE Rekor v2', 'v0.3 DSSE Rekor v2 hashedrekord'] as const;
export const REKOR_V1 = [...MESSAGES_V1, ...DSSE_V1] as const;
export const REKOR_V2 = [...MESSAGES_V2, ...DSSE_V2] as const;
export const MESSAGES = [...MESSAGES_V1, ...MESSAGES_V2] as const;
export const DSSE = [...DSSE_V1, ...DSSE_V2] as const;
export const KEYLESS = [...REKOR_V1, ...REKOR_V2] as const;
export const LEGACY = ['legacy message'] as const;
/** One of each combination: a chain or one certificate, message or envelope, either generation of Rekor. */
export const PROVED = [
  'v0.1 message',
  'v0.3 message',
  'v0.2 DSSE intoto',
  'v0.3 DSSE dsse',
  'v0.3 message Rekor v2',
  'v0.3 DSSE Rekor v2',
] as const;
export const CERTIFIED = [...PROVED, ...LEGACY] as const;
/** Bundles before v0.3 hold a chain in the place of a certificate. */
export const CHAINED = ['v0.1 message', 'v0.2 message', 'v0.1 DSSE intoto v0.1', 'v0.2 DSSE intoto'] as const;
export const UNCHAINED = ['v0.3 message', 'v0.3 DSSE dsse', ...REKOR_V2] as const;
export const TIMESTAMPED = ['v0.3 message timestamped', 'v0.2 DSSE intoto', ...REKOR_V2] as const;
export const KEYED_MESSAGE = 'keyed message ecdsa-sha2-256-nistp256';
export const KEYED_DSSE = 'keyed dsse ecdsa-sha2-256-nistp256';
export const KEYED_LOGGED = ['keyed message logged', 'keyed DSSE logged'] as const;
