import assert from 'node:assert/strict';
import type { PlanQuestion, PlanReading, Spending } from '../../src/decision/ports.ts';
import type { IdleDocument } from '../../src/document/shelved.ts';
import { CodedError } from '../../src/errors.ts';
import { bindingHash } from '../../src/model/binding.ts';
import { type DecisionId, isDecisionId } from '../../src/model/decision.ts';
import { sha256 } from '../../src/model/digest.ts';
import type { KnownPlan, KnownTool } from '../../src/model/facts.ts';
import type { Json, JsonObject } from '../../src/model/json.ts';
import { mergePatch } from '../../src/model/merge-patch.ts';
import { parseEvaluationRequest } from '../../src/model/parse-request.ts';
import type { SharedState } from '../../src/model/shared-state.ts';
import { type Plan, parsePlan } from '../../src/plan/document.ts';
import { type Claim, createLedger } from '../../src/plan/ledger/ledger.ts';
import { callDigest, callKey, MAX_OPEN, planKey } from '../../src/plan/ledger/stored.ts';
import { createUnsettled } from '../../src/plan/ledger/unsettled.ts';
import { createPlanReader, type FoundPlan, ledgerPlan, type PlanReaderOptions } from '../../src/plan/look-up.ts';
import { memoryState } from '../../src/state/memory.ts';
import { bytes, type Change, planWith } from './documents.ts';

const NOW = Date.parse('2026-11-25T12:00:00Z');
const BOUNDS = { max_entries: 10_000, max_bytes: 16 * 1024 * 1024 };
const SIGNATURES = { verified: true, by: [], failed: [] };
const PERMIT_MS = 60_000;

/** The plan of the vectors in any order, for whoever it may be: what each test is about is put back. */
const EASY: Change = { set: { '/order': 'any' } };

type Active = Exclude<FoundPlan, IdleDocument<Plan>>;

function found(change: Change = EASY): Active {
  const document = bytes(planWith(change));
  const { header, content } = parsePlan(document, 'plan.json');
  return { source: 'plan.json', header, content, digest: sha256(document), bytes: document, since: NOW };
}

const TOOL: KnownTool = {
  known: true,
  server: 'kubernetes',
  server_identity: 'asserted',
  name: 'pods_delete',
  version: '1.0.0',
  effect: 'destructive',
  digest: sha256('definition'),
  drift: 'none',
  arguments_valid: true,
  signatures: SIGNATURES,
  catalogue: { id: 'tools', version: 1 },
};
const GATEWAY = { issuer: 'https://idp.example', id: 'gateway-1' };
const AGENT = { issuer: 'https://idp.example', id: 'release-bot' };
const IDENTIFIED: PlanQuestion['identified'] = {
  caller: { ...GATEWAY, method: 'jwt' },
  principal: { ...AGENT, authenticated: true, roles: [] },
  actors: [GATEWAY],
};

/** A call of the plan's second step, with what a test changes in the request. */
function questionOf(plan: { readonly digest: string }, change: Json = {}, more: Partial<PlanQuestion> = {}) {
  const request = parseEvaluationRequest(
    mergePatch(
      {
        subject: { type: 'agent', id: 'release-bot' },
        action: { name: 'tools/call', properties: { arguments: { namespace: 'shop', name: 'cart-0' } } },
        resource: { type: 'tool', id: 'kubernetes/pods_delete' },
        context: { session: 'session-7', call: 'c-1', plan: { hash: plan.digest, step: '2' } },
      },
      change,
    ),
  );
  const question: PlanQuestion = {
    request,
    identified: IDENTIFIED,
    tool: TOOL,
    environment: 'staging',
    time: NOW,
    bindingHash: bindingHash(request),
    ...more,
  };
  return question;
}

let tokens = 0;
function newToken(): string {
  tokens += 1;
  return `token-${tokens}`;
}

let ids = 0;
function newId(): DecisionId {
  ids += 1;
  const id = `01a1fe6a-e29b-7000-8000-${String(ids).padStart(12, '0')}`;
  assert.ok(isDecisionId(id));
  return id;
}

