import assert from 'node:assert/strict';
import { createDecide, type DecidePorts } from '../../src/decision/decide.ts';
import { createIds } from '../../src/decision/decision-id.ts';
import { noPlans } from '../../src/decision/facts.ts';
import type { PolicyInput } from '../../src/decision/ports.ts';
import { CodedError } from '../../src/errors.ts';
import { sha256 } from '../../src/model/digest.ts';
import type { KnownTool } from '../../src/model/facts.ts';
import type { JsonObject } from '../../src/model/json.ts';
import { parseEvaluationRequest } from '../../src/model/parse-request.ts';
import type { RecordDraft } from '../../src/model/record.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import { rejectedWith } from '../thrown.ts';

const NOW = Date.parse('2026-11-21T14:03:00.123Z');
const LEAF = sha256('leaf');
const policy = { revision: 'r7', digest: sha256('bundle') };
const deployment = {
  engine: { version: '1.2.3', opa: '1.22.2' },
  catalogue: () => ({ digest: sha256('catalogue') }),
  trust: () => ({ digest: sha256('trust') }),
};
const identified = {
  caller: { issuer: 'mesh', id: 'gateway', method: 'mtls' },
  principal: { issuer: 'idp', id: 'alice', authenticated: true, roles: ['reader'] },
  actors: [{ issuer: 'idp', id: 'agent-1' }],
} as const;
const tool: KnownTool = {
  known: true,
  server: 'filesystem',
  server_identity: 'asserted',
  name: 'read_text_file',
  version: '1',
  effect: 'read',
  digest: sha256('definition'),
  drift: 'none',
  arguments_valid: true,
  signatures: { verified: false, by: [], failed: [{ code: 'signature.none' }] },
  catalogue: { id: 'tools', version: 1 },
};
const PERMIT: Verdict = { permit: true, controls: { access: 'pass' }, reasons: [], obligations: [] };
const DENIAL: Verdict = {
  permit: false,
  controls: { access: 'fail' },
  reasons: [{ control: 'access', code: 'access.no_grant', message: 'No.' }],
  obligations: [],
};
const SMALLEST = {
  subject: { type: 'agent', id: 'alice' },
  action: { name: 'tools/call' },
  resource: { type: 'tool', id: 'filesystem/read_text_file' },
};
const WHOLE = {
  subject: { type: 'agent', id: 'alice', properties: { team: 'shop' } },
  action: { name: 'tools/call', properties: { arguments: { path: '/workspace/a' } } },
  resource: { type: 'tool', id: 'filesystem/read_text_file', properties: { title: 'Read' } },
  context: { session: 's-1', call: 'c-1', plan: { hash: `sha256:${'a'.repeat(64)}` }, ticket: 'T-1' },
};

/** One decision with everything around it recorded: what was asked of whom, in which order. */
function scene(verdict: Verdict, ports: Partial<DecidePorts> = {}) {
  const order: string[] = [];
  const inputs: PolicyInput[] = [];
  const drafts: RecordDraft[] = [];
  const lookedUp: unknown[] = [];
  let elapsed = 1000;
  const decide = createDecide({
    tenant: 'shop',
    lookUpTool: (resource, args) => {
      lookedUp.push([resource.id, args]);
      return tool;
    },
    resolveEnvironment: (_request, caller, found) => `${caller.id}-${found.known}`,
    now: () => NOW,
    elapsedUs: () => {
      elapsed += 20.7;
      return elapsed;
    },
    newId: createIds((size) => new Uint8Array(size)),
    evaluate: async (input) => {
      order.push('evaluate');
      inputs.push(input);
      return { verdict, policy };
    },
    append: async (draft) => {
      order.push('record');
      drafts.push(draft);
      return { origin: 'log.example/1', index: 41, leaf: LEAF };
    },
    readPlan: noPlans,
    generation: () => 0,
    ready: () => undefined,
    wasNotTaken: () => false,
    deployment,
    permitMs: 30_000,
    ...ports,
  });
  const ask = async (request: JsonObject, trace = {}) => {
    const decision = await decide(parseEvaluationRequest(request), identified, trace);
    order.push('answer');
    return decision;
  };
  return { ask, order, inputs, drafts, lookedUp };
}

