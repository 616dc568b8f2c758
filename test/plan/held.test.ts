import assert from 'node:assert/strict';
import { CodedError } from '../../src/errors.ts';
import { sha256 } from '../../src/model/digest.ts';
import type { SharedState } from '../../src/model/shared-state.ts';
import { holdPlans } from '../../src/plan/held.ts';
import { CLEAR_AFTER_MS } from '../../src/plan/ledger/clear.ts';
import { createSubmittedPlans } from '../../src/plan/submitted.ts';
import { memoryState } from '../../src/state/memory.ts';
import type { TrustedWorld } from '../document/shelf-world.ts';
import { rejectedWith } from '../thrown.ts';
import { PLANNER, planWorld, type Replica, replica, signedBy, submission } from './replica.ts';

const BOUNDS = { max_entries: 100_000, max_bytes: 64 * 1024 * 1024 };
const HOUR = 3_600_000;

/** A store that tells what it was asked for. */
function counted(): { readonly state: SharedState; readonly asked: string[] } {
  const inner = memoryState(BOUNDS);
  const asked: string[] = [];
  const read: SharedState['read'] = async (key) => {
    if (key.startsWith('passing/submitted/')) asked.push(key);
    return inner.read(key);
  };
  return { state: { ...inner, read }, asked };
}

