import { CodedError } from '../errors.ts';
import { bindingHash } from '../model/binding.ts';
import { type Clock, type Milliseconds, rfc3339 } from '../model/clock.ts';
import type { Decision, DecisionId } from '../model/decision.ts';
import type { Facts } from '../model/facts.ts';
import type { RecordDraft } from '../model/record.ts';
import type { EvaluationRequest } from '../model/request.ts';
import type { Evaluated, EvaluateSoon } from './batch.ts';
import { type FactSources, type Gathered, gatherFacts, type Identified } from './facts.ts';
import type { AppendRecord, PolicyInput, SettleSpending } from './ports.ts';
import { type Deployment, decisionRecord, type Trace } from './record.ts';

/** What the way of a decision needs from outside. */
export type DecidePorts = FactSources & {
  readonly now: Clock;
  /** Microseconds of a clock that never jumps; for latencies alone. */
  readonly elapsedUs: () => number;
  readonly newId: (time: Milliseconds) => DecisionId;
  readonly evaluate: EvaluateSoon;
  readonly append: AppendRecord;
  /**
   * Resolves once whatever a record names by digest is kept; undefined where it is. Asked for before the grounds of a permit are looked at
   * for the last time, so that nothing but the record itself comes between.
   */
  readonly ready: () => Promise<void> | undefined;
  /** True for an error of `append` after which no such record exists or ever will. */
  readonly wasNotTaken: (error: unknown) => boolean;
  readonly deployment: Deployment;
  /** How long a permit holds, in milliseconds. */
  readonly permitMs: number;
};

/** Decides one request. Rejects when the record could not be made durable: then there is no decision, and nothing is permitted. */
export type Decide = (request: EvaluationRequest, identified: Identified, trace: Trace) => Promise<Decision>;

/** The way of a decision: facts → input → verdict → spend → record → decision. */
export function createDecide(ports: DecidePorts): Decide {
  return async (request, identified, trace) => {
    const started = ports.elapsedUs();
    const time = ports.now();
    const id = ports.newId(time);
    const binding = bindingHash(request);
    const judged = await judge(ports, { request, identified, time, id, binding });
    const { facts, verdict, policy, repeats } = judged;
    // The permit that a repeated call gets is the one that it got before.
    const first = repeats ?? { id, time, expiresAt: judged.expiresAt };
    const expiresAt = verdict.permit ? rfc3339(first.expiresAt) : undefined;
    const { origin, index } = await recorded(ports, judged.settle, () =>
      decisionRecord({
        id,
        facts,
        request,
        verdict,
        policy,
        bindingHash: binding,
        expiresAt,
        latencyUs: Math.round(ports.elapsedUs() - started),
        trace,
        deployment: ports.deployment,
        ...(repeats !== undefined && { refersTo: repeats.id }),
      }),
    );
    const audit = { origin, index };
    if (expiresAt === undefined) return { id, time: facts.time, verdict, policy, bindingHash: binding, audit };
    return { id: first.id, time: rfc3339(first.time), verdict, policy, bindingHash: binding, audit, expiresAt };
  };
}

type Question = {
  readonly request: EvaluationRequest;
  readonly identified: Identified;
  readonly time: Milliseconds;
  readonly id: DecisionId;
  readonly binding: string;
};

type Judged = Evaluated & {
  readonly facts: Gathered['facts'];
  readonly repeats?: Gathered['plan']['repeats'];
  /** When a permit ends. */
  readonly expiresAt: Milliseconds;
  /** Present where a step was spent: its record decides what becomes of that. */
  readonly settle?: SettleSpending;
};

/** More changes in a row, or calls that were first, than there are while a call is judged: something turns in circles. */
const MAX_TURNS = 8;

/** Judges until a verdict stands: whoever loses the race for a step is judged again, and so is a permit on whose grounds something changed meanwhile. */
async function judge(ports: DecidePorts, question: Question): Promise<Judged> {
  const { request, identified, time, id, binding } = question;
  for (let turn = 0; turn < MAX_TURNS; turn += 1) {
    const generation = ports.generation();
    const unchanged = () => ports.generation() === generation;
    const { facts, plan } = await gatherFacts(request, identified, time, ports, binding);
    const { repeats, until = Number.POSITIVE_INFINITY } = plan;
    // No permit outlives the plan that it rests on.
    const expiresAt = Math.min(time + ports.permitMs, until);
    const evaluated = await evaluate(ports, request, facts);
    if (!evaluated.verdict.permit) return { ...evaluated, facts, repeats, expiresAt };
    await ports.ready();
    if (!unchanged()) continue;
    if (plan.spend === undefined) return { ...evaluated, facts, repeats, expiresAt };
    const spending = await plan.spend({ id, expiresAt });
    switch (spending.kind) {
      case 'lost':
        continue;
      case 'failed': {
        const without = { ...facts, plan: spending.facts };
        const again = await evaluate(ports, request, without);
        await ports.ready();
        if (again.verdict.permit && !unchanged()) continue;
        return { ...again, facts: without, expiresAt: time + ports.permitMs };
      }
      case 'spent':
        if ((await isReady(ports, spending.settle)) && unchanged())
          return { ...evaluated, facts, expiresAt, settle: spending.settle };
        await spending.settle('not_recorded');
    }
  }
  throw new CodedError('decision.unsettled', 'what the decision rests on changes without end; ask again');
}

function evaluate(ports: DecidePorts, request: EvaluationRequest, facts: Facts): Promise<Evaluated> {
  const { subject, action, resource, context } = request;
  const input: PolicyInput = { subject, action, resource, context, facts };
  return ports.evaluate(input);
}

/** Gives back what was spent where what the record names cannot be kept: there will be no record. */
async function isReady({ ready }: Pick<DecidePorts, 'ready'>, settle: SettleSpending): Promise<true> {
  try {
    await ready();
    return true;
  } catch (error) {
    await settle('not_recorded');
    throw error;
  }
}

/** Writes the record, and settles what was spent for it. A permit leaves only after both, an error after the attempt. */
async function recorded(
  { append, wasNotTaken }: Pick<DecidePorts, 'append' | 'wasNotTaken'>,
  settle: SettleSpending | undefined,
  compose: () => RecordDraft,
): ReturnType<AppendRecord> {
  if (settle === undefined) return append(compose());
  let begun = false;
  try {
    const draft = compose();
    begun = true;
    const position = await append(draft);
    await settle('recorded');
    return position;
  } catch (error) {
    await settle(begun && !wasNotTaken(error) ? 'unknown' : 'not_recorded');
    throw error;
  }
}
