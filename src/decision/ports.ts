import type { PolicyIdentity } from '../model/decision.ts';
import type { Facts, ToolFacts } from '../model/facts.ts';
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

/** Looks a tool up, whole id first, and checks the arguments against its schema. Pure look-ups, no I/O. */
export type LookUpTool = (resource: Resource, args: Json | undefined) => ToolFacts;

/** The environment of a call, from configuration alone. */
export type ResolveEnvironment = (request: EvaluationRequest, caller: Facts['caller'], tool: ToolFacts) => string;

/** Resolves once the record is durable. Rejects otherwise, and then nothing may be permitted. */
export type AppendRecord = (draft: RecordDraft) => Promise<AppendedRecord>;