describe('plans by their hash', () => {
  let world: TrustedWorld;
  let state: SharedState;
  let asked: string[];
  let here: Replica;
  before(async () => {
    world = await planWorld();
  });
  after(() => world.close());
  beforeEach(async () => {
    await world.revoke();
    world.time.restart();
    ({ state, asked } = counted());
    here = replica(world, state);
  });
  afterEach(() => here.close());

  const inFolder = (source: string, one: ReturnType<typeof submission>) => ({
    source,
    bytes: Buffer.from(one.plan),
    bundles: [Buffer.from(one.bundle)],
  });

  it('are those of the shelf, which the store is not asked for', async () => {
    const one = submission(world);
    await here.shelf.offer(inFolder('plans/one.json', one));
    const found = await here.held.find(one.hash);
    assert.ok(found !== undefined && !('state' in found) && found.source === 'plans/one.json');
    assert.deepEqual(asked, []);
  });

  it('are found as what they are where they do not count', async () => {
    const one = submission(world, {}, 'ed25519');
    await here.shelf.offer(inFolder('plans/one.json', one));
    const refused = await here.held.find(one.hash);
    assert.ok(refused !== undefined && 'state' in refused && refused.state === 'refused');
  });

  it('count where one of two copies does', async () => {
    const one = submission(world);
    await here.shelf.offer(inFolder('plans/a.json', one));
    await here.shelf.offer({ ...inFolder('plans/b.json', one), bundles: [] });
    const found = await here.held.find(one.hash);
    assert.ok(found !== undefined && !('state' in found));
  });

  it('are gone with their file', async () => {
    const one = submission(world);
    await here.shelf.offer(inFolder('plans/one.json', one));
    await here.shelf.retract('plans/one.json');
    assert.equal(await here.held.find(one.hash), undefined);
  });

  it('are fetched from the store once, by however many calls, and held from then on', async () => {
    const one = submission(world);
    await here.submit(PLANNER, one);
    const there = replica(world, state);
    asked.length = 0;
    const found = await Promise.all(Array.from({ length: 20 }, () => there.held.find(one.hash)));
    for (const plan of found) assert.ok(plan !== undefined && !('state' in plan) && plan.digest === one.hash);
    await there.held.find(one.hash);
    assert.deepEqual([asked.length, there.records.map(({ type }) => type)], [1, ['activated']]);
    await there.close();
  });

  it('are verified wherever they come from: what the store holds is only what somebody put there', async () => {
    const one = submission(world, {}, 'ed25519');
    await here.submitted.keep(PLANNER, one.hash, one, world.time.now() + HOUR);
    const found = await here.held.find(one.hash);
    assert.ok(found !== undefined && 'state' in found && found.state === 'refused');
    assert.deepEqual(here.shelf.active(), []);
  });

  it('are asked for again after a second where nobody had them', async () => {
    const one = submission(world);
    for (let again = 0; again < 3; again += 1) assert.equal(await here.held.find(one.hash), undefined);
    assert.equal(asked.length, 1);
    await here.submitted.keep(PLANNER, one.hash, one, world.time.now() + HOUR);
    asked.length = 0;
    world.time.advance(999);
    assert.equal(await here.held.find(one.hash), undefined);
    world.time.advance(1);
    const found = await here.held.find(one.hash);
    assert.ok(found !== undefined && !('state' in found));
    assert.equal(asked.length, 1);
  });

  it('are asked for once a second where they do not count here, since they may have been signed anew', async () => {
    const one = submission(world, {}, 'ed25519');
    await here.shelf.offer(inFolder('plans/one.json', one));
    for (let again = 0; again < 3; again += 1) {
      const found = await here.held.find(one.hash);
      assert.ok(found !== undefined && 'state' in found);
    }
    assert.equal(asked.length, 1);
    const signed = { ...one, ...signedBy(one.plan, 'p256') };
    await here.submitted.keep(PLANNER, one.hash, signed, world.time.now() + HOUR);
    world.time.advance(1_000);
    const found = await here.held.find(one.hash);
    assert.ok(found !== undefined && !('state' in found));
  });

  it('remember no more than 10,000 hashes that nobody has', async () => {
    const held = holdPlans(
      here.shelf,
      createSubmittedPlans(state, { quota: { plans: 1, bytes: 1024 } }, world.time.now),
      world.time.now,
    );
    const hashes = Array.from({ length: 10_001 }, (_, index) => sha256(`${index}`));
    for (const hash of hashes) await held.find(hash);
    assert.equal(asked.length, 10_001);
    await held.find(hashes.at(-1) ?? '');
    assert.equal(asked.length, 10_001, 'the last is remembered');
    await held.find(hashes[0] ?? '');
    assert.equal(asked.length, 10_002, 'the first was forgotten');
    held.close();
  });

  it('have a hash of just one form: the store is asked for no other', async () => {
    for (const hash of ['', 'x', `sha256:${'A'.repeat(64)}`, `sha256:${'a'.repeat(63)}`, `../${'a'.repeat(64)}`]) {
      assert.equal(await here.held.find(hash), undefined);
    }
    assert.deepEqual(asked, []);
  });

  it('are those of the shelf alone where nothing outlives the process', async () => {
    const held = holdPlans(here.shelf, undefined, world.time.now);
    assert.equal(await held.find(sha256('x')), undefined);
    held.close();
  });

  it('cannot be had where the store is away, and can again once it is back', async () => {
    let away = true;
    const broken: SharedState = {
      ...state,
      read: async (key) => {
        if (away) throw new CodedError('state.unavailable', 'no answer');
        return state.read(key);
      },
    };
    const there = replica(world, broken);
    const one = submission(world);
    await here.submit(PLANNER, one);
    await rejectedWith('state.unavailable', there.held.find(one.hash));
    away = false;
    const found = await there.held.find(one.hash);
    assert.ok(found !== undefined && !('state' in found), 'a failure is not remembered');
    await there.close();
  });

  for (const [what, tear] of [
    ['no JSON', () => 'x'],
    ['more members', (value: string) => value.replace('{', '{"more":1,')],
    ['another plan', (value: string) => value.replace('deploy-42', 'deploy-43')],
  ] as const) {
    it(`are not taken from an entry that nobody here wrote: ${what}`, async () => {
      const one = submission(world);
      await here.submitted.keep(PLANNER, one.hash, one, world.time.now() + HOUR);
      const [key = ''] = await state.list('passing/submitted/', 1);
      const entry = await state.read(key);
      assert.ok(entry !== undefined && (await state.compareAndSet(key, entry.revision, tear(entry.value))));
      await rejectedWith('plan.submission_torn', here.held.find(one.hash));
      assert.deepEqual(here.shelf.idle(), []);
    });
  }

  it('are let go of an hour after their end where they were submitted; those of folders stay', async () => {
    const [one, other, long] = ['one', 'other', 'long'].map((id) =>
      submission(world, id === 'long' ? { id, expires: '2026-12-31T00:00:00Z' } : { id }),
    );
    assert.ok(one && other && long);
    await here.submit(PLANNER, one);
    await here.submit(PLANNER, long);
    await here.shelf.offer(inFolder('plans/other.json', other));
    world.time.advance(HOUR + CLEAR_AFTER_MS);
    await here.held.clearEnded();
    const sources = () => [...here.shelf.active(), ...here.shelf.idle()].map(({ source }) => source).sort();
    assert.deepEqual(sources(), ['plans/other.json', `submitted/${long.hash}`, `submitted/${one.hash}`].sort());
    world.time.advance(1);
    await here.held.clearEnded();
    assert.deepEqual(sources(), ['plans/other.json', `submitted/${long.hash}`]);
  });
});
