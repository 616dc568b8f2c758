import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CodedError } from '../../src/errors.ts';
import type { SharedState } from '../../src/model/shared-state.ts';
import { createSubmitPlan } from '../../src/plan/submit.ts';
import { initFileState, openFileState } from '../../src/state/file.ts';
import { memoryState } from '../../src/state/memory.ts';
import type { TrustedWorld } from '../document/shelf-world.ts';
import { rejectedWith } from '../thrown.ts';
import { PLANNER, planWorld, type Replica, replica, STRANGER, signedBy, submission } from './replica.ts';

const BOUNDS = { max_entries: 10_000, max_bytes: 16 * 1024 * 1024 };

describe('submitting a plan', () => {
  let world: TrustedWorld;
  let state: SharedState;
  let here: Replica;
  before(async () => {
    world = await planWorld();
  });
  after(() => world.close());
  beforeEach(async () => {
    await world.revoke();
    world.time.restart();
    state = memoryState(BOUNDS);
    here = replica(world, state);
  });
  afterEach(() => here.close());

  /** What the store holds of submissions and of quotas. */
  const kept = async () => ({
    plans: (await state.list('passing/submitted/', 100)).length,
    quotas: await Promise.all(
      (await state.list('passing/quota/', 100)).map(async (key) => JSON.parse((await state.read(key))?.value ?? '')),
    ),
  });

  it('has it count at once, recorded, and kept for all replicas', async () => {
    const one = submission(world);
    const { created, plan } = await here.submit(PLANNER, one);
    assert.ok(created && !('state' in plan));
    assert.deepEqual([plan.digest, plan.source], [one.hash, `submitted/${one.hash}`]);
    assert.ok(here.shelf.standing(plan, world.time.now()).counts);
    assert.deepEqual(
      here.records.map(({ type, id }) => [type, id]),
      [['activated', 'deploy-42']],
    );
    assert.equal((await kept()).plans, 1);
    const there = replica(world, state);
    const found = await there.held.find(one.hash);
    assert.ok(found !== undefined && !('state' in found) && found.digest === one.hash);
    await there.close();
  });

  it('changes nothing where it is held already', async () => {
    const one = submission(world);
    await here.submit(PLANNER, one);
    const { created, plan } = await here.submit(PLANNER, one);
    assert.deepEqual([created, plan.digest, here.records.length], [false, one.hash, 1]);
    const { plans, quotas } = await kept();
    assert.deepEqual([plans, quotas[0].plans.length], [1, 1]);
    const there = replica(world, state);
    assert.equal((await there.submit(PLANNER, one)).created, false, 'another replica took it');
    await there.close();
  });

  it('is for configured submitters alone, of just this issuer', async () => {
    for (const caller of [STRANGER, { ...PLANNER, id: 'planner2' }, { ...PLANNER, issuer: 'https://idp.example/' }]) {
      await rejectedWith('plan.not_submitter', here.submit(caller, submission(world)));
    }
    const none = createSubmitPlan({
      submitters: [PLANNER],
      shelf: here.shelf,
      held: here.held,
      submitted: undefined,
    });
    await rejectedWith('plan.not_submitter', none(PLANNER, submission(world)));
    assert.deepEqual([here.records, await kept()], [[], { plans: 0, quotas: [] }]);
  });

  it('reads it first: what is no plan takes no room', async () => {
    const one = submission(world);
    await rejectedWith('plan.not_json', here.submit(PLANNER, { ...one, plan: `${one.plan},` }));
    const invalid = await rejectedWith('plan.invalid', here.submit(PLANNER, { ...one, plan: '{"type":"plan"}' }));
    assert.match(invalid.message, /the submitted plan/);
    assert.deepEqual([here.records, await kept()], [[], { plans: 0, quotas: [] }]);
  });

  const refused: readonly (readonly [string, string, (world: TrustedWorld) => ReturnType<typeof submission>])[] = [
    ['with a bundle of other bytes', 'digest_mismatch', (at) => ({ ...submission(at), ...signedBy('{}', 'p256') })],
    ['signed by a key that no authority lists', 'key_unknown', (at) => submission(at, {}, 'ed25519')],
    ['with a bundle that is none', 'bundle_unsupported', (at) => ({ ...submission(at), bundle: '{}' })],
    [
      'that has expired',
      'document_expired',
      (at) => submission(at, { issued: '2020-01-01T00:00:00Z', expires: '2020-01-02T00:00:00Z' }),
    ],
    [
      'that is not valid yet',
      'document_not_yet_valid',
      (at) => submission(at, { issued: '2030-01-01T00:00:00Z', expires: '2030-01-02T00:00:00Z' }),
    ],
  ];
  for (const [what, code, make] of refused) {
    it(`refuses one ${what}: ${code}, and gives its room back`, async () => {
      const one = make(world);
      const error = await rejectedWith('plan.refused', here.submit(PLANNER, one));
      assert.match(error.message, new RegExp(`\\(.*\\b${code}\\b.*\\): \\S`));
      assert.match(String(error.detail.codes), new RegExp(`\\b${code}\\b`));
      const { plans, quotas } = await kept();
      assert.deepEqual([plans, quotas[0].plans], [0, []]);
      assert.deepEqual([here.shelf.active(), here.shelf.idle()], [[], []]);
      assert.deepEqual(
        here.records.map(({ type, failed }) => [type, failed.some((one) => one.code === code)]),
        [['refused', true]],
      );
      assert.equal(await here.held.find(one.hash), undefined);
    });
  }

  it('refuses a version below one that was accepted, and the same with other bytes', async () => {
    await here.submit(PLANNER, submission(world, { version: 2 }));
    for (const [version, code] of [
      [1, 'version_rolled_back'],
      [2, 'version_reused'],
    ] as const) {
      const one = submission(world, { version, nonce: 'another-nonce-of-36-characters-0000' });
      const error = await rejectedWith('plan.refused', here.submit(PLANNER, one));
      assert.equal(error.detail.codes, code);
    }
    assert.equal((await kept()).plans, 1);
  });

  it('takes no more plans than the quota, until some have ended', async () => {
    const few = replica(world, state, { quota: { plans: 2, bytes: 1_000_000 } });
    const plan = (number: number) => submission(world, { id: `plan-${number}` });
    await few.submit(PLANNER, plan(1));
    await few.submit(PLANNER, plan(2));
    const error = await rejectedWith('plan.quota_exceeded', few.submit(PLANNER, plan(3)));
    assert.match(error.message, /2 plans/);
    assert.equal((await few.submit(PLANNER, plan(2))).created, false, 'what is held takes no more room');
    await rejectedWith('plan.quota_exceeded', few.submit(PLANNER, plan(3)));
    world.time.advance(3_600_000);
    assert.equal((await few.submit(PLANNER, plan(4))).created, true);
    await few.close();
  });

  it('takes no more bytes than the quota, each submitter by itself', async () => {
    const other = { ...PLANNER, id: 'other' };
    const submitters = [PLANNER, other].map(({ issuer, id }) => ({ issuer, id }));
    const few = replica(world, state, { submitters, quota: { plans: 100, bytes: 2048 } });
    await few.submit(PLANNER, submission(world, { id: 'plan-1' }));
    const large = submission(world, { id: 'plan-2', nonce: 'n'.repeat(100) });
    await rejectedWith('plan.quota_exceeded', few.submit(PLANNER, large));
    assert.equal((await few.submit(other, large)).created, true);
    await few.close();
  });

  it('counts what comes at once: no more than the quota is taken', async () => {
    const few = replica(world, state, { quota: { plans: 3, bytes: 1_000_000 } });
    const all = await Promise.allSettled(
      Array.from({ length: 10 }, (_, number) => few.submit(PLANNER, submission(world, { id: `plan-${number}` }))),
    );
    assert.equal(all.filter(({ status }) => status === 'fulfilled').length, 3);
    for (const one of all) assert.ok(one.status === 'fulfilled' || one.reason.code === 'plan.quota_exceeded');
    await few.close();
  });

  it('refuses one that the store cannot hold, before anything is written', async () => {
    const large = submission(world, {
      steps: [{ id: '1', server: 's', tool: 't', effect: 'read', arguments: { exact: { x: 'x'.repeat(65_536) } } }],
    });
    const error = await rejectedWith('plan.too_large', here.submit(PLANNER, large));
    assert.match(error.message, /plans\.folders/);
    assert.deepEqual([here.records, await kept()], [[], { plans: 0, quotas: [] }]);
  });

  it('takes it back where the store cannot keep it; its room waits for another attempt', async () => {
    const inner = memoryState(BOUNDS);
    let full = true;
    const broken: SharedState = {
      ...inner,
      compareAndSet: async (key, expected, value) => {
        if (full && key.startsWith('passing/submitted/')) throw new CodedError('state.full', 'no room');
        return inner.compareAndSet(key, expected, value);
      },
    };
    const there = replica(world, broken, { quota: { plans: 1, bytes: 1_000_000 } });
    const one = submission(world);
    await rejectedWith('state.full', there.submit(PLANNER, one));
    assert.deepEqual([there.shelf.active(), there.shelf.idle()], [[], []]);
    assert.deepEqual(
      there.records.map(({ type }) => type),
      ['activated', 'withdrawn'],
    );
    full = false;
    world.time.advance(1_000);
    assert.equal((await there.submit(PLANNER, one)).created, true);
    await there.close();
  });

  it('takes it anew, signed by another, where the first signature counts no longer; so do other replicas', async () => {
    const one = submission(world);
    const there = replica(world, state);
    await here.submit(PLANNER, one);
    await there.held.find(one.hash);
    await world.revoke('p256');
    // What a turn asks for comes behind it.
    for (const { shelf } of [here, there]) for (let round = 0; round < 4; round += 1) await shelf.retract('nowhere');
    const withdrawn = await there.held.find(one.hash);
    assert.ok(withdrawn !== undefined && 'state' in withdrawn && withdrawn.state === 'withdrawn');
    const { created } = await here.submit(PLANNER, { ...one, ...signedBy(one.plan, 'another') });
    assert.equal(created, true);
    world.time.advance(1_000);
    const again = await there.held.find(one.hash);
    assert.ok(again !== undefined && !('state' in again));
    assert.ok(there.shelf.standing(again, world.time.now()).counts);
    await there.close();
  });
});

describe('a plan that was submitted to a store in a file', () => {
  it('is there after a restart, and so is what it takes of the quota', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'exequatur-submit-'));
    const path = join(folder, 'state.json');
    const world = await planWorld();
    const one = submission(world);
    try {
      await initFileState(path, { overwrite: false });
      for (const created of [true, false]) {
        const state = await openFileState(path, BOUNDS);
        const here = replica(world, state, { quota: { plans: 1, bytes: 1_000_000 } });
        const before = await here.held.find(one.hash);
        assert.equal(before !== undefined && !('state' in before), !created);
        assert.equal((await here.submit(PLANNER, one)).created, created);
        await rejectedWith('plan.quota_exceeded', here.submit(PLANNER, submission(world, { id: 'another' })));
        await here.close();
        await state.close();
      }
    } finally {
      await world.close();
      rmSync(folder, { recursive: true });
    }
  });
});
