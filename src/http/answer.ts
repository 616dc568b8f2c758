import type { Decision } from '../model/decision.ts';
import type { JsonObject } from '../model/json.ts';
import type { Verdict } from '../model/verdict.ts';

/** The answer to an access evaluation: AuthZEN 1.0 section 6.2, its context in the words of its drafts. */
export function evaluationAnswer(decision: Decision): JsonObject {
  const { verdict } = decision;
  const why = decisiveReason(verdict);
  return {
    decision: verdict.permit,
    context: {
      evaluation_id: decision.id,
      evaluated_at: decision.time,
      ...(why !== undefined && { reason: why }),
      reasons: verdict.reasons,
      controls: verdict.controls,
      obligations: verdict.obligations,
      ...(decision.expiresAt !== undefined && { expires_at: decision.expiresAt }),
      binding_hash: decision.bindingHash,
      policy: decision.policy,
      audit: decision.audit,
    },
  };
}

/** The code of the first reason that denied; what a passed control notes, such as an emergency, is none. */
function decisiveReason(verdict: Verdict): string | undefined {
  if (verdict.permit) return undefined;
  return (verdict.reasons.find(({ control }) => verdict.controls[control] !== 'pass') ?? verdict.reasons[0])?.code;
}
