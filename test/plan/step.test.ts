import assert from 'node:assert/strict';
import fc from 'fast-check';
import { canonicalize } from '../../src/model/canonical.ts';
import { sha256 } from '../../src/model/digest.ts';
import type { Effect, KnownTool } from '../../src/model/facts.ts';
import { isJsonObject, type Json, type JsonObject } from '../../src/model/json.ts';
import { parsePlan } from '../../src/plan/document.ts';
import { environmentMatches, type PlanStep, stepMatches } from '../../src/plan/step.ts';
import { planConflict } from '../../src/plan/usable.ts';
import { bytes, planWith } from './documents.ts';

const EFFECTS: readonly Effect[] = ['read', 'write', 'destructive'];
const PODS_DELETE = tool('kubernetes', 'pods_delete', 'destructive');

function tool(server: string, name: string, effect: Effect): KnownTool {
  return {
    known: true,
    server,
    server_identity: 'asserted',
    name,
    version: '1',
    effect,
    digest: sha256(''),
    drift: 'none',
    arguments_valid: true,
    signatures: { verified: true, by: [], failed: [] },
    catalogue: { id: 'c', version: 1 },
  };
}

/** The second step of the plan of the vectors, `kubernetes/pods_delete`, with other arguments or another effect. */
function stepWith(allowed: JsonObject, effect: Effect = 'destructive'): PlanStep {
  const change = { set: { '/steps/1/arguments': allowed, '/steps/1/effect': effect } };
  const plan = parsePlan(bytes(planWith(change)), 'plan.json');
  assert.equal(planConflict({ ...plan, source: 'plan.json' }), undefined);
  const step = plan.content.steps[1];
  assert.ok(step !== undefined);
  return step;
}

/** Objects as strict JSON has them: no lone surrogate, no integer that loses digits. */
const json = fc
  .dictionary(fc.string({ unit: 'grapheme', maxLength: 8 }), fc.jsonValue({ maxDepth: 3, stringUnit: 'grapheme' }), {
    minKeys: 1,
  })
  .map((value): JsonObject => JSON.parse(JSON.stringify(value)))
  .filter(isStrict);

function isStrict(value: Json): boolean {
  if (typeof value === 'number') return !Number.isInteger(value) || Number.isSafeInteger(value);
  if (Array.isArray(value)) return value.every(isStrict);
  return !isJsonObject(value) || Object.values(value).every(isStrict);
}

/** All values that differ from this one in one place: a value, a member's name, one member or item more or fewer. */
function* changed(value: Json): Generator<Json> {
  if (Array.isArray(value)) {
    yield [...value, null];
    for (const [index, item] of value.entries()) {
      yield value.toSpliced(index, 1);
      for (const other of changed(item)) yield value.toSpliced(index, 1, other);
    }
  } else if (isJsonObject(value)) {
    const members = Object.entries(value);
    yield Object.fromEntries([...members, [`${Object.keys(value).join('')}+`, null]]);
    for (const [index, [name, inner]] of members.entries()) {
      yield Object.fromEntries(members.toSpliced(index, 1));
      if (!Object.hasOwn(value, `${name} `)) yield Object.fromEntries(members.toSpliced(index, 1, [`${name} `, inner]));
      for (const other of changed(inner)) yield Object.fromEntries(members.toSpliced(index, 1, [name, other]));
    }
  } else {
    if (typeof value === 'string') {
      yield `${value} `;
      if (value !== '') yield value.slice(0, -1).toWellFormed();
    }
    if (typeof value === 'number' && value + 1 !== value) yield value + 1;
    if (typeof value === 'boolean') yield !value;
    yield value === null ? false : null;
    yield [value];
    yield String(value) === value ? { value } : String(value);
  }
}

/** The same value with the members of every object in the opposite order. */
function reversed(value: Json): Json {
  if (Array.isArray(value)) return value.map(reversed);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, inner]) => [name, reversed(inner)] as const)
      .reverse(),
  );
}

