import assert from 'node:assert/strict';
import type { KnownTool } from '../../src/model/facts.ts';
import type { JsonObject } from '../../src/model/json.ts';
import { parsePlan } from '../../src/plan/document.ts';
import { lintPlan } from '../../src/plan/lint.ts';
import { argumentsMatch } from '../../src/plan/step.ts';
import { planConflict } from '../../src/plan/usable.ts';
import { bytes, type Change, planWith, vectors } from './documents.ts';

type Vector = Change & { readonly name: string; readonly places: readonly string[] };

function candidate(change: Change) {
  return { ...parsePlan(bytes(planWith(change)), 'plan.json'), source: 'plan.json' };
}

function stepsWith(...schemas: readonly JsonObject[]): Change {
  const step = { server: 's', tool: 't', effect: 'read' satisfies KnownTool['effect'] };
  return { set: { '/steps': schemas.map((schema, index) => ({ ...step, id: `${index}`, arguments: { schema } })) } };
}

/** Eleven characters that take some 5 ms to compile, and are not the same for another number. */
function slow(number: number): JsonObject {
  return { properties: { a: { pattern: `^\\p{L}{99}${number}` } } };
}

function firstStep({ content }: ReturnType<typeof candidate>) {
  const [step] = content.steps;
  assert.ok(step !== undefined);
  return step.arguments;
}

describe('a plan that could be read', () => {
  it('may count where its schemas can be used', () => {
    assert.equal(planConflict(candidate({})), undefined);
    for (const { name, ...change } of vectors<readonly Vector[]>('accepted.json')) {
      assert.equal(planConflict(candidate(change)), undefined, name);
    }
  });

  for (const { name, places, ...change } of vectors<readonly Vector[]>('unusable.json')) {
    it(`may not count with ${name}`, () => {
      const found = planConflict(candidate(change));
      assert.equal(found?.code, 'document_invalid');
      const told = found.message.split('\n').slice(1);
      assert.deepEqual(
        told.map((line) => line.trim().split(': ')[0]),
        places,
      );
      const { problems } = lintPlan(bytes(planWith(change)), 'plan.json', { now: 0 });
      assert.deepEqual(
        problems.map(({ place }) => place),
        places,
        'the look before it is signed finds the same',
      );
    });
  }

  it('matches nothing by a schema before it was asked whether it may count', () => {
    const plan = candidate(stepsWith({ title: 'asked about once' }));
    assert.equal(argumentsMatch(firstStep(plan), {}), false);
    assert.equal(planConflict(plan), undefined);
    assert.equal(argumentsMatch(firstStep(plan), {}), true);
  });

  it('matches what it did when it is read again: it counts already, and nobody asks', () => {
    const plan = candidate(stepsWith({ title: 'read again', required: ['a'] }));
    assert.equal(planConflict(plan), undefined);
    const again = candidate(stepsWith({ required: ['a'], title: 'read again' }));
    assert.equal(argumentsMatch(firstStep(again), { a: 1 }), true);
    assert.equal(argumentsMatch(firstStep(again), {}), false);
    assert.equal(argumentsMatch(firstStep(plan), { a: 1 }), true);
  });

  it('matches nothing by a schema that cannot be used', () => {
    const plan = candidate(stepsWith({ $ref: '#nowhere' }));
    assert.equal(planConflict(plan)?.code, 'document_invalid');
    assert.equal(argumentsMatch(firstStep(plan), {}), false);
  });

  it('may not count where its schemas take too much work together, and none of them is compiled', () => {
    const many = candidate(stepsWith(...Array.from({ length: 128 }, (_, number) => slow(number))));
    const found = planConflict(many);
    assert.equal(found?.code, 'document_invalid');
    assert.match(found.message, /\/steps\/\d+\/arguments\/schema: makes the schemas of the plan take too much work/);
    assert.equal(argumentsMatch(firstStep(many), {}), false);
    const [one] = [candidate(stepsWith(slow(0)))];
    assert.equal(planConflict(one), undefined);
    assert.equal(argumentsMatch(firstStep(one), {}), true);
    const wide = Object.fromEntries(
      Array.from({ length: 800 }, (_, number) => [`a${number}`, { pattern: `^\\p{L}{99}${number}` }]),
    );
    assert.match(
      planConflict(candidate(stepsWith({ properties: wide })))?.message ?? '',
      /\/steps\/0\/.* too much work/,
    );
  });

  it('may say the same pattern in every step', () => {
    const pattern = '^[\\p{L}\\p{N}]{1,63}$';
    const schemas = Array.from({ length: 128 }, (_, number) => ({
      required: [`r${number}`],
      properties: { a: { pattern } },
    }));
    assert.equal(planConflict(candidate(stepsWith(...schemas))), undefined);
  });
});
