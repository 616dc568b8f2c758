import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../../src/config.ts';
import type { PolicyInput } from '../../src/decision/ports.ts';
import { bindingHash } from '../../src/model/binding.ts';
import { sha256 } from '../../src/model/digest.ts';
import { isJsonObject, type Json, type JsonObject } from '../../src/model/json.ts';
import { parseEvaluationRequest } from '../../src/model/parse-request.ts';
import { parseStrictJson } from '../../src/model/strict-json.ts';
import { createLog } from '../../src/observe/log.ts';
import { readBundle } from '../../src/policy/bundle.ts';
import { createEngine, type Engine } from '../../src/policy/engine.ts';
import { loadOpaBuiltins } from '../../src/policy/opa/builtins.ts';
import { startService } from '../../src/service.ts';
import { demonstrationFolder } from '../fault/service-process.ts';
import { shippedDigest } from '../shipped-tools.ts';

const examples = new URL('../../examples/', import.meta.url);

/** What the log says of one decision. */
type Recorded = { readonly record: JsonObject; readonly payload: JsonObject };

function object(value: Json | undefined): JsonObject {
  assert.ok(value !== undefined && isJsonObject(value), JSON.stringify(value));
  return value;
}

/** Every request of examples/, whatever it is an example of; the service has its own time and facts. */
function requests(): Json[] {
  const found = readdirSync(examples)
    .filter((name) => name.endsWith('.json'))
    .map((name) => object(parseStrictJson(readFileSync(new URL(name, examples)))).request ?? null);
  const everything = {
    subject: { type: 'agent', id: 'reader-bot', properties: { team: 'shop' } },
    action: { name: 'tools/call', properties: { arguments: { path: '/workspace/README.md' }, more: [1, null] } },
    resource: {
      type: 'tool',
      id: 'filesystem/read_text_file',
      properties: { title: 'Read', digest: shippedDigest('filesystem', 'read_text_file') },
    },
    context: { session: 's-1', call: 'c-1', ticket: 'T-1' },
  };
  return [...found, everything];
}

/** The policy's input as it was: identifiers and facts from the record, all else that was sent from the payload. */
function inputOf({ record, payload }: Recorded): PolicyInput {
  const request = object(record.request);
  const part = (name: string): JsonObject => ({ ...object(request[name]), ...object(payload[name] ?? {}) });
  return {
    subject: part('subject'),
    action: part('action'),
    resource: part('resource'),
    context: object(payload.context),
    facts: object(record.facts),
  };
}

/** A decision is told again from the log's folder alone: its segments, and the objects that its records name. */
describe('a recorded decision, evaluated again', () => {
  const { folder, config, audit } = demonstrationFolder();
  const answers: unknown[] = [];
  const recorded: Recorded[] = [];
  let engine: Engine;

  before(async () => {
    const stop = new AbortController();
    const service = await startService(readConfig(config), createLog({ level: 'silent' }), stop.signal);
    try {
      for (const request of requests()) {
        const response = await fetch(`${service.decisions}/access/v1/evaluation`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify(request),
        });
        assert.equal(response.status, 200);
        answers.push(object(parseStrictJson(Buffer.from(await response.text()))).decision);
      }
    } finally {
      stop.abort();
      await service.ended;
    }
    const segments = readdirSync(audit).filter((name) => name.endsWith('.jsonl'));
    const lines = segments.sort().flatMap((name) => readFileSync(join(audit, name), 'utf8').trimEnd().split('\n'));
    for (const line of lines) {
      const { record, payload } = object(parseStrictJson(Buffer.from(line)));
      if (object(record).kind !== 'decision') continue;
      recorded.push({ record: object(record), payload: object(object(payload).data) });
    }
    const digests = new Set(recorded.map(({ record }) => object(record.policy).digest));
    assert.equal(digests.size, 1);
    const [digest] = digests;
    const name = readdirSync(join(audit, 'objects')).find((file) => `sha256:${file.split('.', 1)[0]}` === digest);
    const bundle = readFileSync(join(audit, 'objects', name ?? 'none'));
    assert.equal(sha256(bundle), digest);
    engine = createEngine(readBundle(bundle), { requiredControls: [], builtins: loadOpaBuiltins });
  });

  after(() => rmSync(folder, { recursive: true }));

  it('is there for each answer, permits and denials', () => {
    assert.deepEqual(
      recorded.map(({ record }) => object(record.verdict).permit),
      answers,
    );
    assert.ok(answers.filter((answer) => answer === true).length >= 5);
    assert.ok(answers.filter((answer) => answer === false).length >= 20);
  });

  it('has all that was sent: the binding hash of what is put together again is the recorded one', () => {
    for (const one of recorded) {
      const { subject, action, resource, context } = inputOf(one);
      const request = parseEvaluationRequest({ subject, action, resource, context });
      assert.equal(bindingHash(request), one.record.binding_hash);
    }
  });

  it('has the recorded verdict, to the last reason, from the recorded policy', () => {
    for (const one of recorded) {
      const { verdict, policy } = engine.evaluate(inputOf(one));
      assert.deepEqual(JSON.parse(JSON.stringify({ verdict, policy })), {
        verdict: one.record.verdict,
        policy: one.record.policy,
      });
    }
  });

  it('has it again in any order, and another where the input is another', () => {
    for (const one of recorded.toReversed()) {
      assert.deepEqual(JSON.parse(JSON.stringify(engine.evaluate(inputOf(one)).verdict)), one.record.verdict);
    }
    const permit = recorded.find(({ record }) => object(record.verdict).permit === true);
    assert.ok(permit !== undefined);
    const input = inputOf(permit);
    const stranger = { ...object(input.facts.principal ?? null), id: 'nobody' };
    assert.equal(engine.evaluate({ ...input, facts: { ...input.facts, principal: stranger } }).verdict.permit, false);
  });
});
