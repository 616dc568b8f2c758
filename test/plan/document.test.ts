import assert from 'node:assert/strict';
import { canonicalize } from '../../src/model/canonical.ts';
import { parseRfc3339 } from '../../src/model/clock.ts';
import { parsePlan, readPlan } from '../../src/plan/document.ts';
import { thrownWith } from '../thrown.ts';
import { bytes, type Change, planWith, vectors } from './documents.ts';

type Vector = Change & { readonly name: string; readonly places: readonly string[] };

function parsed(change: Change = {}) {
  return parsePlan(bytes(planWith(change)), 'plan.json');
}

/** The places of all problems, in the order in which they are told. */
function places(change: Change): readonly string[] {
  return readPlan(planWith(change)).problems.map(({ place }) => place);
}

describe('a plan document', () => {
  it('is read as what it says', () => {
    const { header, content } = parsed();
    assert.deepEqual(header, {
      type: 'plan',
      id: 'deploy-42',
      version: 3,
      issued: parseRfc3339('2026-11-25T08:00:00Z'),
      expires: parseRfc3339('2026-11-26T08:00:00Z'),
    });
    const { steps, ...rest } = content;
    assert.deepEqual(rest, {
      audience: 'production-eu',
      agent: {
        issuer: 'https://idp.example',
        id: 'release-bot',
        actors: [{ issuer: 'https://idp.example', id: 'gateway-1' }],
        session: 'session-7',
      },
      order: 'strict',
      nonce: '4c1a5d4e-0f3b-4f7b-9f0e-2f1a7f6f2d11',
      environments: ['staging', 'production'],
    });
    assert.deepEqual(
      steps.map(({ arguments: allowed, ...step }) => [step, allowed.kind]),
      [
        [
          { id: '1', server: 'kubernetes', tool: 'pods_list', toolId: 'kubernetes/pods_list', effect: 'read', runs: 5 },
          'schema',
        ],
        [
          {
            id: '2',
            server: 'kubernetes',
            tool: 'pods_delete',
            toolId: 'kubernetes/pods_delete',
            effect: 'destructive',
            runs: 1,
          },
          'exact',
        ],
        [{ id: '3', server: 'vault', tool: 'kv/write', toolId: 'vault/kv/write', effect: 'write', runs: 1 }, 'digest'],
      ],
    );
    assert.deepEqual(steps[1]?.arguments, {
      kind: 'exact',
      canonical: canonicalize({ name: 'cart-0', namespace: 'shop' }),
    });
  });

  it('says to scopes all that it names', () => {
    assert.deepEqual(parsed().about, {
      servers: ['kubernetes', 'vault'],
      tools: ['kubernetes/pods_list', 'kubernetes/pods_delete', 'vault/kv/write'],
      planAgents: ['https://idp.example release-bot'],
      environments: ['staging', 'production'],
      effects: ['read', 'destructive', 'write'],
    });
  });

  it('asks for a scope of all environments where it may be used in all', () => {
    assert.deepEqual(parsed({ remove: ['/environments'] }).about.environments, ['*']);
  });

  for (const { name, ...change } of vectors<readonly Vector[]>('accepted.json')) {
    it(`may have ${name}`, () => assert.deepEqual(places(change), []));
  }

  for (const { name, places: expected, ...change } of vectors<readonly Vector[]>('refused.json')) {
    it(`may not have ${name}`, () => {
      assert.deepEqual(places(change), expected);
      const { message, detail } = thrownWith('plan.invalid', () => parsed(change));
      for (const place of expected)
        assert.ok(message.includes(`\n  ${place}: `), `${place} is not named in\n${message}`);
      assert.equal(detail.problems, expected.length);
    });
  }

  it('repeats nothing in its messages that people do not see', () => {
    const hidden = { set: { '/agent/id': 'a\u202eb', '/id': 'a\u0007', '/x\u200b': 1, '/steps/0/y\u001b[2J': 1 } };
    const { message } = thrownWith('plan.invalid', () => parsed(hidden));
    for (const character of '\u202e\u0007\u200b\u001b') assert.ok(!message.includes(character));
  });

  it('is no list, no text, and no JSON that two readers could understand differently', () => {
    for (const json of [[], 'plan', null, 1]) {
      assert.ok(readPlan(json).problems.some(({ place }) => place === ''));
    }
    const twice = Buffer.from('{"type":"plan","type":"plan"}');
    thrownWith('plan.not_json', () => parsePlan(twice, 'plan.json'));
    thrownWith('plan.not_json', () => parsePlan(new Uint8Array([0xff]), 'plan.json'));
  });

  it('has 1 MiB, 64 levels, 256 steps and 10,000 runs at most', () => {
    thrownWith('plan.not_json', () => parsePlan(Buffer.alloc(1_048_577, ' '), 'plan.json'));
    const deep = JSON.parse(`${'{"a":'.repeat(60)}1${'}'.repeat(60)}`);
    assert.deepEqual(places({ set: { '/steps/1/arguments': { exact: deep } } }), []);
    thrownWith('plan.not_json', () => parsed({ set: { '/steps/1/arguments': { exact: { deep } } } }));
    const steps = (count: number, runs: number) => ({
      set: {
        '/steps': Array.from({ length: count }, (_, index) => ({
          id: String(index),
          server: 's',
          tool: 't',
          effect: 'read',
          arguments: { exact: {} },
          runs,
        })),
      },
    });
    assert.deepEqual(places(steps(256, 39)), []);
    assert.deepEqual(places(steps(257, 1)), ['/steps']);
    assert.deepEqual(places(steps(10, 1000)), []);
    assert.deepEqual(places(steps(11, 1000)), ['/steps']);
  });

  it('has schemas of 32,768 characters at most, those of the same text counted once', () => {
    const step = (id: number, value: string) => ({
      id: String(id),
      server: 's',
      tool: 't',
      effect: 'read',
      arguments: { schema: { const: { value } } },
    });
    const long = 'x'.repeat(20_000);
    const other = 'y'.repeat(12_000);
    assert.deepEqual(places({ set: { '/steps': [step(1, long), step(2, other), step(3, long)] } }), []);
    assert.deepEqual(places({ set: { '/steps': [step(1, long), step(2, other), step(3, 'z'.repeat(1000))] } }), [
      '/steps/2/arguments/schema',
    ]);
  });
});
