import type { Json, JsonObject } from './json.ts';

/** AuthZEN 1.0 section 5.1: who the caller says is acting. */
export type Subject = { readonly type: string; readonly id: string; readonly properties?: JsonObject };
/** AuthZEN 1.0 section 5.3. For a tool call `name` is `tools/call` and `properties.arguments` are the tool's arguments. */
export type Action = { readonly name: string; readonly properties?: JsonObject };
/** AuthZEN 1.0 section 5.2. For a tool call `type` is `tool` and `id` is `SERVER/TOOL`, looked up whole. */
export type Resource = { readonly type: string; readonly id: string; readonly properties?: JsonObject };

/**
 * The reserved members of `context`, narrowed. All of them are only asserted by the caller. Members that Exequatur does not know
 * stay in `EvaluationRequest.context`, where Rego may read them.
 */
export type AssertedContext = {
  readonly session?: string;
  readonly call?: string;
  readonly plan?: { readonly hash: string; readonly step?: string };
  readonly supportedObligations: readonly string[];
};

/** A parsed access evaluation request: what the caller says. Members that AuthZEN does not know are gone. */
export type EvaluationRequest = {
  readonly subject: Subject;
  readonly action: Action;
  readonly resource: Resource;
  /** As sent; `{}` when absent. */
  readonly context: JsonObject;
  readonly asserted: AssertedContext;
};

/** The tool's arguments, or undefined when absent: absent arguments are not `{}`. */
export function toolArguments(request: EvaluationRequest): Json | undefined {
  const properties = request.action.properties;
  return properties !== undefined && Object.hasOwn(properties, 'arguments') ? properties.arguments : undefined;
}
