import assert from 'node:assert/strict';
import { evaluateInBatches } from '../../src/decision/batch.ts';
import { createDecide } from '../../src/decision/decide.ts';
import { noPlans } from '../../src/decision/facts.ts';
import type { AppendRecord, EvaluatePolicy, PolicyInput } from '../../src/decision/ports.ts';
import { createDecisionApp, type DecisionAppPorts } from '../../src/http/app.ts';
import { limitsConfig, listenConfig } from '../../src/http/config.ts';
import { type Listening, listen } from '../../src/http/server.ts';
import { createIdentify } from '../../src/identity/identify.ts';
import type { DecisionId } from '../../src/model/decision.ts';
import { sha256 } from '../../src/model/digest.ts';
import { isJsonObject, type Json, type JsonObject } from '../../src/model/json.ts';
import type { RecordDraft } from '../../src/model/record.ts';
import { parseStrictJsonText } from '../../src/model/strict-json.ts';

/** What reached the ports, and what they do. */
export type World = {
  inputs: PolicyInput[];
  drafts: RecordDraft[];
  refusals: string[];
  recorded: string[];
  unexpected: unknown[];
  evaluate: EvaluatePolicy;
  append: AppendRecord;
  submitPlan: DecisionAppPorts['submitPlan'];
  showPlan: DecisionAppPorts['showPlan'];
  showCatalogue: DecisionAppPorts['showCatalogue'];
};

export function newWorld(): World {
  const world: World = {
    inputs: [],
    drafts: [],
    refusals: [],
    recorded: [],
    unexpected: [],
    evaluate: (input) => {
      world.inputs.push(input);
      const permit = input.subject.id === 'alice';
      return {
        policy: { revision: 'r1', digest: sha256('policy') },
        verdict: {
          permit,
          controls: { access: permit ? 'pass' : 'fail', note: 'pass' },
          reasons: permit
            ? []
            : [
                { control: 'note', code: 'note.seen', message: 'noted' },
                { control: 'access', code: 'access.no_grant', message: 'no role grants this' },
              ],
          obligations: [],
        },
      };
    },
    append: async (draft) => {
      world.drafts.push(draft);
      return { origin: 'test', index: world.drafts.length - 1, leaf: sha256('leaf') };
    },
    submitPlan: () => assert.fail('no plan is submitted'),
    showPlan: () => assert.fail('no plan is looked for'),
    showCatalogue: () => assert.fail('no catalogue is asked for'),
  };
  return world;
}

/** An app over the world on a free port; `trust`: asserted subjects are believed. */
export async function serving(
  world: World,
  run: (url: string) => Promise<void>,
  limits = {},
  trust = true,
): Promise<void> {
  const config = limitsConfig.parse(limits);
  let count = 0;
  const app = createDecisionApp({
    identify: createIdentify({ dangerously_trust_asserted_subjects: trust }),
    decide: createDecide({
      tenant: 'default',
      lookUpTool: () => ({ known: false, code: 'not_in_catalogue' }),
      resolveEnvironment: () => 'unknown',
      now: () => Date.parse('2026-11-23T10:00:00Z'),
      elapsedUs: () => 0,
      newId: () => newId(count++),
      evaluate: evaluateInBatches(
        (input) => world.evaluate(input),
        setImmediate,
        () => performance.now(),
      ),
      append: (draft) => world.append(draft),
      ready: () => undefined,
      readPlan: noPlans,
      generation: () => 0,
      wasNotTaken: () => false,
      deployment: {
        engine: { version: '0', opa: '0' },
        catalogue: () => ({ digest: sha256('catalogue') }),
        trust: () => null,
      },
      permitMs: 60_000,
    }),
    recordRefusal: async (identified, code) => void world.recorded.push(`${identified.caller.id} ${code}`),
    countRefusal: (code) => void world.refusals.push(code),
    submitPlan: (caller, submission) => world.submitPlan(caller, submission),
    showPlan: (hash) => world.showPlan(hash),
    showCatalogue: () => world.showCatalogue(),
    limits: config,
    onUnexpected: (error) => void world.unexpected.push(error),
  });
  const server: Listening = await listen(app, listenConfig.parse({ port: 0 }), config, (error) =>
    assert.fail(String(error)),
  );
  try {
    await run(server.url);
  } finally {
    await server.drain(0);
  }
}

function newId(count: number): DecisionId {
  const id = `0199f0a2-5b7c-7c31-a6f0-${String(count).padStart(12, '0')}`;
  const brand = (text: string): text is DecisionId => text.length === 36;
  assert.ok(brand(id));
  return id;
}

/** What came back: always JSON. */
export type Answer = { status: number; body: JsonObject; headers: Headers };

/** Sends a request to a path of the app. */
export async function send(url: string, path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(`${url}${path}`, init);
  const parsed = parseStrictJsonText(await response.text());
  assert.ok(isJsonObject(parsed));
  return { status: response.status, body: parsed, headers: response.headers };
}

/** The same, by POST: the body is sent as JSON, or as it is where it is bytes. */
export async function postTo(
  url: string,
  path: string,
  body: Json | Buffer,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return send(url, path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: body instanceof Buffer ? new Uint8Array(body) : JSON.stringify(body),
  });
}

/** The code of an error, which is no decision. */
export function codeIn(answer: Answer): Json | undefined {
  assert.ok(!Object.hasOwn(answer.body, 'decision'), 'an error is no decision');
  const error = answer.body.error;
  return error !== undefined && isJsonObject(error) ? error.code : undefined;
}
