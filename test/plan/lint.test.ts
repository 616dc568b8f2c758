import assert from 'node:assert/strict';
import { parseRfc3339 } from '../../src/model/clock.ts';
import { lintPlan } from '../../src/plan/lint.ts';
import { bytes, type Change, planWith } from './documents.ts';

const NOON = parseRfc3339('2026-11-25T12:00:00Z') ?? Number.NaN;

function places(change: Change, now = NOON): readonly (readonly string[])[] {
  const { problems, warnings } = lintPlan(bytes(planWith(change)), 'plan.json', { now });
  return [problems, warnings].map((found) => found.map(({ place }) => place));
}

describe('the look at a plan before it is signed', () => {
  it('finds nothing in a good one', () => assert.deepEqual(places({}), [[], []]));

  it('finds every problem, however many', () => {
    const steps = Array.from({ length: 100 }, () => ({}));
    const [problems] = places({ set: { '/steps': steps } });
    assert.equal(problems?.length, 500);
    assert.equal(problems?.at(-1), '/steps/99/arguments');
  });

  it('finds schemas that cannot be used, beside other problems', () => {
    const schema = { type: 'object', require: ['namespace'] };
    const [problems] = places({ set: { '/steps/0/arguments': { schema }, '/steps/1/runs': 0 } });
    assert.deepEqual(problems, ['/steps/1/runs', '/steps/0/arguments/schema']);
  });

  it('finds that it is no JSON', () => {
    const found = lintPlan(Buffer.from('{'), 'plan.json', { now: NOON });
    assert.deepEqual(
      found.problems.map(({ place }) => place),
      [''],
    );
    assert.match(found.problems[0]?.problem ?? '', /^plan\.json is not strict JSON: line 1, column 2/);
  });

  it('finds that it has expired, and warns of one that does not count yet', () => {
    const [issued, expires] = ['2026-11-25T08:00:00Z', '2026-11-26T08:00:00Z'].map((text) => parseRfc3339(text) ?? 0);
    assert.deepEqual(places({}, expires), [['/expires'], []]);
    assert.deepEqual(places({}, (expires ?? 0) - 1), [[], []]);
    assert.deepEqual(places({}, issued), [[], []]);
    assert.deepEqual(places({}, (issued ?? 0) - 1), [[], ['/issued']]);
  });

  it('warns of a schema that lets through what it does not name', () => {
    const at = '/steps/0/arguments';
    const open = { type: 'object', properties: { namespace: { const: 'shop' } }, required: ['namespace'] };
    assert.deepEqual(places({ set: { [at]: { schema: open } } }), [[], [`${at}/schema`]]);
    assert.deepEqual(places({ set: { [at]: { schema: {} } } }), [[], [`${at}/schema`]]);
    for (const closed of [{ ...open, additionalProperties: false }, { const: {} }, { anyOf: [{ const: {} }] }]) {
      assert.deepEqual(places({ set: { [at]: { schema: closed } } }), [[], []]);
    }
  });
});
