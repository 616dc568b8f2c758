import assert from 'node:assert/strict';
import type { SharedState } from '../../src/model/shared-state.ts';
import { type Claim, createLedger, type Ledger } from '../../src/plan/ledger/ledger.ts';
import { callDigest, planKey } from '../../src/plan/ledger/stored.ts';
import { type FoundPlan, ledgerPlan } from '../../src/plan/look-up.ts';
import { describePlan } from '../../src/plan/show.ts';
import { memoryState } from '../../src/state/memory.ts';
import type { TrustedWorld } from '../document/shelf-world.ts';
import { rejectedWith } from '../thrown.ts';
import { PLANNER, planWorld, type Replica, replica, submission } from './replica.ts';

const BOUNDS = { max_entries: 10_000, max_bytes: 16 * 1024 * 1024 };

describe('what is shown of a plan', () => {
  let world: TrustedWorld;
  let state: SharedState;
  let here: Replica;
  let ledger: Ledger;
  before(async () => {
    world = await planWorld();
  });
  after(() => world.close());
  beforeEach(async () => {
    await world.revoke();
    world.time.restart();
    state = memoryState(BOUNDS);
    here = replica(world, state);
    ledger = createLedger(state, { id: 'log', durableIndex: () => 0 });
  });
  afterEach(() => here.close());

  const show = (plan: FoundPlan) => describePlan(plan, world.time.now(), here.shelf.standing, ledger);
  const submitted = async (more = {}) => {
    const { plan } = await here.submit(PLANNER, submission(world, more));
    assert.ok(!('state' in plan));
    return plan;
  };
  function claimOf(plan: Parameters<typeof ledgerPlan>[0], step: number, id: string): Claim {
    const call = callDigest({ issuer: 'i', id: 'c' }, undefined, id);
    const time = world.time.now();
    return { plan: ledgerPlan(plan), step, call, binding: 'b', token: id, id, time, expires: time + 1 };
  }

  it('is who signed it, for whom, and each step; its arguments are not', async () => {
    const plan = await submitted({ agent: { issuer: 'https://idp.example', id: 'release-bot', session: 's-1' } });
    const { signatures, ...shown } = await show(plan);
    assert.deepEqual(shown, {
      hash: plan.digest,
      state: 'active',
      since: '2026-11-21T14:00:00.000Z',
      id: 'deploy-42',
      version: 1,
      issued: '2026-11-21T14:00:00.000Z',
      expires: '2026-11-21T15:00:00.000Z',
      audience: 'production-eu',
      agent: { issuer: 'https://idp.example', id: 'release-bot', session: 's-1' },
      order: 'any',
      steps: [
        { id: '1', server: 'kubernetes', tool: 'pods_list', effect: 'read', runs: 2, spent: 0, under_way: 0 },
        { id: '2', server: 'kubernetes', tool: 'pods_delete', effect: 'destructive', runs: 1, spent: 0, under_way: 0 },
      ],
    });
    assert.ok(!JSON.stringify(shown).includes('secret'));
    assert.match(JSON.stringify(signatures), /"verified":true,"by":\[\{"authority":"board","mode":"keyed"/);
  });

  it('is what was spent, by whom last, and what is under way', async () => {
    const plan = await submitted();
    const steps = async () => {
      const shown = await show(plan);
      assert.ok(Array.isArray(shown.steps));
      return shown.steps.map(({ spent, under_way, last_decision }) => [spent, under_way, last_decision]);
    };
    const [first, second] = [claimOf(plan, 0, 'id-1'), claimOf(plan, 0, 'id-2')];
    assert.ok(await ledger.claim(first));
    assert.deepEqual(await steps(), [
      [1, 1, undefined],
      [0, 0, undefined],
    ]);
    await ledger.confirm(first);
    assert.ok(await ledger.claim(second));
    assert.deepEqual(await steps(), [
      [2, 1, 'id-1'],
      [0, 0, undefined],
    ]);
    await ledger.release(second, true);
    assert.deepEqual(await steps(), [
      [1, 0, 'id-1'],
      [0, 0, undefined],
    ]);
  });

  it('is that it counts no longer, and why, from the moment on', async () => {
    const plan = await submitted();
    await world.revoke('p256');
    const { state: now, failed, steps } = await show(plan);
    assert.deepEqual(
      [now, failed],
      [
        'withdrawn',
        [
          { code: 'rule_not_met' },
          { code: 'revoked_key', authority: 'board' },
          { code: 'key_unknown', authority: 'guest' },
        ],
      ],
    );
    assert.ok(Array.isArray(steps) && steps.length === 2);
  });

  it('is that it has ended, though nobody has put it away yet', async () => {
    const plan = await submitted();
    const { state: now, failed } = await describePlan(plan, plan.header.expires, here.shelf.standing, ledger);
    assert.deepEqual([now, failed], ['withdrawn', [{ code: 'document_expired' }]]);
  });

  it('is why it never counted, with its id where that can be read', async () => {
    const one = submission(world, {}, 'ed25519');
    const pair = (source: string, text: string) => ({
      source,
      bytes: Buffer.from(text),
      bundles: [Buffer.from(one.bundle)],
    });
    const refused = await here.shelf.offer(pair('a.json', one.plan));
    const unreadable = await here.shelf.offer(pair('b.json', '{}'));
    const { message, failed, ...shown } = await show(refused);
    assert.deepEqual(shown, {
      hash: one.hash,
      state: 'refused',
      since: '2026-11-21T14:00:00.000Z',
      id: 'deploy-42',
      version: 1,
    });
    assert.match(JSON.stringify(failed), /"code":"key_unknown"/);
    assert.match(String(message), /a\.json/);
    const other = await show(unreadable);
    assert.deepEqual([other.state, other.failed, other.id], ['refused', [{ code: 'document_invalid' }], undefined]);
  });

  it('cannot be had where the store holds something else', async () => {
    const plan = await submitted();
    await state.compareAndSet(planKey(plan.digest), 0, '{}');
    await rejectedWith('plan.ledger_torn', show(plan));
  });
});