/** A reader over a real ledger; `paused` says how long it waited, and what happens meanwhile. */
function scene(plan: FoundPlan | undefined, parts: Partial<PlanReaderOptions> & { state?: SharedState } = {}) {
  const { state = memoryState(BOUNDS), ...options } = parts;
  const failures: unknown[] = [];
  const paused: number[] = [];
  const log = { id: 'log', durableIndex: () => 0, findPermits: async () => new Set<string>() };
  const ledger = createLedger(state, log);
  const unsettled = createUnsettled({
    state,
    ledger,
    log,
    schedule: () => () => undefined,
    onFailure: (error) => failures.push(error),
  });
  const read = createPlanReader({
    audience: 'production-eu',
    find: async (hash) => (hash === plan?.digest ? plan : undefined),
    standing: () => ({ counts: true, signatures: SIGNATURES }),
    superseded: async () => false,
    ledger,
    unsettled,
    durableIndex: log.durableIndex,
    newToken,
    pause: async (milliseconds) => void paused.push(milliseconds),
    onFailure: (error) => failures.push(error),
    ...options,
  });
  return { state, ledger, unsettled, read, failures, paused };
}

async function spent(reading: PlanReading, id = newId()): Promise<Spending> {
  assert.ok(reading.spend !== undefined, JSON.stringify(reading.facts));
  return reading.spend({ id, expiresAt: NOW + PERMIT_MS });
}

/** Spends, and has the record written. */
async function recorded(reading: PlanReading, id = newId()): Promise<DecisionId> {
  const spending = await spent(reading, id);
  assert.ok(spending.kind === 'spent');
  await spending.settle('recorded');
  return id;
}

function claimOf(plan: Active, call: string, step = 1): Claim {
  const times = { time: NOW, expires: NOW + PERMIT_MS };
  const digest = callDigest(GATEWAY, 'session-7', call);
  return { plan: ledgerPlan(plan), step, call: digest, binding: 'another', token: newToken(), id: newId(), ...times };
}

