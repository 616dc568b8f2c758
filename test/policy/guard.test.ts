import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { evaluationAnswer } from '../../src/http/answer.ts';
import { isDecisionId } from '../../src/model/decision.ts';
import { isSha256Digest } from '../../src/model/digest.ts';
import { type Json, type JsonObject, within } from '../../src/model/json.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import { readBundle } from '../../src/policy/bundle.ts';
import { createEngine } from '../../src/policy/engine.ts';
import { guardPlan } from '../../src/policy/guard.ts';
import { loadOpaBuiltins } from '../../src/policy/opa/builtins.ts';

const NOTE = { control: 'access', code: 'access.noted', message: 'Noted.' };
const OBLIGATION = { id: '1', type: 'notify', properties: { whom: 'alice' } };
const PERMIT: Verdict = {
  permit: true,
  controls: { access: 'pass' },
  reasons: [NOTE],
  obligations: [OBLIGATION],
};
const DENIAL: Verdict = {
  permit: false,
  controls: { access: 'pass', plan: 'fail' },
  reasons: [NOTE, { control: 'plan', code: 'plan.failed', message: 'The control plan failed.' }],
  obligations: [],
};
const KEPT = { named: true, known: true, used: false, call: 'new' };
const UNKNOWN = { named: true, known: false, code: 'plan_unknown', call: 'new' };

const codes = ({ reasons }: Verdict) => reasons.map(({ code }) => code);
const without = (object: JsonObject, name: string): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));