const FACTS = {
  actors: [{ issuer: 'idp', id: 'agent-1' }],
  caller: { issuer: 'mesh', id: 'gateway', method: 'mtls' },
  environment: 'gateway-true',
  plan: { named: false, known: false, code: 'no_plan_named' },
  principal: { issuer: 'idp', id: 'alice', authenticated: true, roles: ['reader'] },
  tenant: 'shop',
  time: '2026-11-21T14:03:00.123Z',
  tool,
};

describe('a decision', () => {
  it('leaves the whole record of a permit, and answers with what it says', async () => {
    const { ask, drafts, inputs } = scene(PERMIT);
    const decision = await ask(WHOLE, { requestId: 'q-1', traceId: 'f'.repeat(32) });
    const facts = {
      ...FACTS,
      plan: {
        named: true,
        known: false,
        hash: WHOLE.context.plan.hash,
        code: 'no_plans_configured',
        failed: [],
        call: 'new',
      },
    };
    const id = '01a1fe6a-e29b-7000-8000-000000000000';
    // SHA-256, base64url, over the RFC 8785 form of what this permit is bound to, computed apart from this code.
    const bindingHash = 'LfRrMJA3SlQd3M5QhSEBNlC75FIgeOwTmhZU9vMQjOA';
    assert.deepEqual(drafts, [
      {
        kind: 'decision',
        id,
        time: '2026-11-21T14:03:00.123Z',
        body: {
          binding_hash: bindingHash,
          caller: FACTS.caller,
          call: 'c-1',
          catalogue: { digest: sha256('catalogue') },
          engine: deployment.engine,
          environment: 'gateway-true',
          expires_at: '2026-11-21T14:03:30.123Z',
          facts,
          latency_us: 21,
          mode: 'enforce',
          policy,
          request: {
            subject: { type: 'agent', id: 'alice' },
            action: { name: 'tools/call' },
            resource: { type: 'tool', id: 'filesystem/read_text_file' },
          },
          request_id: 'q-1',
          session: 's-1',
          trace_id: 'f'.repeat(32),
          trust: { digest: sha256('trust') },
          verdict: PERMIT,
        },
        payload: {
          context: WHOLE.context,
          subject: { properties: { team: 'shop' } },
          action: { properties: { arguments: { path: '/workspace/a' } } },
          resource: { properties: { title: 'Read' } },
        },
      },
    ]);
    const { subject, action, resource, context } = WHOLE;
    assert.deepEqual(inputs, [{ subject, action, resource, context, facts }]);
    assert.deepEqual(decision, {
      id,
      time: '2026-11-21T14:03:00.123Z',
      verdict: PERMIT,
      policy,
      bindingHash,
      audit: { origin: 'log.example/1', index: 41 },
      expiresAt: '2026-11-21T14:03:30.123Z',
    });
  });

  it('leaves the whole record of a denial, which holds for no time', async () => {
    const { ask, drafts } = scene(DENIAL);
    const decision = await ask(SMALLEST);
    const id = '01a1fe6a-e29b-7000-8000-000000000000';
    const bindingHash = 'Uzboe7I9LWuMglW3udfeCfpHunO7D_GTSAVeCfly8ac';
    assert.deepEqual(drafts, [
      {
        kind: 'decision',
        id,
        time: '2026-11-21T14:03:00.123Z',
        body: {
          binding_hash: bindingHash,
          caller: FACTS.caller,
          catalogue: { digest: sha256('catalogue') },
          engine: deployment.engine,
          environment: 'gateway-true',
          facts: FACTS,
          latency_us: 21,
          mode: 'enforce',
          policy,
          request: SMALLEST,
          trust: { digest: sha256('trust') },
          verdict: DENIAL,
        },
        payload: { context: {} },
      },
    ]);
    assert.deepEqual(decision, {
      id,
      time: '2026-11-21T14:03:00.123Z',
      verdict: DENIAL,
      policy,
      bindingHash,
      audit: { origin: 'log.example/1', index: 41 },
    });
  });

  it('is evaluated, then recorded, and answered only once the record is durable', async () => {
    let durable = () => {};
    const recorded = new Promise<void>((resolve) => {
      durable = resolve;
    });
    const order: string[] = [];
    const { ask } = scene(PERMIT, {
      evaluate: async () => {
        order.push('evaluate');
        return { verdict: PERMIT, policy };
      },
      append: async () => {
        order.push('record');
        await recorded;
        order.push('durable');
        return { origin: 'log.example/1', index: 0, leaf: LEAF };
      },
    });
    const asked = ask(SMALLEST).then(() => order.push('answer'));
    // A whole turn of the event loop: whatever did not wait for the record would have answered.
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(order, ['evaluate', 'record']);
    durable();
    await asked;
    assert.deepEqual(order, ['evaluate', 'record', 'durable', 'answer']);
  });

  for (const verdict of [PERMIT, DENIAL]) {
    it(`is none where the record of a ${verdict.permit ? 'permit' : 'denial'} is not durable`, async () => {
      const { ask, order } = scene(verdict, {
        append: () => Promise.reject(new CodedError('audit.disk_full', 'full')),
      });
      await rejectedWith('audit.disk_full', ask(SMALLEST));
      assert.deepEqual(order, ['evaluate'], 'and no answer');
    });
  }

  it('is none, and nothing is recorded, where the evaluation itself fails', async () => {
    const { ask, order } = scene(PERMIT, { evaluate: () => Promise.reject(new CodedError('engine.broken', 'x')) });
    await rejectedWith('engine.broken', ask(SMALLEST));
    assert.deepEqual(order, []);
  });
});