describe('what is known of a plan', () => {
  const plan = found();
  const ALL: KnownPlan = {
    named: true,
    known: true,
    hash: plan.digest,
    document: { id: 'deploy-42', version: 3 },
    signatures: SIGNATURES,
    valid: true,
    agent_matches: true,
    audience_matches: true,
    step: '2',
    step_matches: true,
    in_order: true,
    used: false,
    call: 'new',
  };

  it('is nothing where the call names none, and nobody is asked', async () => {
    const { read } = scene(plan, { find: () => assert.fail('nobody is asked') });
    assert.deepEqual(await read(questionOf(plan, { context: { plan: null } })), {
      facts: { named: false, known: false, code: 'no_plan_named' },
    });
  });

  it('is all that holds, and may then be spent', async () => {
    const { read, failures } = scene(plan);
    const { facts, spend, until, repeats } = await read(questionOf(plan));
    assert.deepEqual(
      [facts, typeof spend, until, repeats],
      [ALL, 'function', Date.parse('2026-11-26T08:00:00Z'), undefined],
    );
    assert.deepEqual(failures, []);
  });

  const NOWHERE = { step_matches: false, step: null, in_order: false } as const;
  const alone: readonly (readonly [string, Partial<KnownPlan>, Json, Partial<PlanQuestion>, Change?])[] = [
    ['one moment before it is issued', { valid: false }, {}, { time: Date.parse('2026-11-25T07:59:59.999Z') }],
    ['when it has expired', { valid: false }, {}, { time: Date.parse('2026-11-26T08:00:00Z') }],
    [
      'the same id of another issuer',
      { agent_matches: false },
      {},
      { identified: { ...IDENTIFIED, principal: { ...IDENTIFIED.principal, issuer: 'asserted' } } },
    ],
    ['another chain', { agent_matches: false }, {}, { identified: { ...IDENTIFIED, actors: [] } }],
    ['another session', { agent_matches: false }, { context: { session: 'session-8' } }, {}],
    ['no session', { agent_matches: false }, { context: { session: null } }, {}],
    ['a plan of another deployment', { audience_matches: false }, {}, {}, { set: { '/audience': 'production-us' } }],
    ['no step', NOWHERE, { context: { plan: { step: null } } }, {}],
    ['a step that the plan has not', NOWHERE, { context: { plan: { step: '4' } } }, {}],
    ['another step', { step_matches: false, step: '1' }, { context: { plan: { step: '1' } } }, {}],
    ['other arguments', { step_matches: false }, { action: { properties: { arguments: { name: 'cart-1' } } } }, {}],
    ['no arguments', { step_matches: false }, { action: { properties: { arguments: null } } }, {}],
    ['no call of a tool', { step_matches: false }, { action: { name: 'tools/list' } }, {}],
    ['another tool', { step_matches: false }, {}, { tool: { ...TOOL, name: 'pods_evict' } }],
    ['another server', { step_matches: false }, {}, { tool: { ...TOOL, server: 'kubernetes-2' } }],
    ['an unknown tool', { step_matches: false }, {}, { tool: { known: false, code: 'not_in_catalogue' } }],
    [
      'a tool whose effect is higher than planned',
      { step_matches: false },
      {},
      {},
      { set: { '/steps/1/effect': 'write' } },
    ],
    ['another environment', { step_matches: false }, {}, { environment: 'shared' }],
    ['no environment that is known', { step_matches: false }, {}, { environment: 'unknown' }],
    ['a step before its turn', { in_order: false }, {}, {}, { set: { '/order': 'strict' } }],
    ['a call without a name', { call: 'missing' }, { context: { call: null } }, {}],
  ];
  for (const [what, differs, change, more, other] of alone) {
    it(`says of ${what}: ${JSON.stringify(differs)}, and lets nothing be spent`, async () => {
      const own =
        other === undefined ? plan : found({ set: { ...EASY.set, ...other.set }, remove: other.remove ?? [] });
      const { read, failures } = scene(own);
      const reading = await read(questionOf(own, change, more));
      assert.deepEqual(reading.facts, { ...ALL, hash: own.digest, ...differs });
      assert.deepEqual([reading.spend, reading.repeats, failures], [undefined, undefined, []]);
    });
  }

  it('is in order, where that is strict, once what comes before is recorded, and not before', async () => {
    const strict = found({});
    const { read, ledger } = scene(strict);
    const before = claimOf(strict, 'before', 0);
    assert.ok(await ledger.claim(before));
    assert.deepEqual((await read(questionOf(strict))).facts, { ...ALL, hash: strict.digest, in_order: false });
    await ledger.confirm(before);
    assert.deepEqual((await read(questionOf(strict))).facts, { ...ALL, hash: strict.digest });
  });

  it('asks for the tool of a plan in every environment where it names none', async () => {
    const anywhere = found({ ...EASY, remove: ['/environments'] });
    const { facts } = await scene(anywhere).read(questionOf(anywhere, {}, { environment: 'unknown' }));
    assert.deepEqual(facts, { ...ALL, hash: anywhere.digest });
  });
});