describe('the guard over plans', () => {
  it('leaves alone what names no plan', () => {
    const others: readonly JsonObject[] = [
      {},
      { plan: null },
      { plan: 'missing' },
      { plan: [KEPT] },
      { plan: {} },
      { plan: { call: 'missing' } },
      { plan: { named: false, known: false, code: 'no_plan_named' } },
      { plan: { ...KEPT, named: false, used: true, call: 'conflict' } },
    ];
    for (const facts of others) {
      assert.equal(guardPlan(PERMIT, facts), PERMIT);
      assert.equal(guardPlan(DENIAL, facts), DENIAL);
    }
    // What the prototype has is not in the facts.
    const inherited: JsonObject = Object.create({ plan: { ...KEPT, call: 'missing' } });
    assert.equal(guardPlan(PERMIT, inherited), PERMIT);
  });

  it('lets a permit stand for a call that is its own', () => {
    for (const plan of [KEPT, { ...KEPT, call: 'repeated' }, UNKNOWN, { ...UNKNOWN, used: true }]) {
      assert.equal(guardPlan(PERMIT, { plan }), PERMIT);
    }
  });

  const denied: readonly (readonly [string, JsonObject, string])[] = [
    ['without a name', { ...KEPT, call: 'missing' }, 'call.missing'],
    ['whose name is taken', { ...KEPT, call: 'conflict' }, 'call.conflict'],
    ['without a name, of a plan that is not known', { ...UNKNOWN, call: 'missing' }, 'call.missing'],
    ['of a step that is used up', { ...KEPT, used: true }, 'plan.used'],
    ['that was made before and whose permit is over', { ...KEPT, call: 'repeated', used: true }, 'plan.used'],
    ['of a step of which nothing says that it is not used up', without(KEPT, 'used'), 'plan.used'],
    ['whose name is taken, of a step that is used up', { ...KEPT, used: true, call: 'conflict' }, 'call.conflict'],
    ['of which the facts say nothing', without(KEPT, 'call'), 'call.missing'],
    ['of which they say something unheard of', { ...KEPT, call: 'New' }, 'call.missing'],
    ['of which they say something broken', { ...KEPT, call: ['new'] }, 'call.missing'],
  ];
  for (const [what, plan, code] of denied) {
    it(`denies a call ${what}`, () => {
      const { permit, controls, reasons, obligations } = guardPlan(PERMIT, { plan });
      assert.equal(permit, false);
      assert.deepEqual(controls, PERMIT.controls);
      assert.deepEqual(
        reasons.map((reason) => [reason.control, reason.code]),
        [
          ['engine', code],
          ['access', 'access.noted'],
        ],
      );
      assert.deepEqual(obligations, [OBLIGATION]);
    });
  }

  it("says first what is wrong with a denied call's name, and nothing else", () => {
    for (const code of ['missing', 'conflict']) {
      const guarded = guardPlan(DENIAL, { plan: { ...KEPT, call: code } });
      assert.deepEqual(codes(guarded), [`call.${code}`, 'access.noted', 'plan.failed']);
      assert.equal(guarded.permit, false);
    }
    for (const plan of [KEPT, { ...KEPT, used: true }, without(KEPT, 'call'), { ...KEPT, call: 7 }]) {
      assert.equal(guardPlan(DENIAL, { plan }), DENIAL);
    }
  });

  it('never makes a permit of a denial, and permits of a named plan a call of its own alone', () => {
    const some = (...values: readonly Json[]) => fc.option(fc.constantFrom(...values), { nil: undefined });
    const plans = fc.record({
      named: some(true, false, 'true', null),
      known: some(true, false, 1),
      used: some(true, false, null, 'false'),
      call: some('new', 'repeated', 'missing', 'conflict', '', null, true),
    });
    fc.assert(
      fc.property(plans, (members) => {
        const plan: Record<string, Json> = {};
        for (const [name, value] of Object.entries(members)) if (value !== undefined) plan[name] = value;
        assert.equal(guardPlan(DENIAL, { plan }).permit, false);
        const own = (plan.call === 'new' || plan.call === 'repeated') && (plan.known !== true || plan.used === false);
        assert.equal(guardPlan(PERMIT, { plan }).permit, plan.named !== true || own);
      }),
      { numRuns: 2000 },
    );
  });

  it('stands over every policy, also one that knows nothing of plans', () => {
    const bundle = readBundle(readFileSync(new URL('../vectors/policy/engine/answers.tar.gz', import.meta.url)));
    const engine = createEngine(
      { ...bundle, manifest: { ...bundle.manifest, controls: ['access'] } },
      { requiredControls: ['access'], builtins: loadOpaBuiltins },
    );
    const evaluate = (plan: JsonObject, permit: boolean) => {
      const answer = { permit, controls: { access: permit ? 'pass' : 'fail' }, reasons: [], obligations: [] };
      const facts = { time: '2026-11-21T14:03:00.123Z', plan };
      return engine.evaluate({ subject: {}, action: {}, resource: {}, context: { answer }, facts }).verdict;
    };
    assert.deepEqual(codes(evaluate(KEPT, true)), []);
    assert.equal(evaluate(KEPT, true).permit, true);
    assert.deepEqual(codes(evaluate({ ...KEPT, used: true }, true)), ['plan.used']);
    assert.deepEqual(codes(evaluate({ ...KEPT, call: 'conflict' }, false)), ['call.conflict', 'access.failed']);
    assert.deepEqual(codes(evaluate({ ...KEPT, used: true }, false)), ['access.failed']);
    for (const plan of [{ ...KEPT, call: 'missing' }, without(KEPT, 'call')]) {
      assert.equal(evaluate(plan, true).permit, false);
    }
  });

  it('is what the answer gives as its reason', () => {
    const id = '01940000-0000-7000-8000-000000000000';
    const digest = `sha256:${'0'.repeat(64)}`;
    assert.ok(isDecisionId(id) && isSha256Digest(digest));
    for (const verdict of [PERMIT, DENIAL]) {
      const answer = evaluationAnswer({
        id,
        time: '2026-11-21T14:03:00.123Z',
        verdict: guardPlan(verdict, { plan: { ...KEPT, call: 'conflict' } }),
        policy: { revision: 'r', digest },
        bindingHash: 'x',
        audit: { origin: 'example.test/log', index: 0 },
      });
      assert.equal(within(answer, 'context', 'reason'), 'call.conflict');
    }
  });
});
