import type { Milliseconds } from '../model/clock.ts';
import type { DecisionId, PolicyIdentity } from '../model/decision.ts';
import type { Facts, PlanFacts, ToolFacts, UnknownPlan } from '../model/facts.ts';
import type { Json, JsonObject } from '../model/json.ts';
import type { AppendedRecord, RecordDraft } from '../model/record.ts';
import type { EvaluationRequest, Resource } from '../model/request.ts';
import type { Verdict } from '../model/verdict.ts';

/**
 * What Rego sees as `input`. On the way of a decision these are the request's parts and `Facts`; offline evaluation may lay anything
 * over them, so the engine relies on no shape below.
 */
export type PolicyInput = {
  readonly subject: JsonObject;
  readonly action: JsonObject;
  readonly resource: JsonObject;
  readonly context: JsonObject;
  readonly facts: JsonObject;
};

/**
 * Evaluates the active policy. Never throws for anything that the policy or its input does: whatever breaks is a verdict that
 * denies, with a code.
 */
export type EvaluatePolicy = (input: PolicyInput) => { readonly verdict: Verdict; readonly policy: PolicyIdentity };

/** Looks a tool up, whole id first, checks the arguments against its schema and compares what the caller observed. Pure look-ups, no I/O. */
export type LookUpTool = (resource: Resource, args: Json | undefined, time: Milliseconds) => ToolFacts;

/** What a call of a plan is judged by. */
export type PlanQuestion = {
  readonly request: EvaluationRequest;
  readonly identified: Pick<Facts, 'caller' | 'principal' | 'actors'>;
  readonly tool: ToolFacts;
  readonly environment: string;
  readonly time: Milliseconds;
  readonly bindingHash: string;
};

/** What is known of the plan that a call names. Asks the store of what was spent only where a plan is named and held. Never rejects. */
export type ReadPlan = (question: PlanQuestion) => Promise<PlanReading>;

export type PlanReading = {
  readonly facts: PlanFacts;
  /** When the plan ends; absent where none is held. */
  readonly until?: Milliseconds;
  /** The decision that the same call got before, whose permit still holds: a permit is that one again. */
  readonly repeats?: FirstDecision;
  /** Spends the step for this call; absent where there is nothing to spend. Never rejects. */
  readonly spend?: (decision: SpendingDecision) => Promise<Spending>;
};

/** The decision that spent a step first. */
export type FirstDecision = { readonly id: DecisionId; readonly time: Milliseconds; readonly expiresAt: Milliseconds };

/** The decision that wants to spend a step. */
export type SpendingDecision = Pick<FirstDecision, 'id' | 'expiresAt'>;

/** `lost`: somebody else was first, so the call is to be judged anew. `failed`: the store could not do it, and the plan is no ground for a permit. */
export type Spending =
  | { readonly kind: 'spent'; readonly settle: SettleSpending }
  | { readonly kind: 'lost' }
  | { readonly kind: 'failed'; readonly facts: UnknownPlan };

/**
 * Told of the permit's record: it is durable; there is none and there never will be one; or writing it failed, and only the log can tell.
 * What cannot be done now is done later. Never rejects.
 */
export type SettleSpending = (record: 'recorded' | 'not_recorded' | 'unknown') => Promise<void>;

/** The environment of a call, from configuration alone. */
export type ResolveEnvironment = (request: EvaluationRequest, caller: Facts['caller'], tool: ToolFacts) => string;

/** Resolves once the record is durable. Rejects otherwise, and then nothing may be permitted. */
export type AppendRecord = (draft: RecordDraft) => Promise<AppendedRecord>;
