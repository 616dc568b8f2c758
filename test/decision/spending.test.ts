import assert from 'node:assert/strict';
import { createDecide, type DecidePorts } from '../../src/decision/decide.ts';
import { createIds } from '../../src/decision/decision-id.ts';
import type { PlanReading, SettleSpending } from '../../src/decision/ports.ts';
import { CodedError } from '../../src/errors.ts';
import { isDecisionId } from '../../src/model/decision.ts';
import { sha256 } from '../../src/model/digest.ts';
import type { KnownPlan, UnknownPlan } from '../../src/model/facts.ts';
import { isJsonObject } from '../../src/model/json.ts';
import { parseEvaluationRequest } from '../../src/model/parse-request.ts';
import type { RecordDraft } from '../../src/model/record.ts';
import { rejectedWith } from '../thrown.ts';

const NOW = Date.parse('2026-11-25T12:00:00Z');
const HASH = sha256('plan');
const request = parseEvaluationRequest({
  subject: { type: 'agent', id: 'alice' },
  action: { name: 'tools/call', properties: { arguments: {} } },
  resource: { type: 'tool', id: 'git/git_push' },
  context: { plan: { hash: HASH, step: '1' }, call: 'c-1' },
});
const identity = { issuer: 'idp', id: 'alice' };
const identified = {
  caller: { ...identity, method: 'jwt' },
  principal: { ...identity, authenticated: true, roles: [] },
  actors: [],
} as const;
const KNOWN: KnownPlan = {
  named: true,
  known: true,
  hash: HASH,
  document: { id: 'p', version: 1 },
  signatures: { verified: true, by: [], failed: [] },
  valid: true,
  agent_matches: true,
  audience_matches: true,
  step: '1',
  step_matches: true,
  in_order: true,
  used: false,
  call: 'new',
};
const AWAY: UnknownPlan = { named: true, known: false, hash: HASH, code: 'state_unavailable', failed: [], call: 'new' };
const FIRST_ID = '01a1fe6a-e29b-7000-8000-0000000000aa';

/** One decision; the policy permits while the plan is known, unused, and the call its own. */
function scene(readings: readonly PlanReading[], ports: Partial<DecidePorts> = {}) {
  const drafts: RecordDraft[] = [];
  const order: string[] = [];
  let reading = 0;
  const decide = createDecide({
    tenant: 'default',
    lookUpTool: () => ({ known: false, code: 'not_in_catalogue' }),
    resolveEnvironment: () => 'production',
    readPlan: async () => {
      order.push('read');
      const next = readings[reading] ?? readings.at(-1);
      reading += 1;
      assert.ok(next);
      return next;
    },
    generation: () => 0,
    now: () => NOW,
    elapsedUs: () => 0,
    newId: createIds((size) => new Uint8Array(size)),
    evaluate: async ({ facts }) => {
      order.push('evaluate');
      const { plan } = facts;
      const permit = isJsonObject(plan) && plan.known === true && plan.used === false;
      const verdict = { permit, controls: {}, reasons: [], obligations: [] };
      return { verdict, policy: { revision: 'r', digest: sha256('p') } };
    },
    append: async (draft) => {
      order.push('record');
      drafts.push(draft);
      return { origin: 'log', index: drafts.length - 1, leaf: sha256('leaf') };
    },
    ready: () => undefined,
    wasNotTaken: () => false,
    deployment: {
      engine: { version: '0', opa: '0' },
      catalogue: () => ({ digest: sha256('c') }),
      trust: () => null,
    },
    permitMs: 60_000,
    ...ports,
  });
  const settle: SettleSpending = async (record) => void order.push(`settle ${record}`);
  const ask = () => decide(request, identified, {});
  return { ask, order, drafts, settle };
}

