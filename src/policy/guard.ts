import { isJsonObject, type JsonObject, member } from '../model/json.ts';
import type { Verdict } from '../model/verdict.ts';
import { type GuardDenialCode, guardMessage } from './codes.ts';

/**
 * What the engine adds to any policy: a permit for a call that names a plan stands only if the call has a name of its own, by which its
 * step can be spent, and the step is not used up. A policy that knows nothing of plans, somebody else's for example, could not
 * otherwise be relied upon for that. A verdict that denies says first what is wrong with the call's name, for nothing else that the
 * caller does will help.
 *
 * @param verdict The policy's, permit computed.
 * @param facts Of the input. Facts that name no plan leave the verdict as it is.
 * @returns `verdict` itself, or a denial with its controls, reasons and obligations, and a reason of the control `engine` before them.
 */
export function guardPlan(verdict: Verdict, facts: JsonObject): Verdict {
  const plan = member(facts, 'plan');
  if (!isJsonObject(plan) || member(plan, 'named') !== true) return verdict;
  const code = verdict.permit ? objection(plan) : nameless(plan);
  if (code === undefined) return verdict;
  const reason = { control: 'engine', code, message: guardMessage(code) };
  return { ...verdict, permit: false, reasons: [reason, ...verdict.reasons] };
}

/** Why no permit may rest on the plan. Only what shows the call to be its own lets it stand. */
function objection(plan: JsonObject): GuardDenialCode | undefined {
  const call = member(plan, 'call');
  if (call !== 'new' && call !== 'repeated') return nameless(plan) ?? 'call.missing';
  return member(plan, 'known') === true && member(plan, 'used') !== false ? 'plan.used' : undefined;
}

/** What is known to be wrong with the call's name; facts of old records say nothing of it. */
function nameless(plan: JsonObject): GuardDenialCode | undefined {
  switch (member(plan, 'call')) {
    case 'missing':
      return 'call.missing';
    case 'conflict':
      return 'call.conflict';
    default:
      return undefined;
  }
}