describe('a plan that does not count', () => {
  const plan = found();
  const failed = [{ code: 'key_revoked', authority: 'board' }];
  const idle = (state: IdleDocument<Plan>['state']): IdleDocument<Plan> => ({
    source: 'plan.json',
    state,
    digest: plan.digest,
    failed,
    message: 'the signatures do not count',
    since: NOW,
  });

  const codes: readonly (readonly [
    string,
    FoundPlan | undefined,
    Partial<PlanReaderOptions>,
    readonly JsonObject[],
  ])[] = [
    ['plan_unknown', undefined, {}, []],
    ['plan_refused', idle('refused'), {}, failed],
    ['plan_withdrawn', idle('withdrawn'), {}, failed],
    ['plan_superseded', idle('superseded'), {}, failed],
    ['plan_withdrawn', plan, { standing: () => ({ counts: false, failed }) }, failed],
    ['plan_superseded', plan, { superseded: async () => true }, []],
  ];
  for (const [code, held, options, why] of codes) {
    it(`says ${code}, and why, of one that ${held === undefined ? 'nobody has' : 'state' in held ? `is ${held.state}` : 'was active'}`, async () => {
      const { read, failures } = scene(held, options);
      for (const [call, state] of [
        ['c-1', 'new'],
        [null, 'missing'],
      ] as const) {
        assert.deepEqual(await read(questionOf(plan, { context: { call } })), {
          facts: { named: true, known: false, hash: plan.digest, code, failed: why, call: state },
        });
      }
      assert.deepEqual(failures, []);
    });
  }

  it('names the hash as the call named it', async () => {
    const { read } = scene(plan);
    const { facts } = await read(questionOf(plan, { context: { plan: { hash: 'no hash' } } }));
    assert.ok(facts.named && !facts.known);
    assert.deepEqual([facts.hash, facts.code], ['no hash', 'plan_unknown']);
  });

  const away = new CodedError('state.unavailable', 'the store is away');
  const broken: readonly (readonly [string, Partial<PlanReaderOptions>])[] = [
    ['to look for the plan', { find: () => Promise.reject(away) }],
    ['whether a later version counts', { superseded: () => Promise.reject(away) }],
    ['what was spent', { ledger: { look: () => Promise.reject(away), claim: () => assert.fail('not claimed') } }],
    [
      'whether it counts',
      {
        standing: () => {
          throw away;
        },
      },
    ],
  ];
  for (const [what, options] of broken) {
    it(`says state_unavailable where the store cannot be asked ${what}, and tells why`, async () => {
      const { read, failures } = scene(plan, options);
      assert.deepEqual(await read(questionOf(plan)), {
        facts: {
          named: true,
          known: false,
          hash: plan.digest,
          code: 'state_unavailable',
          failed: [],
          call: 'new',
        },
      });
      assert.deepEqual(failures, [away]);
    });
  }

  it('says state_unavailable where the store holds something else than was written there', async () => {
    const { read, state, failures } = scene(plan);
    await state.compareAndSet(planKey(plan.digest), 0, '{"v":2}');
    const { facts } = await read(questionOf(plan));
    assert.ok(facts.named && !facts.known && facts.code === 'state_unavailable');
    assert.ok(failures[0] instanceof CodedError && failures[0].code === 'plan.ledger_torn');
  });
});

describe('spending a step', () => {
  const plan = found();

  it('takes it from every other call, once its record is there or on its way', async () => {
    const { read } = scene(plan);
    const spending = await spent(await read(questionOf(plan)));
    assert.ok(spending.kind === 'spent');
    for (const settle of [async () => undefined, () => spending.settle('recorded')]) {
      await settle();
      const other = await read(questionOf(plan, { context: { call: 'c-2' } }));
      assert.ok(other.facts.known && other.facts.used && other.facts.call === 'new');
      assert.equal(other.spend, undefined);
    }
  });

  it('is lost by all but one of those that read it at the same time', async () => {
    const { read } = scene(plan);
    const readings = await Promise.all(
      Array.from({ length: 50 }, (_, call) => read(questionOf(plan, { context: { call: `c-${call}` } }))),
    );
    const kinds = await Promise.all(readings.map(async (reading) => (await spent(reading)).kind));
    assert.deepEqual(kinds.toSorted(), [...Array<string>(49).fill('lost'), 'spent']);
  });

  it('is undone where no record was written', async () => {
    const { read } = scene(plan);
    const spending = await spent(await read(questionOf(plan)));
    assert.ok(spending.kind === 'spent');
    await spending.settle('not_recorded');
    await recorded(await read(questionOf(plan, { context: { call: 'c-2' } })));
  });

  it('waits for room where too many calls of the plan are under way', async () => {
    const many = found({ set: { ...EASY.set, '/steps/1/runs': 1000 } });
    const claims = Array.from({ length: MAX_OPEN }, (_, call) => claimOf(many, `x${call}`));
    const waits: number[] = [];
    const world = scene(many, {
      pause: async (milliseconds) => {
        waits.push(milliseconds);
        const first = claims[0];
        if (waits.length === 3 && first !== undefined) await world.ledger.confirm(first);
      },
    });
    for (const claim of claims) assert.ok(await world.ledger.claim(claim));
    const { kind } = await spent(await world.read(questionOf(many)));
    assert.deepEqual([kind, waits, world.failures], ['spent', [2, 5, 10], []]);
  });

  it('fails where there is no room for long: the plan is then no ground for a permit', async () => {
    const many = found({ set: { ...EASY.set, '/steps/1/runs': 1000 } });
    const { read, ledger, failures, paused } = scene(many);
    for (let call = 0; call < MAX_OPEN; call += 1) assert.ok(await ledger.claim(claimOf(many, `x${call}`)));
    const spending = await spent(await read(questionOf(many)));
    assert.ok(spending.kind === 'failed' && spending.facts.code === 'state_unavailable');
    assert.equal(paused.length, 10);
    assert.ok(failures[0] instanceof CodedError && failures[0].code === 'plan.busy');
    assert.equal((await ledger.look(ledgerPlan(many), undefined)).plan.spent[1], MAX_OPEN, 'it holds nothing');
  });

  for (const written of [false, true]) {
    it(`fails where the store does, and holds nothing afterwards, though it was ${written ? '' : 'not '}written`, async () => {
      const inner = memoryState(BOUNDS);
      let broken = false;
      const state: SharedState = {
        ...inner,
        compareAndSet: async (key, expected, value) => {
          if (!broken) return inner.compareAndSet(key, expected, value);
          broken = false;
          if (written) assert.ok(await inner.compareAndSet(key, expected, value));
          throw new CodedError('state.unavailable', 'no answer');
        },
      };
      const { read, ledger, failures } = scene(plan, { state });
      const reading = await read(questionOf(plan));
      broken = true;
      assert.deepEqual(await spent(reading), {
        kind: 'failed',
        facts: {
          named: true,
          known: false,
          hash: plan.digest,
          code: 'state_unavailable',
          failed: [],
          call: 'new',
        },
      });
      assert.equal(failures.length, 1);
      const { plan: left } = await ledger.look(ledgerPlan(plan), undefined);
      assert.deepEqual([left.spent, left.open], [[0, 0, 0], []]);
      await recorded(await read(questionOf(plan)));
    });
  }
});