describe('a permit under a plan', () => {
  it('spends its step before its record, and settles that before its answer', async () => {
    const asked: unknown[] = [];
    const readings: PlanReading[] = [];
    const { ask, order, settle } = scene(readings);
    readings.push({
      facts: KNOWN,
      spend: async (decision) => {
        order.push('spend');
        asked.push(decision);
        return { kind: 'spent', settle };
      },
    });
    const decision = await ask();
    assert.deepEqual(order, ['read', 'evaluate', 'spend', 'record', 'settle recorded']);
    assert.deepEqual(asked, [{ id: decision.id, expiresAt: NOW + 60_000 }]);
    assert.equal(decision.verdict.permit, true);
  });

  it('ends with the plan that it rests on, where that is sooner', async () => {
    for (const [until, end] of [
      [NOW + 1000, '2026-11-25T12:00:01.000Z'],
      [NOW + 3_600_000, '2026-11-25T12:01:00.000Z'],
    ] as const) {
      const asked: unknown[] = [];
      const readings: PlanReading[] = [];
      const { ask, settle } = scene(readings);
      const spend: PlanReading['spend'] = async ({ expiresAt }) => {
        asked.push(expiresAt);
        return { kind: 'spent', settle };
      };
      readings.push({ facts: KNOWN, until, spend });
      assert.equal((await ask()).expiresAt, end);
      assert.deepEqual(asked, [Date.parse(end)]);
    }
  });

  it('is judged again where somebody else was first, and that verdict is recorded', async () => {
    const lost: PlanReading = { facts: KNOWN, spend: async () => ({ kind: 'lost' }) };
    const used: PlanReading = { facts: { ...KNOWN, used: true } };
    const { ask, order, drafts } = scene([lost, used]);
    const { verdict } = await ask();
    assert.equal(verdict.permit, false);
    assert.deepEqual(order, ['read', 'evaluate', 'read', 'evaluate', 'record']);
    const facts = drafts[0]?.body.facts;
    assert.ok(isJsonObject(facts) && isJsonObject(facts.plan) && facts.plan.used === true);
  });

  it('is none where the store fails: the plan is no ground for it then', async () => {
    const { ask, drafts } = scene([{ facts: KNOWN, spend: async () => ({ kind: 'failed', facts: AWAY }) }]);
    const { verdict } = await ask();
    assert.equal(verdict.permit, false);
    const facts = drafts[0]?.body.facts;
    assert.ok(isJsonObject(facts));
    assert.deepEqual(facts.plan, AWAY);
  });

  for (const taken of [true, false]) {
    it(`settles by what its record came to where that failed and ${taken ? 'may exist' : 'never will exist'}`, async () => {
      const readings: PlanReading[] = [];
      const { ask, order, settle } = scene(readings, {
        append: () => Promise.reject(new CodedError('audit.fsync_failed', 'x')),
        wasNotTaken: () => !taken,
      });
      readings.push({ facts: KNOWN, spend: async () => ({ kind: 'spent', settle }) });
      await rejectedWith('audit.fsync_failed', ask());
      assert.deepEqual(order.at(-1), taken ? 'settle unknown' : 'settle not_recorded');
    });
  }

  it('is the first one again where the call is repeated, in a record of its own that refers to it', async () => {
    assert.ok(isDecisionId(FIRST_ID));
    const first = { id: FIRST_ID, time: NOW - 5000, expiresAt: NOW + 55_000 };
    const { ask, drafts } = scene([{ facts: { ...KNOWN, call: 'repeated' }, repeats: first }]);
    const { id, time, expiresAt, audit } = await ask();
    assert.deepEqual([id, time, expiresAt], [FIRST_ID, '2026-11-25T11:59:55.000Z', '2026-11-25T12:00:55.000Z']);
    assert.equal(audit.index, 0);
    const [draft] = drafts;
    assert.ok(draft !== undefined && draft.id !== FIRST_ID);
    assert.deepEqual([draft.body.refers_to, draft.body.expires_at], [FIRST_ID, '2026-11-25T12:00:55.000Z']);
    assert.equal(draft.time, '2026-11-25T12:00:00.000Z');
  });

  it('is a denial of its own where the repeated call is not permitted any more', async () => {
    assert.ok(isDecisionId(FIRST_ID));
    const first = { id: FIRST_ID, time: NOW - 5000, expiresAt: NOW + 55_000 };
    const { ask, drafts } = scene([{ facts: { ...KNOWN, used: true, call: 'repeated' }, repeats: first }]);
    const { id, expiresAt } = await ask();
    assert.notEqual(id, FIRST_ID);
    assert.equal(expiresAt, undefined);
    assert.equal(drafts[0]?.body.refers_to, FIRST_ID);
  });
});

describe('a permit on whose grounds something changed', () => {
  /** Grounds that change once the policy has been asked so many times. */
  function changing(after: number) {
    let evaluations = 0;
    let generation = 0;
    const evaluate: DecidePorts['evaluate'] = async () => {
      evaluations += 1;
      if (evaluations <= after) generation += 1;
      const permit = evaluations <= after;
      return {
        verdict: { permit, controls: {}, reasons: [], obligations: [] },
        policy: { revision: 'r', digest: sha256('p') },
      };
    };
    return { evaluate, generation: () => generation };
  }

  it('is judged anew before it is recorded', async () => {
    const { ask, order } = scene([{ facts: KNOWN }], changing(1));
    assert.equal((await ask()).verdict.permit, false);
    assert.deepEqual(order, ['read', 'read', 'record']);
  });

  it('gives back what it had spent meanwhile', async () => {
    let generation = 0;
    const readings: PlanReading[] = [];
    const { ask, order, settle } = scene(readings, { generation: () => generation });
    readings.push(
      {
        facts: KNOWN,
        spend: async () => {
          generation += 1;
          return { kind: 'spent', settle };
        },
      },
      { facts: AWAY },
    );
    assert.equal((await ask()).verdict.permit, false);
    assert.deepEqual(order, ['read', 'evaluate', 'settle not_recorded', 'read', 'evaluate', 'record']);
  });

  it('is an error where that goes on without end', async () => {
    const { ask, order } = scene([{ facts: KNOWN }], changing(Number.POSITIVE_INFINITY));
    await rejectedWith('decision.unsettled', ask());
    assert.ok(!order.includes('record'));
  });
});
