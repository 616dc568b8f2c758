import type { Decision } from '../model/decision.ts';
import type { JsonObject } from '../model/json.ts';

/** The answer to an access evaluation: AuthZEN 1.0 section 6.2, its context in the words of its drafts. */
export function evaluationAnswer(decision: Decision): JsonObject {
  const { verdict } = decision;
  const first = verdict.reasons[0];
  return {
    decision: verdict.permit,
    context: {
      evaluation_id: decision.id,
      evaluated_at: decision.time,
      ...(first !== undefined && !verdict.permit && { reason: first.code }),
      reasons: verdict.permit ? [] : verdict.reasons,
      controls: verdict.controls,
      obligations: verdict.obligations,
      ...(decision.expiresAt !== undefined && { expires_at: decision.expiresAt }),
      binding_hash: decision.bindingHash,
      policy: decision.policy,
      audit: decision.audit,
    },
  };
}
