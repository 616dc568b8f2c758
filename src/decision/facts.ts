import { type Milliseconds, rfc3339 } from '../model/clock.ts';
import type { Caller, Facts, Identity, PlanFacts, Principal } from '../model/facts.ts';
import { type EvaluationRequest, toolArguments } from '../model/request.ts';
import type { LookUpTool, ResolveEnvironment } from './ports.ts';

/** Who asks, as far as it was proved (or, in a demonstration, taken on its word). */
export type Identified = {
  readonly caller: Caller;
  readonly principal: Principal;
  readonly actors: readonly Identity[];
};

/** Where facts come from. */
export type FactSources = {
  readonly tenant: string;
  readonly lookUpTool: LookUpTool;
  readonly resolveEnvironment: ResolveEnvironment;
};

/** Everything that the policy may rely on, gathered for one request at one time. Pure look-ups; what is missing says why. */
export function gatherFacts(
  request: EvaluationRequest,
  identified: Identified,
  time: Milliseconds,
  sources: FactSources,
): Facts {
  const tool =
    request.action.name === 'tools/call'
      ? sources.lookUpTool(request.resource, toolArguments(request))
      : ({ known: false, code: 'not_a_tool_call' } as const);
  return {
    actors: identified.actors,
    caller: identified.caller,
    environment: sources.resolveEnvironment(request, identified.caller, tool),
    plan: planFacts(request),
    principal: identified.principal,
    tenant: sources.tenant,
    time: rfc3339(time),
    tool,
  };
}

/** No plans are held yet, so a plan that a call names is never known. */
function planFacts(request: EvaluationRequest): PlanFacts {
  const plan = request.asserted.plan;
  if (plan === undefined) return { named: false, known: false, code: 'no_plan_named' };
  return { named: true, known: false, hash: plan.hash, code: 'no_plans_configured' };
}
