import { UNKNOWN_ENVIRONMENT } from '../decision/environment.ts';
import { HEADER_MEMBERS, readHeader } from '../document/header.ts';
import { below, invalidDocument, type Problem } from '../document/problems.ts';
import { DOCUMENT_NAME, DocumentReader, parseDocumentJson } from '../document/reader.ts';
import type { ParsedDocument } from '../document/shelved.ts';
import { type Json, type JsonObject, member } from '../model/json.ts';
import { NAME } from '../model/name.ts';
import type { DocumentContent } from '../trust/authority/scope.ts';
import { type PlanAgent, readAgent } from './agent.ts';
import { readSteps } from './read-steps.ts';
import type { PlanStep } from './step.ts';

/** What an agent may do: the steps that it may take, here and not elsewhere. */
export type Plan = {
  /** The configured name of the deployment that it is made for. */
  readonly audience: string;
  readonly agent: PlanAgent;
  /** `strict`: each step only once those before it have run; `any`: in any order. */
  readonly order: 'strict' | 'any';
  /** Makes plans that say the same different documents, with hashes of their own. */
  readonly nonce: string;
  /** The environments that it may be used in. Absent: all. */
  readonly environments?: readonly string[];
  readonly steps: readonly PlanStep[];
};

/** Bytes and nesting of a plan. */
export const PLAN_LIMITS = { maxBytes: 1_048_576, maxDepth: 64 };
const MEMBERS = [...HEADER_MEMBERS, 'audience', 'agent', 'order', 'nonce', 'environments', 'steps'];
const ORDERS: readonly Plan['order'][] = ['strict', 'any'];
const NONCE = /^[\x21-\x7e]{16,128}$/;
const MAX_ENVIRONMENTS = 64;

/**
 * Reads a plan. Members that this version does not know are refused everywhere but in arguments and schemas, so that a mistyped one
 * cannot pass for set. Schemas are looked at and not compiled: that is done once the plan is to count (see `planConflict`).
 *
 * @throws CodedError `plan.not_json` when it is not strict JSON (the cause says where), `plan.invalid` with every problem and its place
 */
export function parsePlan(bytes: Uint8Array, source: string): ParsedDocument<Plan> {
  const { problems, plan } = readPlan(parseDocumentJson('plan', bytes, source, PLAN_LIMITS));
  if (problems.length > 0) throw invalidDocument('plan', source, problems);
  return plan;
}

/** Reads a plan out of its JSON, with all that is wrong with it. Where that is anything, the plan is of no use. */
export function readPlan(json: Json): { readonly problems: readonly Problem[]; readonly plan: ParsedDocument<Plan> } {
  const reader = new DocumentReader();
  const document = reader.object(json, '', MEMBERS);
  const header = readHeader(reader, document, ['plan']);
  const audience = reader.text(
    document,
    'audience',
    '',
    DOCUMENT_NAME,
    'the configured name of a deployment, 1 to 128 visible characters without blanks',
  );
  const agent = readAgent(reader, member(document, 'agent'));
  const order = ORDERS.find((one) => one === member(document, 'order'));
  if (order === undefined) reader.problem('/order', 'must be "strict" (one step after another) or "any"');
  const nonce = reader.text(document, 'nonce', '', NONCE, '16 to 128 visible ASCII characters, such as a new UUID');
  const environments = readEnvironments(reader, document);
  const steps = readSteps(reader, member(document, 'steps'));
  const content: Plan = {
    audience,
    agent,
    order: order ?? 'strict',
    nonce,
    ...(environments !== undefined && { environments }),
    steps,
  };
  return { problems: reader.problems, plan: { header, content, about: contentOf(content) } };
}

function readEnvironments(reader: DocumentReader, document: JsonObject): readonly string[] | undefined {
  const value = member(document, 'environments');
  if (value === undefined) return undefined;
  const what = `an array of 1 to ${MAX_ENVIRONMENTS} environments; leave it out where the plan may be used in all`;
  const named = reader.array(value, '/environments', what);
  if (Array.isArray(value) && (named.length < 1 || named.length > MAX_ENVIRONMENTS)) {
    reader.problem('/environments', `must be ${what}`);
  }
  const environments: string[] = [];
  for (const [index, name] of named.slice(0, MAX_ENVIRONMENTS).entries()) {
    const place = below('/environments', index);
    if (typeof name !== 'string' || !NAME.test(name)) {
      reader.problem(
        place,
        'must be the configured name of an environment: lower-case letters, digits, dots, dashes or underscores',
      );
    } else if (name === UNKNOWN_ENVIRONMENT) {
      reader.problem(
        place,
        `must not be "${UNKNOWN_ENVIRONMENT}", which stands for calls that no rule of the configuration matches`,
      );
    } else if (environments.includes(name)) {
      reader.problem(place, 'is named twice');
    } else environments.push(name);
  }
  return environments;
}

/** Whoever may vouch for some environments alone may not vouch for a plan that names none, and so may be used in all. */
const ALL_ENVIRONMENTS: readonly string[] = ['*'];

function contentOf({ agent, environments, steps }: Plan): DocumentContent {
  return {
    servers: unique(steps.map(({ server }) => server)),
    tools: unique(steps.map(({ toolId }) => toolId)),
    planAgents: [`${agent.issuer} ${agent.id}`],
    environments: environments ?? ALL_ENVIRONMENTS,
    effects: unique(steps.map(({ effect }) => effect)),
  };
}

function unique<T>(all: readonly T[]): readonly T[] {
  return [...new Set(all)];
}
