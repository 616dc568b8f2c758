import type { Sha256Digest } from './digest.ts';
import type { Verdict } from './verdict.ts';

/** A UUID of version 7 (RFC 9562): the evaluation's id, in answer and record. */
export type DecisionId = string & { readonly __brand: 'DecisionId' };

const DECISION_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Narrows a text to the id of a decision. */
export function isDecisionId(text: string): text is DecisionId {
  return DECISION_ID.test(text);
}

/** Which policy decided. */
export type PolicyIdentity = { readonly revision: string; readonly digest: Sha256Digest };

/** Where a record stands: in which log, at which index. */
export type AuditPosition = { readonly origin: string; readonly index: number };

/** The verdict with its id, time, policy and audit position. It exists only after its record is durable. */
export type Decision = {
  readonly id: DecisionId;
  /** RFC 3339, UTC, milliseconds. */
  readonly time: string;
  readonly verdict: Verdict;
  readonly policy: PolicyIdentity;
  /** RFC 3339; until when a permit holds for what `bindingHash` covers. Absent on a denial. */
  readonly expiresAt?: string;
  /** Base64url SHA-256 over the authorization-relevant parts of the request. */
  readonly bindingHash: string;
  readonly audit: AuditPosition;
};