describe('the same call again', () => {
  const plan = found();

  it('gets its permit again while that holds, in whatever order, and spends nothing', async () => {
    const strict = found({ set: { '/steps/1/runs': 5, '/steps/0/runs': 1 } });
    const { read, ledger } = scene(strict);
    const [first, last] = [claimOf(strict, 'first', 0), claimOf(strict, 'last', 2)];
    await ledger.claim(first);
    await ledger.confirm(first);
    const id = await recorded(await read(questionOf(strict)));
    await ledger.claim(last);
    const again = await read(questionOf(strict, {}, { time: NOW + PERMIT_MS - 1 }));
    assert.ok(again.facts.known);
    const { call, used, in_order } = again.facts;
    assert.deepEqual({ call, used, in_order }, { call: 'repeated', used: false, in_order: true });
    assert.deepEqual(again.repeats, { id, time: NOW, expiresAt: NOW + PERMIT_MS });
    assert.equal(again.spend, undefined);
    assert.deepEqual((await ledger.look(ledgerPlan(strict), undefined)).plan.spent, [1, 1, 1]);
  });

  it('is used once its permit has ended, though the step may run more often', async () => {
    const twice = found({ set: { ...EASY.set, '/steps/1/runs': 2 } });
    const { read } = scene(twice);
    await recorded(await read(questionOf(twice)));
    const late = await read(questionOf(twice, {}, { time: NOW + PERMIT_MS }));
    assert.ok(late.facts.known && late.facts.used && late.facts.call === 'repeated');
    assert.deepEqual([late.repeats, late.spend], [undefined, undefined]);
    const other = await read(questionOf(twice, { context: { call: 'c-2' } }, { time: NOW + PERMIT_MS }));
    assert.ok(other.facts.known && !other.facts.used && other.spend !== undefined);
  });

  const conflicts: readonly (readonly [string, Json])[] = [
    ['other arguments', { action: { properties: { arguments: { name: 'cart-1' } } } }],
    ['another ticket', { context: { ticket: 'OPS-2' } }],
    ['another step', { context: { plan: { step: '1' } } }],
    ['another tool', { resource: { id: 'kubernetes/pods_list' } }],
  ];
  for (const [what, change] of conflicts) {
    it(`is no other call: with ${what} its name is taken`, async () => {
      const { read } = scene(plan);
      await recorded(await read(questionOf(plan)));
      const { facts, repeats, spend } = await read(questionOf(plan, change));
      assert.ok(facts.known);
      assert.deepEqual([facts.call, repeats, spend], ['conflict', undefined, undefined]);
    });
  }

  it('is no call of another plan', async () => {
    const other = found({ set: { ...EASY.set, '/id': 'deploy-43' } });
    const both = new Map([plan, other].map((one) => [String(one.digest), one]));
    const { read } = scene(plan, { find: async (hash) => both.get(hash) });
    await recorded(await read(questionOf(plan)));
    // Its hash counts by itself, whatever the request is bound by.
    const { bindingHash: binding } = questionOf(plan);
    const { facts, spend } = await read(questionOf(other, {}, { bindingHash: binding }));
    assert.ok(facts.known);
    assert.deepEqual([facts.call, spend], ['conflict', undefined]);
  });

  it('is somebody else’s in another session, or of another caller', async () => {
    const anywhere = found({ ...EASY, remove: ['/agent/session', '/agent/actors'] });
    const { read } = scene(anywhere);
    await recorded(await read(questionOf(anywhere)));
    const caller = { ...GATEWAY, id: 'gateway-2', method: 'jwt' } as const;
    for (const question of [
      questionOf(anywhere, { context: { session: 's-2' } }),
      questionOf(anywhere, { context: { session: null } }),
      questionOf(anywhere, {}, { identified: { ...IDENTIFIED, caller } }),
    ]) {
      const { facts } = await read(question);
      assert.ok(facts.known);
      assert.deepEqual([facts.call, facts.used], ['new', true]);
    }
  });
});

