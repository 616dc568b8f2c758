import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { z } from 'zod';
import { evaluateExample, exampleInput, readExample } from '../../scripts/examples.ts';
import { activatePolicy, loadOffline } from '../../src/compose.ts';
import { demonstrationFile, readConfig } from '../../src/config.ts';
import { readPolicyFolders } from '../../src/policy/folder.ts';
import { runOpa } from '../../src/policy/opa/child.ts';
import { evaluateOperation } from '../../src/policy/opa/operations.ts';

const folder = new URL('../../examples/', import.meta.url);
const config = readConfig(demonstrationFile());
const sources = await loadOffline(config);
const examples = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .sort()
  .map((name) => readExample(new URL(name, folder)));

/** What of an answer the examples state. */
type Answer = { readonly decision: boolean; readonly controls: object; readonly reasons: readonly string[] };

function codes(reasons: readonly { readonly code: string }[]): string[] {
  return [...new Set(reasons.map(({ code }) => code))].sort();
}

/** What `data.exequatur.decision` is, the policies' contract. */
const decision = z.strictObject({
  permit: z.boolean(),
  controls: z.record(z.string(), z.enum(['pass', 'fail', 'not_applicable'])),
  reasons: z.array(z.strictObject({ control: z.string(), code: z.string(), message: z.string() })),
  obligations: z.array(z.json()),
});

async function interpret(): Promise<(Answer | { readonly problems: readonly string[] })[]> {
  const policies = (await readPolicyFolders(['policies'])).files.filter(({ path }) => !path.endsWith('_test.rego'));
  const files = Object.fromEntries(policies.map(({ path, text }) => [`policies/${path}`, text]));
  const inputs = await Promise.all(examples.map((example) => exampleInput(example, sources)));
  const cases = examples.map((example, index) => ({
    input: z.json().parse(inputs[index]),
    timeNs: BigInt(Date.parse(example.time)) * 1_000_000n,
  }));
  const answer = await runOpa(
    evaluateOperation(
      { root: 'policies', files },
      { query: 'data.exequatur.decision', cases, strictBuiltinErrors: true },
    ),
  );
  assert.ok(answer.ok, JSON.stringify(answer));
  return answer.evaluations.map(({ results, problems }) => {
    // Strict builtin errors: where one erred there is no result, and the example says so by itself.
    if (problems.length > 0) return { problems: problems.map(({ message, file, row }) => `${file}:${row} ${message}`) };
    const { permit, controls, reasons } = decision.parse(results[0]?.values[0]);
    return { decision: permit, controls, reasons: codes(reasons) };
  });
}

describe('the examples', () => {
  let interpreted: Awaited<ReturnType<typeof interpret>> = [];
  let evaluate: Awaited<ReturnType<typeof activatePolicy>>['evaluate'];

  after(() => sources.close());

  before(async () => {
    interpreted = await interpret();
    evaluate = (await activatePolicy(config)).evaluate;
  });

  for (const [index, example] of examples.entries()) {
    it(`${example.name}: ${example.expect.decision ? 'permit' : 'denial'}, by the bundle and by OPA's interpreter`, async () => {
      const { verdict } = await evaluateExample(example, sources, evaluate);
      const compiled = { decision: verdict.permit, controls: verdict.controls, reasons: codes(verdict.reasons) };
      assert.deepEqual(compiled, example.expect, 'the compiled bundle');
      assert.deepEqual(interpreted[index], example.expect, "OPA's interpreter");
    });
  }

  it('are twenty or more, and show every control passing and failing', () => {
    assert.ok(examples.length >= 20);
    const states = new Set(
      examples.flatMap(({ expect }) => Object.entries(expect.controls).map((pair) => pair.join(' '))),
    );
    for (const control of config.policy.required_controls) {
      for (const state of ['pass', 'fail'])
        assert.ok(states.has(`${control} ${state}`), `${control} never came to ${state}`);
    }
  });

  it('state the facts of a listed tool, save where they are about one that is not', () => {
    for (const { name, request } of examples) {
      const { known } = sources.lookUpTool(request.resource, {}, Date.now());
      const unlisted = ['unknown-tool', 'bare-tool-name-without-a-server', 'no-tool-call'];
      assert.equal(known, !unlisted.some((one) => name.endsWith(one)), name);
    }
  });
});