describe('the facts of a decision', () => {
  const factsOf = async (request: JsonObject, ports: Partial<DecidePorts> = {}) => {
    const { ask, inputs, lookedUp } = scene(DENIAL, ports);
    await ask(request);
    return { facts: inputs[0]?.facts, lookedUp };
  };

  it('say why a tool is not known', async () => {
    const { facts } = await factsOf(SMALLEST, { lookUpTool: () => ({ known: false, code: 'not_in_catalogue' }) });
    assert.deepEqual(facts, {
      ...FACTS,
      environment: 'gateway-false',
      tool: { known: false, code: 'not_in_catalogue' },
    });
  });

  it('look the tool of a call up, with its arguments, absent ones being none', async () => {
    assert.deepEqual((await factsOf(SMALLEST)).lookedUp, [['filesystem/read_text_file', undefined]]);
    assert.deepEqual((await factsOf(WHOLE)).lookedUp, [['filesystem/read_text_file', { path: '/workspace/a' }]]);
  });

  it('look nothing up for what is no call of a tool', async () => {
    const { facts, lookedUp } = await factsOf({ ...WHOLE, action: { ...WHOLE.action, name: 'tools/list' } });
    assert.deepEqual(lookedUp, []);
    assert.deepEqual(facts?.tool, { known: false, code: 'not_a_tool_call' });
    assert.equal(facts?.environment, 'gateway-false');
  });

  it('tell a plan that is not named from one that nobody holds', async () => {
    assert.deepEqual((await factsOf(SMALLEST)).facts?.plan, { named: false, known: false, code: 'no_plan_named' });
    assert.deepEqual((await factsOf(WHOLE)).facts?.plan, {
      named: true,
      known: false,
      hash: WHOLE.context.plan.hash,
      code: 'no_plans_configured',
      failed: [],
      call: 'new',
    });
  });

  it('take nothing from what the caller says of itself', async () => {
    const claimed = { environment: 'development', tenant: 'other', time: '2000-01-01T00:00:00.000Z', facts: { a: 1 } };
    const { facts } = await factsOf({ ...SMALLEST, context: claimed });
    assert.deepEqual(facts, FACTS);
  });
});
