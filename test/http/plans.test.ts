import assert from 'node:assert/strict';
import { CodedError } from '../../src/errors.ts';
import type { Json } from '../../src/model/json.ts';
import { codeIn, newWorld, postTo, send, serving } from './serving.ts';

const PLANNER = { type: 'agent', id: 'planner' };
const SUBMISSION = { subject: PLANNER, plan: '{"type":"plan"}', bundle: '{"mediaType":"x"}' };
const HASH = `sha256:${'a'.repeat(64)}`;

describe('POST /v1/plans', () => {
  for (const [created, status] of [
    [true, 201],
    [false, 200],
  ] as const) {
    it(`hands on the texts as they are, and answers ${status} where the plan ${created ? 'is new' : 'was held'}`, async () => {
      const world = newWorld();
      const seen: unknown[] = [];
      world.submitPlan = async (caller, submission) => {
        seen.push(caller, submission);
        return { created, plan: { hash: HASH, state: 'active' } };
      };
      await serving(world, async (url) => {
        const answer = await postTo(url, '/v1/plans', SUBMISSION);
        assert.deepEqual([answer.status, answer.body], [status, { hash: HASH, state: 'active' }]);
        assert.equal(answer.headers.get('cache-control'), 'no-store');
      });
      const { plan, bundle } = SUBMISSION;
      assert.deepEqual(seen, [
        { issuer: 'asserted', id: 'planner', method: 'asserted' },
        { plan, bundle },
      ]);
      assert.deepEqual([world.refusals, world.recorded, world.drafts], [[], [], []]);
    });
  }

  const refused: readonly (readonly [string, number])[] = [
    ['plan.not_submitter', 403],
    ['plan.invalid', 400],
    ['plan.not_json', 400],
    ['plan.refused', 400],
    ['plan.too_large', 400],
    ['plan.quota_exceeded', 429],
    ['plan.ledger_torn', 503],
    ['plan.submission_torn', 503],
    ['state.unavailable', 503],
    ['trust.state_unavailable', 503],
  ];
  for (const [code, status] of refused) {
    it(`answers ${code} with ${status}, recorded under the caller's name`, async () => {
      const world = newWorld();
      world.submitPlan = async () => {
        throw new CodedError(code, 'of a secret/place', { cause: new Error('private') });
      };
      await serving(world, async (url) => {
        const answer = await postTo(url, '/v1/plans', SUBMISSION);
        assert.deepEqual([answer.status, codeIn(answer)], [status, code]);
        assert.equal(answer.headers.has('retry-after'), status === 503);
        const text = JSON.stringify(answer.body);
        assert.ok(!text.includes('private') && (status !== 503 || !text.includes('secret')), text);
      });
      assert.deepEqual([world.recorded, world.refusals, world.unexpected], [[`planner ${code}`], [], []]);
    });
  }

  it('answers 500 without particulars where something breaks that nobody foresaw', async () => {
    const world = newWorld();
    world.submitPlan = async () => {
      throw new Error('private');
    };
    await serving(world, async (url) => {
      const answer = await postTo(url, '/v1/plans', SUBMISSION);
      assert.deepEqual([answer.status, codeIn(answer)], [500, 'internal_error']);
      assert.ok(!JSON.stringify(answer.body).includes('private'));
    });
    assert.deepEqual([world.recorded, world.unexpected.length], [['planner internal_error'], 1]);
  });

  const bodies: readonly (readonly [string, Json])[] = [
    ['no plan', { subject: PLANNER, bundle: '{}' }],
    ['no bundle', { subject: PLANNER, plan: '{}' }],
    ['a plan that is no text', { ...SUBMISSION, plan: { type: 'plan' } }],
    ['a bundle that is no text', { ...SUBMISSION, bundle: [SUBMISSION.bundle] }],
  ];
  for (const [what, body] of bodies) {
    it(`refuses ${what}: 400, recorded under the caller's name`, async () => {
      const world = newWorld();
      await serving(world, async (url) => {
        const answer = await postTo(url, '/v1/plans', body);
        assert.deepEqual([answer.status, codeIn(answer)], [400, 'request.invalid']);
      });
      assert.deepEqual([world.recorded, world.refusals], [['planner request.invalid'], []]);
    });
  }

  it('refuses what names nobody, and what is no JSON, counted', async () => {
    const world = newWorld();
    await serving(world, async (url) => {
      for (const [body, code] of [
        [{ plan: '{}', bundle: '{}' }, 'request.invalid'],
        [null, 'request.invalid'],
        [Buffer.from('{"plan":"a","plan":"b"}'), 'json.duplicate_key'],
        [Buffer.from('{"plan":"\\ud800"}'), 'json.lone_surrogate'],
      ] as const) {
        const answer = await postTo(url, '/v1/plans', body);
        assert.deepEqual([answer.status, codeIn(answer)], [400, code]);
      }
      const plain = await postTo(url, '/v1/plans', SUBMISSION, { 'Content-Type': 'text/plain' });
      assert.deepEqual([plain.status, codeIn(plain)], [400, 'http.content_type']);
    });
    assert.deepEqual(world.recorded, []);
    assert.deepEqual(world.refusals, [
      'request.invalid',
      'request.invalid',
      'json.duplicate_key',
      'json.lone_surrogate',
      'http.content_type',
    ]);
  });

  it('knows no stranger: 401, counted', async () => {
    const world = newWorld();
    await serving(
      world,
      async (url) => {
        const answer = await postTo(url, '/v1/plans', SUBMISSION);
        assert.deepEqual([answer.status, codeIn(answer)], [401, 'authentication.required']);
      },
      {},
      false,
    );
    assert.deepEqual([world.refusals, world.recorded], [['authentication.required'], []]);
  });

  it('counts among the requests that are under way', async () => {
    const world = newWorld();
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
    world.submitPlan = async () => {
      reach();
      await held;
      return { created: true, plan: {} };
    };
    await serving(
      world,
      async (url) => {
        const first = postTo(url, '/v1/plans', SUBMISSION);
        await reached;
        const second = await postTo(url, '/v1/plans', SUBMISSION);
        assert.deepEqual([second.status, codeIn(second)], [503, 'overload.in_flight']);
        release();
        assert.equal((await first).status, 201);
      },
      { in_flight: 1 },
    );
  });
});

