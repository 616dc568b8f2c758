import { bindingHash } from '../model/binding.ts';
import { type Clock, rfc3339 } from '../model/clock.ts';
import type { Decision, DecisionId } from '../model/decision.ts';
import type { EvaluationRequest } from '../model/request.ts';
import type { EvaluateSoon } from './batch.ts';
import { type FactSources, gatherFacts, type Identified } from './facts.ts';
import type { AppendRecord, PolicyInput } from './ports.ts';
import { type Deployment, decisionRecord, type Trace } from './record.ts';

/** What the way of a decision needs from outside. */
export type DecidePorts = FactSources & {
  readonly now: Clock;
  /** Microseconds of a clock that never jumps; for latencies alone. */
  readonly elapsedUs: () => number;
  readonly newId: (time: number) => DecisionId;
  readonly evaluate: EvaluateSoon;
  readonly append: AppendRecord;
  readonly deployment: Deployment;
  /** How long a permit holds, in milliseconds. */
  readonly permitMs: number;
};

/** Decides one request. Rejects when the record could not be made durable: then there is no decision, and nothing is permitted. */
export type Decide = (request: EvaluationRequest, identified: Identified, trace: Trace) => Promise<Decision>;

/** The way of a decision: facts → input → verdict → record → decision. */
export function createDecide(ports: DecidePorts): Decide {
  return async (request, identified, trace) => {
    const started = ports.elapsedUs();
    const now = ports.now();
    const id = ports.newId(now);
    const facts = gatherFacts(request, identified, now, ports);
    const { subject, action, resource, context } = request;
    const input: PolicyInput = { subject, action, resource, context, facts };
    const { verdict, policy } = await ports.evaluate(input);
    const binding = bindingHash(request);
    const expiresAt = verdict.permit ? rfc3339(now + ports.permitMs) : undefined;
    const latencyUs = Math.round(ports.elapsedUs() - started);
    const { origin, index } = await ports.append(
      decisionRecord({
        id,
        facts,
        request,
        verdict,
        policy,
        bindingHash: binding,
        expiresAt,
        latencyUs,
        trace,
        deployment: ports.deployment,
      }),
    );
    const decision = { id, time: facts.time, verdict, policy, bindingHash: binding, audit: { origin, index } };
    return expiresAt === undefined ? decision : { ...decision, expiresAt };
  };
}
