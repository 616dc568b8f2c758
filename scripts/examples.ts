import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type FactSources, gatherFacts } from '../src/decision/facts.ts';
import type { EvaluatePolicy, PolicyInput } from '../src/decision/ports.ts';
import { ASSERTED_ISSUER } from '../src/identity/identify.ts';
import { isJsonObject, type Json } from '../src/model/json.ts';
import { mergePatch } from '../src/model/merge-patch.ts';
import { parseEvaluationRequest } from '../src/model/parse-request.ts';
import type { EvaluationRequest } from '../src/model/request.ts';
import { parseStrictJson } from '../src/model/strict-json.ts';

const json: z.ZodType<Json> = z.json();

const schema = z.strictObject({
  description: z.string().min(1),
  time: z.iso.datetime({ offset: true }),
  request: json,
  facts: json.optional(),
  expect: z.strictObject({
    decision: z.boolean(),
    controls: z.record(z.string(), z.enum(['pass', 'fail', 'not_applicable'])),
    reasons: z.array(z.string()),
  }),
});

/** One real tool call and what must come of it. */
export type Example = Omit<z.infer<typeof schema>, 'request'> & {
  readonly request: EvaluationRequest;
  readonly name: string;
};

/** Reads one file of examples/; throws where it has not its form. */
export function readExample(file: URL): Example {
  const parsed = schema.parse(parseStrictJson(readFileSync(file)));
  const name =
    file.pathname
      .split('/')
      .at(-1)
      ?.replace(/\.json$/, '') ?? '';
  return { ...parsed, name, request: parseEvaluationRequest(parsed.request) };
}

/** What the policy gets to see of an example: the facts as the service gathers them, the example's own laid over. */
export async function exampleInput(example: Example, sources: FactSources): Promise<PolicyInput> {
  const { request } = example;
  const identity = { issuer: ASSERTED_ISSUER, id: request.subject.id };
  const { facts: gathered } = await gatherFacts(
    request,
    {
      caller: { ...identity, method: 'asserted' },
      principal: { ...identity, authenticated: true, roles: [] },
      actors: [],
    },
    Date.parse(example.time),
    sources,
  );
  const facts = example.facts === undefined ? gathered : mergePatch(gathered, example.facts);
  if (!isJsonObject(facts)) throw new TypeError(`${example.name}: facts must be an object`);
  const { subject, action, resource, context } = request;
  return { subject, action, resource, context, facts };
}

/** Evaluates an example as the service would. */
export async function evaluateExample(example: Example, sources: FactSources, evaluate: EvaluatePolicy) {
  return evaluate(await exampleInput(example, sources));
}
