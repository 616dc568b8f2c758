import { canonicalize } from '../model/canonical.ts';
import { type Sha256Digest, sha256 } from '../model/digest.ts';
import type { Effect, ToolFacts } from '../model/facts.ts';
import { isJsonObject, type Json } from '../model/json.ts';
import { matchesStepSchema, type StepSchema } from './step-schema.ts';

/** Which arguments a step allows. */
export type StepArguments =
  /** These alone, in their RFC 8785 form. */
  | { readonly kind: 'exact'; readonly canonical: string }
  /** All that match the schema, which stands at `place` in the plan; nothing before it is compiled (see `planConflict`). */
  | { readonly kind: 'schema'; readonly schema: StepSchema; readonly place: string }
  /** Those whose RFC 8785 form has this SHA-256: the plan need not tell a secret. */
  | { readonly kind: 'digest'; readonly digest: Sha256Digest };

/** One step of a plan: a tool, what it may be called with, and how often. */
export type PlanStep = {
  /** Unique within the plan; what `context.plan.step` names. */
  readonly id: string;
  readonly server: string;
  readonly tool: string;
  /** `SERVER/TOOL`. */
  readonly toolId: string;
  /** The highest effect that the tool may have when it is called. */
  readonly effect: Effect;
  /** How often it may run. */
  readonly runs: number;
  readonly arguments: StepArguments;
};

const RANK: Readonly<Record<Effect, number>> = { read: 0, write: 1, destructive: 2 };

/**
 * Whether a call is of this step: of its tool, while that has no higher effect than was planned, with arguments that the step allows.
 * Absent arguments are not `{}`. Whether the arguments suit the tool's own schema is another fact (`arguments_valid`).
 */
export function stepMatches(step: PlanStep, tool: ToolFacts, args: Json | undefined): boolean {
  return (
    tool.known &&
    tool.server === step.server &&
    tool.name === step.tool &&
    RANK[tool.effect] <= RANK[step.effect] &&
    args !== undefined &&
    argumentsMatch(step.arguments, args)
  );
}

/** Whether a step allows these arguments, which are an object, as MCP has it: nothing else ever matches. */
export function argumentsMatch(allowed: StepArguments, args: Json): boolean {
  if (!isJsonObject(args)) return false;
  switch (allowed.kind) {
    case 'exact':
      return canonicalize(args) === allowed.canonical;
    case 'schema':
      return matchesStepSchema(allowed.schema, args);
    case 'digest':
      return sha256(canonicalize(args)) === allowed.digest;
  }
}

/** Whether a plan may be used in an environment: in any, where it names none. */
export function environmentMatches(plan: { readonly environments?: readonly string[] }, environment: string): boolean {
  return plan.environments === undefined || plan.environments.includes(environment);
}