describe('a step of a plan', () => {
  const exact = stepWith({ exact: { namespace: 'shop', name: 'cart-0' } });
  const args = { name: 'cart-0', namespace: 'shop' };

  it('is a call of its tool with its arguments', () => {
    assert.ok(stepMatches(exact, PODS_DELETE, args));
  });

  it('is no call of another tool, of the same name on another server, or of one that nobody knows', () => {
    assert.ok(!stepMatches(exact, tool('kubernetes', 'pods_list', 'read'), args));
    assert.ok(!stepMatches(exact, tool('other', 'pods_delete', 'destructive'), args));
    // Both names together read as the step's, and are not: `kubernetes/pods` has a tool `delete`.
    const slashed = { ...exact, server: 'a/b', tool: 'c', toolId: 'a/b/c' };
    assert.ok(stepMatches(slashed, tool('a/b', 'c', 'read'), args));
    assert.ok(!stepMatches(slashed, tool('a', 'b/c', 'read'), args));
    for (const code of ['not_in_catalogue', 'not_a_tool_call', 'server_not_named'] as const) {
      assert.ok(!stepMatches(exact, { known: false, code }, args));
    }
    assert.ok(!stepMatches(exact, { known: false, code: 'catalogue_withdrawn', failed: [] }, args));
  });

  it('is no call of a tool whose effect is higher than was planned', () => {
    for (const [planned, step] of EFFECTS.entries()) {
      for (const [found, effect] of EFFECTS.entries()) {
        const matches = stepMatches(stepWith({ exact: args }, step), tool('kubernetes', 'pods_delete', effect), args);
        assert.equal(matches, found <= planned, `${effect} where ${step} was planned`);
      }
    }
  });

  it('is no call without arguments, whatever it allows, nor one whose arguments are no object', () => {
    const steps = [
      stepWith({ exact: {} }),
      stepWith({ schema: {} }),
      ...['{}', '[]', '"text"', '1', 'null'].map((text) => stepWith({ digest: sha256(text) })),
    ];
    for (const step of steps) {
      for (const other of [undefined, [], 'text', 1, null]) {
        assert.ok(!stepMatches(step, PODS_DELETE, other), `${step.arguments.kind} ${JSON.stringify(other)}`);
      }
    }
    for (const step of steps.slice(0, 3)) assert.ok(stepMatches(step, PODS_DELETE, {}));
  });

  it('allows by a schema what matches it', () => {
    const schema = {
      type: 'object',
      properties: { namespace: { enum: ['shop', 'test'] }, name: { pattern: '^cart-[0-9]+$' } },
      required: ['namespace', 'name'],
      additionalProperties: false,
    };
    const step = stepWith({ schema });
    assert.ok(stepMatches(step, PODS_DELETE, args));
    assert.ok(stepMatches(step, PODS_DELETE, { namespace: 'test', name: 'cart-12' }));
    for (const other of [
      {},
      { namespace: 'shop' },
      { ...args, force: true },
      { ...args, name: 'cart-' },
      { ...args, namespace: 'prod' },
    ]) {
      assert.ok(!stepMatches(step, PODS_DELETE, other), JSON.stringify(other));
    }
  });

  it('knows exact arguments, and those of a digest, in any order of members, and in no other change', () => {
    fc.assert(
      fc.property(json, (value) => {
        const steps = [stepWith({ exact: value }), stepWith({ digest: sha256(canonicalize(value)) })];
        for (const step of steps) {
          assert.ok(stepMatches(step, PODS_DELETE, value));
          assert.ok(stepMatches(step, PODS_DELETE, reversed(value)));
          for (const other of changed(value)) {
            assert.ok(!stepMatches(step, PODS_DELETE, other), `${JSON.stringify(value)} and ${JSON.stringify(other)}`);
          }
        }
      }),
    );
  });

  it('may be taken in the environments that the plan names, in all where it names none', () => {
    const named = { environments: ['staging', 'production'] };
    for (const [environment, matches] of [
      ['staging', true],
      ['production', true],
      ['test', false],
      ['unknown', false],
      ['', false],
    ] as const) {
      assert.equal(environmentMatches(named, environment), matches, environment);
      assert.ok(environmentMatches({}, environment));
    }
    assert.ok(!environmentMatches({ environments: [] }, 'staging'));
  });
});