describe('a call that is under way', () => {
  const plan = found();

  it('is waited for, and gets the permit that it comes to', async () => {
    const pauses: number[] = [];
    let settle: () => Promise<void> = async () => assert.fail('nothing was spent');
    const { read } = scene(plan, {
      pause: async (milliseconds) => {
        pauses.push(milliseconds);
        if (pauses.length === 3) await settle();
      },
    });
    const id = newId();
    const spending = await spent(await read(questionOf(plan)), id);
    assert.ok(spending.kind === 'spent');
    settle = () => spending.settle('recorded');
    const again = await read(questionOf(plan));
    assert.deepEqual(pauses, [2, 5, 10]);
    assert.deepEqual(again.repeats, { id, time: NOW, expiresAt: NOW + PERMIT_MS });
  });

  it('is new once the first came to nothing', async () => {
    let settle: () => Promise<void> = async () => undefined;
    const { read } = scene(plan, { pause: () => settle() });
    const spending = await spent(await read(questionOf(plan)));
    assert.ok(spending.kind === 'spent');
    settle = () => spending.settle('not_recorded');
    const again = await read(questionOf(plan));
    assert.ok(again.facts.known && again.facts.call === 'new');
    await recorded(again);
  });

  it('is waited for two seconds at most, and then nothing is known', async () => {
    const { read, paused, failures } = scene(plan);
    assert.equal((await spent(await read(questionOf(plan)))).kind, 'spent');
    const { facts, spend } = await read(questionOf(plan));
    assert.ok(facts.named && !facts.known);
    assert.deepEqual([facts.code, facts.call, spend], ['state_unavailable', 'new', undefined]);
    assert.equal(paused.length, 10);
    assert.ok(paused.reduce((sum, one) => sum + one, 0) <= 2000);
    assert.deepEqual(failures, [], 'nothing is wrong with the store');
  });

  it('is not waited for by other calls', async () => {
    const { read, paused } = scene(plan);
    assert.equal((await spent(await read(questionOf(plan)))).kind, 'spent');
    const { facts } = await read(questionOf(plan, { context: { call: 'c-2' } }));
    assert.ok(facts.known && facts.used);
    assert.deepEqual(paused, []);
  });

  it('is known by its own entry alone, where the plan’s entry is settled already', async () => {
    const { read, ledger, state, paused } = scene(plan);
    const claim = claimOf(plan, 'c-1');
    assert.ok(await ledger.claim(claim));
    const entry = await state.read(planKey(plan.digest));
    assert.ok(entry !== undefined);
    await state.remove(planKey(plan.digest), entry.revision);
    assert.ok((await state.read(callKey(claim.call))) !== undefined);
    const { facts } = await read(questionOf(plan));
    assert.ok(facts.named && !facts.known && facts.code === 'state_unavailable');
    assert.equal(paused.length, 10);
  });
});
