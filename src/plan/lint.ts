import type { Problem } from '../document/problems.ts';
import { parseDocumentJson } from '../document/reader.ts';
import type { ParsedDocument } from '../document/shelved.ts';
import { CodedError } from '../errors.ts';
import { type Milliseconds, rfc3339 } from '../model/clock.ts';
import { isJsonObject, type Json, type JsonObject, member, within } from '../model/json.ts';
import { PLAN_LIMITS, type Plan, readPlan } from './document.ts';
import { schemaProblems } from './usable.ts';

/** What is wrong with a plan, so that it is refused, and what a person should look at before it is signed. */
export type PlanFindings = {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** Absent where it cannot be read. */
  readonly plan?: ParsedDocument<Plan>;
};

/** Looks at a plan before it is signed: every problem with its place. Never throws. */
export function lintPlan(bytes: Uint8Array, source: string, { now }: { readonly now: Milliseconds }): PlanFindings {
  let json: Json;
  try {
    json = parseDocumentJson('plan', bytes, source, PLAN_LIMITS);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return { problems: [{ place: '', problem: error.message }], warnings: [] };
  }
  const { problems: read, plan } = readPlan(json);
  const problems = [...read, ...schemaProblems(plan.content)];
  if (problems.length > 0) return { problems, warnings: [] };
  const { issued, expires } = plan.header;
  return {
    plan,
    problems:
      expires > now ? [] : [{ place: '/expires', problem: `it expired at ${rfc3339(expires)}; give it a later end` }],
    warnings: [
      ...(issued > now
        ? [{ place: '/issued', problem: `it does not count before ${rfc3339(issued)}, which is still to come` }]
        : []),
      ...plan.content.steps.flatMap((_, index): Problem[] => {
        const schema = within(json, 'steps', index, 'arguments', 'schema');
        return isJsonObject(schema) && isOpen(schema)
          ? [
              {
                place: `/steps/${index}/arguments/schema`,
                problem: 'lets through arguments that it does not name; say "additionalProperties": false',
              },
            ]
          : [];
      }),
    ],
  };
}

/** Any of these may close a schema; whether it does is for whoever wrote it to know. */
const CLOSING = [
  'additionalProperties',
  'unevaluatedProperties',
  'propertyNames',
  'maxProperties',
  'const',
  'enum',
  '$ref',
  'allOf',
  'anyOf',
  'oneOf',
];

function isOpen(schema: JsonObject): boolean {
  return CLOSING.every((name) => member(schema, name) === undefined);
}
