import { bindingHash } from '../model/binding.ts';
import { type Milliseconds, rfc3339 } from '../model/clock.ts';
import type { Caller, Facts, Identity, Principal } from '../model/facts.ts';
import { type EvaluationRequest, toolArguments } from '../model/request.ts';
import type { LookUpTool, PlanReading, ReadPlan, ResolveEnvironment } from './ports.ts';

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
  readonly readPlan: ReadPlan;
  /**
   * Another number whenever a tool or plan that counted may count no longer, or otherwise: a verdict that was reached under an earlier
   * number is reached anew before anything is permitted by it.
   */
  readonly generation: () => number;
};

/** Facts, with what the plan that the call names allows to be done. */
export type Gathered = { readonly facts: Facts; readonly plan: PlanReading };

const NO_PLAN: PlanReading = Object.freeze({
  facts: Object.freeze({ named: false, known: false, code: 'no_plan_named' }),
});

/** Everything that the policy may rely on, gathered for one request at one time. What is missing says why. */
export async function gatherFacts(
  request: EvaluationRequest,
  identified: Identified,
  time: Milliseconds,
  sources: Omit<FactSources, 'generation'>,
  hash: string = bindingHash(request),
): Promise<Gathered> {
  const tool =
    request.action.name === 'tools/call'
      ? sources.lookUpTool(request.resource, toolArguments(request), time)
      : ({ known: false, code: 'not_a_tool_call' } as const);
  const environment = sources.resolveEnvironment(request, identified.caller, tool);
  const plan =
    request.asserted.plan === undefined
      ? NO_PLAN
      : await sources.readPlan({ request, identified, tool, environment, time, bindingHash: hash });
  const facts: Facts = {
    actors: identified.actors,
    caller: identified.caller,
    environment,
    plan: plan.facts,
    principal: identified.principal,
    tenant: sources.tenant,
    time: rfc3339(time),
    tool,
  };
  return { facts, plan };
}

/** Of a deployment without plans: one that a call names is never known. */
export const noPlans: ReadPlan = async ({ request: { asserted } }) => {
  const call = asserted.call === undefined ? 'missing' : 'new';
  const hash = asserted.plan?.hash ?? '';
  return { facts: { named: true, known: false, hash, code: 'no_plans_configured', failed: [], call } };
};