describe('GET /v1/plans/HASH', () => {
  it('shows the plan with this hash, also where the colon is escaped or a query follows', async () => {
    const world = newWorld();
    const seen: string[] = [];
    world.showPlan = async (hash) => {
      seen.push(hash);
      return { hash, state: 'active', steps: [] };
    };
    await serving(world, async (url) => {
      for (const name of [HASH, HASH.replace(':', '%3A'), HASH.replace(':', '%3a'), `${HASH}?again`]) {
        const { status, body, headers } = await send(url, `/v1/plans/${name}`);
        assert.deepEqual([status, body], [200, { hash: HASH, state: 'active', steps: [] }]);
        assert.equal(headers.get('cache-control'), 'no-store');
      }
    });
    assert.deepEqual(seen, [HASH, HASH, HASH, HASH]);
  });

  it('answers 404 where nobody has it', async () => {
    const world = newWorld();
    world.showPlan = async () => undefined;
    await serving(world, async (url) => {
      const answer = await send(url, `/v1/plans/${HASH}`);
      assert.deepEqual([answer.status, codeIn(answer)], [404, 'plan.not_found']);
    });
    assert.deepEqual(world.refusals, ['plan.not_found']);
  });

  for (const name of ['x', HASH.slice(0, -1), HASH.toUpperCase(), `${HASH}%3F`, '%20', '%zz', '%ff', '..%2f']) {
    it(`takes no other name, such as ${name}: 400, and nothing is looked for`, async () => {
      const world = newWorld();
      await serving(world, async (url) => {
        const answer = await send(url, `/v1/plans/${name}`);
        assert.deepEqual([answer.status, codeIn(answer)], [400, 'request.invalid']);
      });
      assert.deepEqual([world.refusals, world.unexpected], [['request.invalid'], []]);
    });
  }

  it('answers 503 where what was spent cannot be known', async () => {
    const world = newWorld();
    world.showPlan = async () => {
      throw new CodedError('state.unavailable', 'redis at secret-host is away');
    };
    await serving(world, async (url) => {
      const answer = await send(url, `/v1/plans/${HASH}`);
      assert.deepEqual([answer.status, codeIn(answer)], [503, 'state.unavailable']);
      assert.ok(!JSON.stringify(answer.body).includes('secret'));
    });
  });
});

describe('GET /v1/catalogue', () => {
  it('shows what the catalogue is made of', async () => {
    const world = newWorld();
    world.showCatalogue = () => ({ active: [{ id: 'tools' }], not_active: [] });
    await serving(world, async (url) => {
      const { status, body, headers } = await send(url, '/v1/catalogue');
      assert.deepEqual([status, body], [200, { active: [{ id: 'tools' }], not_active: [] }]);
      assert.equal(headers.get('cache-control'), 'no-store');
    });
  });
});

describe('what is there to be read', () => {
  for (const path of [`/v1/plans/${HASH}`, '/v1/catalogue']) {
    it(`is shown to no stranger: 401, counted (${path})`, async () => {
      const world = newWorld();
      await serving(
        world,
        async (url) => {
          const answer = await send(url, path);
          assert.deepEqual([answer.status, codeIn(answer)], [401, 'authentication.required']);
        },
        {},
        false,
      );
      assert.deepEqual([world.refusals, world.recorded], [['authentication.required'], []]);
    });
  }

  for (const [method, path, allowed] of [
    ['GET', '/access/v1/evaluation', 'POST'],
    ['GET', '/v1/plans', 'POST'],
    ['PUT', '/v1/plans', 'POST'],
    ['POST', `/v1/plans/${HASH}`, 'GET'],
    ['DELETE', `/v1/plans/${HASH}`, 'GET'],
    ['POST', '/v1/catalogue', 'GET'],
  ] as const) {
    it(`answers ${method} ${path} with 405 and Allow: ${allowed}`, async () => {
      await serving(newWorld(), async (url) => {
        const answer = await send(url, path, { method });
        assert.deepEqual([answer.status, codeIn(answer)], [405, 'http.method']);
        assert.equal(answer.headers.get('allow'), allowed);
      });
    });
  }

  for (const path of ['/v1/plans/', '/V1/plans', '/v1/catalogue/', '/v1/plans/a/b', '/v1']) {
    it(`has nothing at ${path}: 404`, async () => {
      await serving(newWorld(), async (url) => {
        const answer = await send(url, path);
        assert.deepEqual([answer.status, codeIn(answer)], [404, 'http.not_found']);
      });
    });
  }
});
