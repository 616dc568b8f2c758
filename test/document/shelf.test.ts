import assert from 'node:assert/strict';
import type { ActiveDocument, IdleDocument } from '../../src/document/shelved.ts';
import { createVersions, findVersion } from '../../src/document/versions.ts';
import { sha256 } from '../../src/model/digest.ts';
import type { SharedState } from '../../src/model/shared-state.ts';
import { memoryState } from '../../src/state/memory.ts';
import { forget } from '../../src/trust/freshness/forget.ts';
import { rejectedWith } from '../thrown.ts';
import { publicPem } from '../trust/authority/keys.ts';
import {
  codes,
  type SharedWorld,
  type ShelfWorld,
  sharedWorld,
  shelfOver,
  shelfWith,
  type TrustedWorld,
  trustedWorld,
  type WorldParts,
} from './shelf-world.ts';
import { timetable } from './timetable.ts';
import { bundlesBy, signed, type Written, written } from './written.ts';

type Shown = ActiveDocument<Written> | IdleDocument<Written>;

const HOUR = 3_600_000;
const NOON = Date.parse('2026-11-21T12:00:00Z');
const V1 = written({ version: 1, things: ['a'] });
const V2 = written({ version: 2, things: ['a'] });

function active(shown: Shown): ActiveDocument<Written> {
  assert.ok(!('state' in shown), 'state' in shown ? `${shown.state}: ${shown.message}` : '');
  return shown;
}

function idle(
  shown: Shown,
  state: IdleDocument<Written>['state'],
  ...failed: readonly string[]
): IdleDocument<Written> {
  assert.ok('state' in shown, 'it counts');
  assert.deepEqual([shown.state, ...codes(shown)], [state, ...failed]);
  return shown;
}

describe('documents on a shelf', () => {
  const worlds: TrustedWorld[] = [];
  const shelves: ShelfWorld[] = [];
  let shared: SharedWorld;

  before(async () => {
    shared = await sharedWorld();
  });
  after(() => shared.close());

  afterEach(async () => {
    for (const { shelf } of shelves.splice(0)) await shelf.close();
    for (const world of worlds.splice(0)) await world.close();
    await shared.renew();
  });

  /** A world of its own where a test asks for another one than the others. */
  async function begin(parts?: WorldParts, options: Parameters<typeof shelfOver>[1] = {}) {
    const world = parts === undefined ? shared : await trustedWorld(parts);
    if (parts !== undefined) worlds.push(world);
    return { ...world, ...again(world, options) };
  }

  /** Another shelf over the same trust and store, as after a restart. */
  function again(world: TrustedWorld, options: Parameters<typeof shelfOver>[1] = {}): ShelfWorld {
    const shelf = shelfOver(world, options);
    shelves.push(shelf);
    return shelf;
  }

  it('count once their signatures do and it is recorded, with what stands beside the record', async () => {
    const { shelf, records, time } = await begin();
    const pair = signed('a.json', V1, 'p256');
    const document = active(await shelf.offer(pair));
    assert.equal(document.digest, sha256(V1));
    assert.deepEqual([document.source, document.header.id, document.content.things], ['a.json', 'tools', ['a']]);
    assert.equal(document.since, time.now());
    const standing = shelf.standing(document, time.now());
    assert.ok(standing.counts);
    assert.deepEqual(
      standing.signatures.by.map(({ authority }) => authority),
      ['board'],
    );
    assert.equal(shelf.standing(document, time.now()), standing, 'nothing is made anew while nothing changes');
    assert.deepEqual(shelf.active(), [document]);
    assert.deepEqual(shelf.idle(), []);
    const [record, ...more] = records;
    assert.deepEqual(more, []);
    assert.deepEqual(
      { ...record, bytes: undefined, bundles: undefined },
      {
        type: 'activated',
        kind: 'catalogue',
        id: 'tools',
        version: 1,
        digest: sha256(V1),
        source: 'a.json',
        failed: [],
        message: 'version 1 of catalogue tools (a.json) counts from now on',
        signatures: standing.signatures,
        alarm: false,
        bytes: undefined,
        bundles: undefined,
      },
    );
    assert.deepEqual(Buffer.from(record?.bytes ?? []), V1);
    assert.deepEqual(record?.bundles, pair.bundles);
  });

  it('are not offered twice by the same bytes and bundles', async () => {
    const { shelf, told } = await begin();
    const pair = signed('a.json', V1, 'p256');
    const first = await shelf.offer(pair);
    assert.equal(await shelf.offer({ ...pair, bytes: Buffer.from(V1) }), first);
    const bad = { ...pair, bundles: [] };
    const refused = await shelf.offer(bad);
    assert.equal(await shelf.offer(bad), refused);
    assert.deepEqual(told(), ['activated tools 1', 'refused tools 1 rule_not_met unsigned']);
  });

  for (const [what, make, failed, alarm] of [
    ['no JSON', () => signed('a.json', Buffer.from('{'), 'p256'), ['document_invalid'], false],
    ['of another kind', () => signed('a.json', written({ type: 'tool' }), 'p256'), ['document_invalid'], false],
    ['without a bundle', () => signed('a.json', V1), ['rule_not_met', 'unsigned'], false],
    [
      'changed by a byte',
      () => ({ source: 'a.json', bytes: written({ version: 1, things: ['b'] }), bundles: bundlesBy(V1, 'p256') }),
      ['rule_not_met', 'digest_mismatch', 'digest_mismatch'],
      true,
    ],
    ['by a stranger', () => signed('a.json', V1, 'ed25519'), ['rule_not_met', 'key_unknown', 'key_unknown'], true],
    [
      'expired',
      () => signed('a.json', written({ issued: NOON - 2 * HOUR, expires: NOON - HOUR }), 'p256'),
      ['document_expired'],
      false,
    ],
    [
      'issued in the future',
      () => signed('a.json', written({ issued: NOON + 20 * HOUR }), 'p256'),
      ['document_not_yet_valid'],
      false,
    ],
  ] as const) {
    it(`are refused, and recorded so, when they are ${what}`, async () => {
      const { shelf, records, rest } = await begin();
      const refused = idle(await shelf.offer(make()), 'refused', ...failed);
      await rest();
      assert.deepEqual(shelf.active(), []);
      assert.deepEqual(shelf.idle(), [refused]);
      assert.equal(records.length, 1);
      assert.deepEqual([records[0]?.type, records[0]?.alarm, records[0]?.message], ['refused', alarm, refused.message]);
      assert.equal(refused.parsed !== undefined, failed[0] !== 'document_invalid');
    });
  }

  it('that could not be read are refused with the reason, and what counts stays', async () => {
    const { shelf, counting } = await begin();
    const first = active(await shelf.offer(signed('a.json', V1, 'p256')));
    const problem = await rejectedWith('document.shelf_closed', closedOffer());
    const refused = idle(
      await shelf.offer({ source: 'a.json', bytes: new Uint8Array(), bundles: [], problem }),
      'refused',
      'document_invalid',
    );
    assert.equal(refused.message, problem.message);
    assert.deepEqual(shelf.active(), [first]);
    assert.deepEqual(counting(), ['tools 1']);
  });

  async function closedOffer(): Promise<unknown> {
    const { shelf } = shelfWith({}, timetable());
    await shelf.close();
    return shelf.offer(signed('a.json', V1));
  }

  it('stay while a new version fails, give way to one that does not, and come back never', async () => {
    const world = await begin();
    const { shelf, told, counting, rest, time } = world;
    const first = active(await shelf.offer(signed('a.json', V1, 'p256')));
    const failing = { ...signed('a.json', V2, 'p256'), bundles: bundlesBy(V1, 'p256') };
    idle(await shelf.offer(failing), 'refused', 'rule_not_met', 'digest_mismatch', 'digest_mismatch');
    assert.deepEqual(shelf.active(), [first]);
    assert.equal(shelf.standing(first, time.now()).counts, true);
    const second = active(await shelf.offer(signed('a.json', V2, 'p256')));
    assert.deepEqual([shelf.active(), shelf.idle()], [[second], []]);
    assert.deepEqual(shelf.standing(first, time.now()), { counts: false, failed: [{ code: 'document_superseded' }] });
    const back = idle(await shelf.offer(signed('a.json', V1, 'p256')), 'refused', 'version_rolled_back');
    assert.match(back.message, /version 1 of catalogue tools is older than version 2/);
    assert.deepEqual(counting(), ['tools 2']);
    assert.equal(world.trust.state().documents, 2, 'what is offered no more is not held');
    await rest();
    assert.deepEqual(told(), [
      'activated tools 1',
      'refused tools 2 rule_not_met digest_mismatch digest_mismatch',
      'activated tools 2',
      'refused tools 1 version_rolled_back',
    ]);
    assert.deepEqual(
      world.records.map(({ alarm }) => alarm),
      [false, true, false, true],
    );
    assert.match(world.records[2]?.message ?? '', /in place of version 1$/);
  });

  it('are remembered by their highest version over restarts', async () => {
    const world = await begin();
    await world.shelf.offer(signed('a.json', V2, 'p256'));
    await world.shelf.close();
    const { shelf, told, rest } = again(world);
    idle(await shelf.offer(signed('a.json', V1, 'p256')), 'refused', 'version_rolled_back');
    const other = written({ version: 2, things: ['b'] });
    idle(await shelf.offer(signed('a.json', other, 'p256')), 'refused', 'version_reused');
    active(await shelf.offer(signed('a.json', V2, 'p256')));
    await rest();
    assert.deepEqual(told(), [
      'refused tools 1 version_rolled_back',
      'refused tools 2 version_reused',
      'activated tools 2',
    ]);
  });

  it('raise the version only when everything else passed', async () => {
    const { shelf, state, time } = await begin();
    const versions = createVersions(state, time.now);
    await shelf.offer(signed('other.json', written({ id: 'other', things: ['a'] }), 'p256'));
    await shelf.offer(signed('a.json', V2));
    await shelf.offer(signed('b.json', V2, 'p256'));
    assert.equal(await versions.accepted('catalogue', 'tools'), undefined, 'unsigned, and in conflict');
    assert.deepEqual((await versions.accepted('catalogue', 'other'))?.highest, {
      version: 1,
      digest: sha256(written({ id: 'other', things: ['a'] })),
      by: ['board'],
    });
  });

  it('leave no proofs under the name of a document whose version is older', async () => {
    const world = await begin({
      rules: [{ name: 'all', kinds: ['catalogue', 'plan'], authorities: ['board', 'guest'], at_least: 1 }],
    });
    await world.shelf.offer(signed('a.json', V2, 'p256'));
    // Two signers: remembered of the name, it would make one signer a downgrade.
    idle(await world.shelf.offer(signed('b.json', V1, 'p256', 'another')), 'refused', 'version_rolled_back');
    await world.shelf.close();
    const { shelf } = again(world);
    active(await shelf.offer(signed('a.json', V2, 'p256')));
  });

  it('are withdrawn at once when the key is revoked, with an alarm, and count again when that is taken back', async () => {
    const world = await begin();
    const { shelf, told, rest, time } = world;
    const document = active(await shelf.offer(signed('a.json', V1, 'p256')));
    await world.revoke('p256');
    const standing = shelf.standing(document, time.now());
    assert.ok(!standing.counts && codes(standing).includes('revoked_key'));
    await rest();
    assert.deepEqual(shelf.active(), []);
    assert.deepEqual(codes(shelf.idle()[0] ?? assert.fail()), ['rule_not_met', 'revoked_key', 'key_unknown']);
    assert.deepEqual(codes(shelf.standing(document, time.now())), ['rule_not_met', 'revoked_key', 'key_unknown']);
    await world.revoke();
    await rest();
    const [back] = shelf.active();
    assert.ok(back !== undefined && shelf.standing(back, time.now()).counts);
    assert.deepEqual(told(), [
      'activated tools 1',
      'withdrawn tools 1 rule_not_met revoked_key key_unknown',
      'activated tools 1',
    ]);
    assert.equal(world.records[1]?.alarm, true);
  });

  it('count no longer at the very next question, whatever the shelf is busy with', async () => {
    let hang: (() => void) | undefined;
    const hung = new Promise<void>((resolve) => {
      hang = resolve;
    });
    let begun: (() => void) | undefined;
    const recording = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const world = await begin(undefined, {
      record: async ({ id }) => {
        if (id !== 'slow') return;
        begun?.();
        await hung;
      },
    });
    const { shelf, time, rest } = world;
    const document = active(await shelf.offer(signed('a.json', V1, 'p256')));
    const slow = shelf.offer(signed('b.json', written({ id: 'slow' }), 'another'));
    await recording;
    await world.revoke('p256');
    assert.deepEqual(shelf.active(), [document], 'nobody could withdraw it yet');
    assert.deepEqual(codes(shelf.standing(document, time.now())), ['rule_not_met', 'revoked_key', 'key_unknown']);
    hang?.();
    active(await slow);
    await rest();
    assert.deepEqual(
      shelf.active().map(({ header }) => header.id),
      ['slow'],
    );
  });

  it('come back where a newer version at their source does not count', async () => {
    const world = await begin();
    const { shelf, counting, rest } = world;
    await shelf.offer(signed('a.json', V1, 'p256'));
    await shelf.offer(signed('a.json', V2));
    await world.revoke('p256');
    await rest();
    assert.deepEqual(counting(), []);
    assert.deepEqual(
      shelf
        .idle()
        .map(({ state }) => state)
        .sort(),
      ['refused', 'withdrawn'],
    );
    await world.revoke();
    await rest();
    assert.deepEqual(counting(), ['tools 1']);
    assert.deepEqual(
      shelf.idle().map(({ state }) => state),
      ['refused'],
    );
  });

  it('that were revoked when they came count once they no longer are', async () => {
    const world = await begin();
    await world.revoke('p256');
    idle(
      await world.shelf.offer(signed('a.json', V1, 'p256')),
      'refused',
      'rule_not_met',
      'revoked_key',
      'key_unknown',
    );
    await world.revoke();
    await world.rest();
    assert.deepEqual(world.counting(), ['tools 1']);
  });

  it('expire by the time of the decision, and a timer records it', async () => {
    const { shelf, told, rest, time, trust } = await begin();
    const document = active(
      await shelf.offer(signed('a.json', written({ expires: time.now() + 60 * 24 * HOUR }), 'p256')),
    );
    assert.equal(shelf.standing(document, document.header.expires - 1).counts, true);
    assert.deepEqual(codes(shelf.standing(document, document.header.expires)), ['document_expired']);
    assert.deepEqual(codes(shelf.standing(document, document.header.issued - 300_001)), ['document_not_yet_valid']);
    assert.equal(shelf.standing(document, document.header.issued - 300_000).counts, true);
    time.advance(60 * 24 * HOUR - 1);
    await rest();
    assert.equal(shelf.active().length, 1);
    time.advance(1);
    await rest();
    assert.deepEqual(told(), ['activated tools 1', 'withdrawn tools 1 document_expired']);
    assert.deepEqual([shelf.active().length, shelf.idle()[0]?.state], [0, 'withdrawn']);
    assert.equal(trust.state().documents, 0, 'nobody verifies it any more');
    assert.deepEqual(codes(shelf.standing(document, time.now())), ['document_expired']);
  });

  it('that are issued in the future count when that has come', async () => {
    const { shelf, counting, rest, time } = await begin();
    const bytes = written({ issued: time.now() + HOUR });
    idle(await shelf.offer(signed('a.json', bytes, 'p256')), 'refused', 'document_not_yet_valid');
    time.advance(HOUR - 300_001);
    await rest();
    assert.deepEqual(counting(), []);
    time.advance(1);
    await rest();
    assert.deepEqual(counting(), ['tools 1']);
  });

  it('are withdrawn when their key ends, without anybody asking', async () => {
    const ends = '2026-11-21T15:00:00Z';
    const world = await begin({
      authorities: {
        board: {
          keys: [{ pem: publicPem('p256'), valid_to: ends }],
          vouches_for: { catalogue: {}, plan: {} },
          scope: { servers: ['*'], tools: ['*'], plan_agents: ['*'] },
        },
      },
    });
    await world.shelf.offer(signed('a.json', V1, 'p256'));
    world.time.advance(Date.parse(ends) - world.time.now() - 1);
    await world.rest();
    assert.deepEqual(world.counting(), ['tools 1']);
    world.time.advance(1);
    await world.rest();
    assert.deepEqual([world.shelf.active(), world.shelf.idle()[0]?.state], [[], 'withdrawn']);
  });

  it('whose key is not valid yet count by and by', async () => {
    const { shelf, counting, rest, time } = await begin({
      authorities: {
        board: {
          keys: [{ pem: publicPem('p256'), valid_from: '2026-11-21T15:00:00Z' }],
          vouches_for: { catalogue: {}, plan: {} },
          scope: { servers: ['*'], tools: ['*'], plan_agents: ['*'] },
        },
      },
    });
    const shown = await shelf.offer(signed('a.json', V1, 'p256'));
    assert.ok(codes(shown).includes('key_not_yet_valid'));
    for (let minute = 0; minute < 62; minute += 1) {
      time.advance(60_000);
      await rest();
    }
    assert.deepEqual(counting(), ['tools 1']);
  });

  it('go with their source, without an alarm', async () => {
    const { shelf, told, records, rest, time, trust } = await begin();
    const document = active(await shelf.offer(signed('a.json', V1, 'p256')));
    await shelf.offer(signed('b.json', V2));
    await shelf.retract('a.json');
    await shelf.retract('b.json');
    assert.deepEqual([shelf.active(), shelf.idle(), trust.state().documents], [[], [], 0]);
    assert.deepEqual(codes(shelf.standing(document, time.now())), ['document_removed']);
    await rest();
    assert.deepEqual(told(), [
      'activated tools 1',
      'refused tools 2 rule_not_met unsigned',
      'withdrawn tools 1 document_removed',
    ]);
    assert.equal(records[2]?.alarm, false);
  });

  it('are withdrawn where their source offers another document, and stay while that fails', async () => {
    const { shelf, told, counting } = await begin();
    const other = written({ id: 'other', things: ['a'] });
    await shelf.offer(signed('a.json', V1, 'p256'));
    await shelf.offer(signed('a.json', other));
    assert.deepEqual(counting(), ['tools 1']);
    active(await shelf.offer(signed('a.json', other, 'p256')));
    assert.deepEqual(counting(), ['other 1']);
    assert.deepEqual(told().slice(-2), ['activated other 1', 'withdrawn tools 1 document_removed']);
  });

  it('count by each of several sources that hold the same, until the last is gone', async () => {
    const world = await begin();
    const { shelf, counting, rest, time } = world;
    const [a, b] = [signed('a.json', V1, 'p256'), signed('b.json', V1, 'another')];
    const document = active(await shelf.offer(a));
    assert.equal(await shelf.offer(b), document, 'it is one document');
    assert.equal(shelf.active().length, 1);
    await world.revoke('p256');
    const standing = shelf.standing(document, time.now());
    assert.ok(standing.counts);
    assert.deepEqual(
      standing.signatures.by.map(({ authority }) => authority),
      ['guest'],
    );
    await rest();
    assert.deepEqual([shelf.active()[0]?.source, shelf.idle()[0]?.source], ['b.json', 'a.json']);
    assert.equal(shelf.standing(document, time.now()).counts, true, 'also for whoever holds the one from before');
    assert.match(world.records.at(-1)?.message ?? '', /counts on as version 1 of catalogue tools \(b\.json\)/);
    await shelf.retract('b.json');
    assert.deepEqual(counting(), []);
    await world.revoke();
    await rest();
    assert.deepEqual(counting(), ['tools 1']);
  });

  it('signed anew count by the new signatures, which are recorded', async () => {
    const world = await begin();
    const { shelf, rest } = world;
    await shelf.offer(signed('a.json', V1, 'p256'));
    const document = active(await shelf.offer(signed('a.json', V1, 'another')));
    assert.equal(shelf.active()[0], document);
    assert.equal(world.trust.state().documents, 1);
    await world.revoke('p256');
    await rest();
    assert.deepEqual(world.told(), ['activated tools 1', 'activated tools 1']);
    assert.deepEqual(
      world.records[1]?.signatures?.by.map(({ authority }) => authority),
      ['guest'],
    );
  });

  it('are superseded by a higher version from elsewhere, and do not come back with its end', async () => {
    const { shelf, told, counting, rest } = await begin();
    await shelf.offer(signed('a.json', V1, 'p256'));
    await shelf.offer(signed('b.json', V2, 'p256'));
    assert.deepEqual(counting(), ['tools 2']);
    idle(shelf.idle()[0] ?? assert.fail(), 'superseded', 'document_superseded');
    await shelf.retract('b.json');
    await rest();
    assert.deepEqual(counting(), []);
    idle(shelf.idle()[0] ?? assert.fail(), 'superseded', 'document_superseded');
    assert.deepEqual(told(), ['activated tools 1', 'activated tools 2', 'withdrawn tools 2 document_removed']);
  });

  it('may be put back once an operator had the version forgotten', async () => {
    const world = await begin();
    const { shelf, counting, rest, state, time } = world;
    await shelf.offer(signed('a.json', V2, 'p256'));
    idle(await shelf.offer(signed('a.json', V1, 'p256')), 'refused', 'version_rolled_back');
    assert.equal(await forget(state, (await findVersion(state, 'catalogue', 'tools')) ?? assert.fail()), true);
    time.advance(5_000);
    await rest();
    assert.deepEqual(counting(), ['tools 1']);
  });

  it('in conflict with one that counts are refused, until that is gone', async () => {
    const { shelf, records, told, counting, rest } = await begin();
    await shelf.offer(signed('a.json', V1, 'p256'));
    const other = written({ id: 'other', things: ['a'] });
    const refused = idle(await shelf.offer(signed('b.json', other, 'p256')), 'refused', 'collision');
    assert.equal(refused.message, 'b.json holds what a.json holds');
    await shelf.retract('a.json');
    await rest();
    assert.deepEqual(counting(), ['other 1']);
    assert.deepEqual(told(), [
      'activated tools 1',
      'refused other 1 collision',
      'withdrawn tools 1 document_removed',
      'activated other 1',
    ]);
    assert.equal(records[1]?.alarm, true);
  });

  it('do not stand in conflict with the version that they take the place of', async () => {
    const { shelf, counting } = await begin();
    await shelf.offer(signed('a.json', V1, 'p256'));
    active(await shelf.offer(signed('b.json', V2, 'p256')));
    assert.deepEqual(counting(), ['tools 2']);
  });

  it('are refused by a comparison that breaks off', async () => {
    const { shelf, failures } = await begin(undefined, {
      conflict: () => {
        throw new TypeError('no');
      },
    });
    idle(await shelf.offer(signed('a.json', V1, 'p256')), 'refused', 'document_invalid');
    assert.equal(failures.length, 1);
  });

  it('do not count while that cannot be recorded, and the version before stays', async () => {
    const { shelf, log, told, counting, rest, time, failures } = await begin();
    await shelf.offer(signed('a.json', V1, 'p256'));
    log.broken = true;
    idle(await shelf.offer(signed('a.json', V2, 'p256')), 'refused', 'record_failed');
    assert.deepEqual(counting(), ['tools 1']);
    assert.ok(failures.length > 0);
    log.broken = false;
    time.advance(5_000);
    await rest();
    assert.deepEqual(counting(), ['tools 2']);
    assert.deepEqual(told(), ['activated tools 1', 'refused tools 2 record_failed', 'activated tools 2']);
  });

  it('are withdrawn though that cannot be recorded, which is made up for in order', async () => {
    const { shelf, log, told, counting, rest, time } = await begin();
    await shelf.offer(signed('a.json', V1, 'p256'));
    log.broken = true;
    await shelf.retract('a.json');
    assert.deepEqual(counting(), []);
    idle(await shelf.offer(signed('a.json', V1, 'p256')), 'refused', 'record_failed');
    log.broken = false;
    time.advance(10_000);
    await rest();
    assert.deepEqual(counting(), ['tools 1']);
    assert.deepEqual(told(), [
      'activated tools 1',
      'withdrawn tools 1 document_removed',
      'refused tools 1 record_failed',
      'activated tools 1',
    ]);
  });

  it('are refused while the store of versions is away, and taken when it is back', async () => {
    let broken = false;
    const memory = memoryState({ max_entries: 1000, max_bytes: 1_000_000 });
    const state: SharedState = {
      ...memory,
      read: (key) => (broken && key.startsWith('document/') ? Promise.reject(new Error('gone')) : memory.read(key)),
    };
    const { shelf, counting, rest, time } = await begin({ state });
    broken = true;
    const refused = idle(await shelf.offer(signed('a.json', V1, 'p256')), 'refused', 'state_unavailable');
    assert.match(refused.message, /look at the store/);
    for (let round = 0; round < 3; round += 1) {
      time.advance(5_000 << round);
      await rest();
    }
    assert.deepEqual(shelf.idle(), [refused], 'nothing is said anew');
    broken = false;
    time.advance(60_000);
    await rest();
    assert.deepEqual(counting(), ['tools 1']);
  });

  it('of which half has come have two seconds before a refusal is recorded', async () => {
    const { shelf, told, counting, rest, time } = await begin();
    await shelf.offer(signed('a.json', V1, 'p256'));
    const mismatch = { source: 'a.json', bytes: V2, bundles: bundlesBy(V1, 'p256'), half: true };
    idle(await shelf.offer(mismatch), 'refused', 'rule_not_met', 'digest_mismatch', 'digest_mismatch');
    await rest();
    assert.deepEqual(told(), ['activated tools 1']);
    time.advance(1_999);
    active(await shelf.offer({ ...signed('a.json', V2, 'p256'), half: true }));
    time.advance(60_000);
    await rest();
    assert.deepEqual(told(), ['activated tools 1', 'activated tools 2']);
    const again = { ...mismatch, bytes: written({ version: 3 }) };
    await shelf.offer(again);
    time.advance(1_000);
    // Another half within the time does not begin it anew.
    await shelf.offer({ ...mismatch, bytes: written({ version: 4 }) });
    time.advance(1_000);
    await rest();
    assert.deepEqual(told().slice(2), ['refused tools 4 rule_not_met digest_mismatch digest_mismatch']);
    assert.deepEqual(counting(), ['tools 2']);
  });

  it('are told of to whoever listens, once for many', async () => {
    const { shelf, rest } = await begin();
    let told = 0;
    const end = shelf.onChange(() => {
      told += 1;
    });
    await shelf.offer(signed('a.json', V1, 'p256'));
    assert.equal(told, 1);
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        shelf.offer(signed(`${index}.json`, written({ id: `${index}`, things: [`${index}`] }), 'p256')),
      ),
    );
    assert.ok(told <= 3, `${told}`);
    assert.equal(shelf.active().length, 21);
    end();
    await shelf.retract('a.json');
    await rest();
    assert.ok(told <= 3);
  });

  it('have another number of their own once one that counted counts no longer or otherwise, and not before', async () => {
    const world = await begin();
    const { shelf, rest } = world;
    let told = 0;
    shelf.onChange(() => {
      told += 1;
    });
    async function moves(act: () => Promise<unknown>): Promise<boolean> {
      const [before, heard] = [shelf.generation(), told];
      await act();
      world.time.advance(1_000);
      await rest();
      assert.ok(told > heard, 'whoever listens is told of all of it');
      return shelf.generation() !== before;
    }
    const c = written({ id: 'c', things: ['c'] });
    for (const [what, expected, act] of [
      ['one that is new', false, () => shelf.offer(signed('a.json', V1, 'p256'))],
      ['another one', false, () => shelf.offer(signed('c.json', c, 'p256'))],
      ['the same elsewhere', false, () => shelf.offer(signed('b.json', V1, 'another'))],
      ['a copy that goes', false, () => shelf.retract('b.json')],
      ['and comes again', false, () => shelf.offer(signed('b.json', V1, 'another'))],
      ['one that is refused', false, () => shelf.offer(signed('d.json', written({ id: 'd' })))],
      ['another at its source', false, () => shelf.offer(signed('d.json', written({ id: 'e' })))],
      ['a version that is refused', false, () => shelf.offer(signed('c.json', written({ id: 'c', version: 2 })))],
      ['the end of one that was refused', false, () => shelf.retract('d.json')],
      ['what counts otherwise', true, () => shelf.retract('a.json')],
      ['a later version', true, () => shelf.offer(signed('b.json', V2, 'another', 'p256'))],
      ['a revoked key', true, () => world.revoke('p256')],
      ['its end', false, () => world.revoke()],
      ['one that is removed', true, () => shelf.retract('c.json')],
    ] as const) {
      assert.equal(await moves(act), expected, what);
    }
  });

  describe('of one id and several signers', () => {
    const accepted = async ({ state, time }: TrustedWorld) =>
      (await createVersions(state, time.now).accepted('catalogue', 'tools'))?.highest;

    it('stay those of whoever signed them before', async () => {
      const world = await begin();
      const { shelf, counting, records, time } = world;
      const first = active(await shelf.offer(signed('a.json', V1, 'p256')));
      const theirs = written({ version: 9, things: ['b'] });
      const refused = idle(await shelf.offer(signed('b.json', theirs, 'another')), 'refused', 'another_signer');
      assert.match(refused.message, /version 9 of catalogue tools.*guest.*version 1.*board.*trust forget/);
      assert.deepEqual([records.at(-1)?.type, records.at(-1)?.alarm], ['refused', true]);
      assert.equal(shelf.standing(first, time.now()).counts, true);
      assert.deepEqual(await accepted(world), { version: 1, digest: sha256(V1), by: ['board'] });
      idle(await shelf.offer(signed('a.json', theirs, 'another')), 'refused', 'another_signer');
      assert.deepEqual(counting(), ['tools 1']);
      active(await shelf.offer(signed('a.json', V2, 'p256')));
      assert.deepEqual(counting(), ['tools 2']);
    });

    it('stay so while none of them counts, after a restart as well', async () => {
      const world = await begin();
      await world.shelf.offer(signed('a.json', V1, 'p256'));
      await world.shelf.retract('a.json');
      idle(await world.shelf.offer(signed('b.json', V2, 'another')), 'refused', 'another_signer');
      await world.shelf.close();
      const { shelf } = again(world);
      idle(await shelf.offer(signed('b.json', V2, 'another')), 'refused', 'another_signer');
      active(await shelf.offer(signed('c.json', V2, 'p256', 'another')));
    });

    it('are those of all who have signed a version', async () => {
      const world = await begin();
      const { shelf } = world;
      await shelf.offer(signed('a.json', V1, 'p256'));
      active(await shelf.offer(signed('a.json', V2, 'another', 'p256')));
      assert.deepEqual((await accepted(world))?.by, ['board', 'guest']);
      const alone = await shelf.offer(signed('a.json', written({ version: 3 }), 'another'));
      assert.ok(codes(alone).includes('downgraded'), 'one signer is less than two, which is another matter');
    });

    it('do not pass on by a signature that came later to the same bytes', async () => {
      const world = await begin();
      const { shelf } = world;
      await shelf.offer(signed('a.json', V1, 'p256'));
      active(await shelf.offer(signed('b.json', V1, 'another')));
      assert.deepEqual((await accepted(world))?.by, ['board']);
      idle(await shelf.offer(signed('b.json', V2, 'another')), 'refused', 'another_signer');
      active(await shelf.offer(signed('a.json', written({ version: 3 }), 'p256')));
    });

    it('leave no proofs under the id where they are not taken', async () => {
      const world = await begin({
        authorities: {
          third: {
            keys: [{ pem: publicPem('ed25519') }],
            vouches_for: { catalogue: {}, plan: {} },
            scope: { servers: ['*'], tools: ['*'], plan_agents: ['*'] },
          },
        },
        rules: [{ name: 'all', kinds: ['catalogue', 'plan'], authorities: ['board', 'guest', 'third'], at_least: 1 }],
      });
      for (const { shelf } of [again(world, shelfWithoutVersions(world)), world]) {
        await shelf.offer(signed('a.json', V1, 'p256'));
        // Two signers: remembered of the id, they would make one signer a downgrade.
        idle(await shelf.offer(signed('b.json', V2, 'another', 'ed25519')), 'refused', 'another_signer');
        active(await shelf.offer(signed('a.json', written({ version: 3 }), 'p256')));
      }
    });

    it('pass on once an operator had the version forgotten', async () => {
      const world = await begin();
      const { shelf, state, time, rest, counting } = world;
      await shelf.offer(signed('a.json', V1, 'p256'));
      idle(await shelf.offer(signed('a.json', V2, 'another')), 'refused', 'another_signer');
      const found = (await findVersion(state, 'catalogue', 'tools')) ?? assert.fail();
      assert.equal(await forget(state, found), true);
      time.advance(60_000);
      await rest();
      assert.deepEqual(counting(), ['tools 2']);
      assert.deepEqual((await accepted(world))?.by, ['guest']);
    });

    it('wait for the end of one that counts elsewhere, whatever is remembered', async () => {
      const world = await begin();
      const { shelf, rest, counting } = again(world, shelfWithoutVersions(world));
      await shelf.offer(signed('a.json', V1, 'p256'));
      const refused = idle(await shelf.offer(signed('b.json', V2, 'another')), 'refused', 'another_signer');
      assert.match(refused.message, /guest.*board/);
      await shelf.retract('a.json');
      await rest();
      assert.deepEqual(counting(), ['tools 2']);
    });
  });

  /** Nothing was ever accepted, whatever was. */
  function shelfWithoutVersions({ time }: TrustedWorld) {
    const forgetful = () => createVersions(memoryState({ max_entries: 10, max_bytes: 10_000 }), time.now);
    return {
      versions: {
        accepted: async () => undefined,
        check: (...asked: Parameters<ReturnType<typeof forgetful>['check']>) => forgetful().check(...asked),
        raise: (...asked: Parameters<ReturnType<typeof forgetful>['raise']>) => forgetful().raise(...asked),
      },
    };
  }

  it('that broke off before their turn came are answered for in it', async () => {
    const { promise: hung, resolve: go } = Promise.withResolvers<void>();
    const failure = new Error('it broke off');
    const { trust, time } = await begin();
    const made = shelfWith(
      {
        trust,
        versions: {
          accepted: async () => undefined,
          check: ({ id }) => (id === 'broken' ? Promise.reject(failure) : Promise.resolve(undefined)),
          raise: async () => undefined,
        },
        record: () => hung,
      },
      time,
    );
    shelves.push(made);
    const first = made.shelf.offer(signed('a.json', V1, 'p256'));
    const second = assert.rejects(made.shelf.offer(signed('b.json', written({ id: 'broken' }), 'p256')), failure);
    const unhandled: unknown[] = [];
    const hear = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', hear);
    for (let turn = 0; turn < 20; turn += 1) await new Promise<void>((wake) => setImmediate(wake));
    process.off('unhandledRejection', hear);
    go();
    active(await first);
    await second;
    assert.deepEqual(unhandled, [], 'the process would end');
  });

  it('give out lists that do not change', async () => {
    const { shelf } = await begin();
    await shelf.offer(signed('a.json', V1, 'p256'));
    const [before, idleBefore] = [shelf.active(), shelf.idle()];
    await shelf.offer(signed('b.json', written({ id: 'b' }), 'p256'));
    await shelf.offer(signed('c.json', written({ id: 'c' })));
    assert.deepEqual([before.length, idleBefore.length, shelf.active().length, shelf.idle().length], [1, 0, 2, 1]);
    await shelf.retract('a.json');
    assert.deepEqual([before.length, shelf.active().map(({ source }) => source)], [1, ['b.json']]);
  });

  it('say since when they are known, for whoever orders them', async () => {
    const { shelf, time } = await begin();
    const began = time.now();
    await shelf.offer(signed('a.json', V1, 'p256'));
    time.advance(HOUR);
    await shelf.offer(signed('a.json', V2, 'p256'));
    assert.equal(await shelf.acceptedSince(signed('elsewhere.json', V1)), began);
    assert.equal(await shelf.acceptedSince(signed('a.json', written({ id: 'new' }))), undefined);
    assert.equal(await shelf.acceptedSince(signed('a.json', Buffer.from('{'))), undefined);
  });

  it('end with what is under way recorded, and no timer left', async () => {
    const { shelf, told, log, time, trust } = await begin();
    await shelf.offer(signed('a.json', V1, 'p256'));
    log.broken = true;
    await shelf.retract('a.json');
    await shelf.offer({ ...signed('b.json', V1), half: true });
    const late = shelf.offer(signed('c.json', V2, 'p256'));
    log.broken = false;
    await shelf.close();
    active(await late);
    assert.deepEqual(told(), [
      'activated tools 1',
      'withdrawn tools 1 document_removed',
      'refused tools 1 rule_not_met unsigned',
      'activated tools 2',
    ]);
    assert.equal(trust.state().documents, 0);
    assert.deepEqual(
      time.waiting().filter((delay) => delay <= 60_000 && delay !== 5_000),
      [],
    );
    await rejectedWith('document.shelf_closed', shelf.offer(signed('a.json', V1, 'p256')));
    await rejectedWith('document.shelf_closed', shelf.retract('a.json'));
  });

  it('do not wait for a record that hangs longer than five seconds', async () => {
    const time = timetable();
    const { shelf } = shelfWith({ record: () => new Promise(() => undefined) }, time);
    void shelf.offer(signed('a.json', V1));
    const closing = shelf.close();
    time.advance(5_000);
    await closing;
  });

  describe('without trust', () => {
    it('count unsigned, say so, and are not remembered', async () => {
      const time = timetable();
      const { shelf, told } = shelfWith({}, time);
      const document = active(await shelf.offer(signed('a.json', V2)));
      assert.deepEqual(shelf.standing(document, time.now()), {
        counts: true,
        signatures: { verified: false, by: [], failed: [{ code: 'no_trust_configured' }] },
      });
      assert.equal('handle' in document, false);
      active(await shelf.offer(signed('a.json', V1)));
      active(await shelf.offer(signed('a.json', written({ version: 1, things: ['b'] }))));
      assert.deepEqual(told(), ['activated tools 2', 'activated tools 1', 'activated tools 1']);
      await shelf.close();
    });

    it('of one id count from one source alone, the highest version', async () => {
      const time = timetable();
      const { shelf, counting, rest } = shelfWith({}, time);
      await shelf.offer(signed('a.json', V1));
      idle(await shelf.offer(signed('b.json', written({ version: 1, things: ['c'] }))), 'refused', 'document_twice');
      active(await shelf.offer(signed('c.json', V2)));
      await shelf.retract('c.json');
      await rest();
      assert.deepEqual(counting(), ['tools 1'], 'one that was superseded counts again');
      await shelf.close();
    });

    it('that have expired are not tried again', async () => {
      const time = timetable();
      const { shelf, rest } = shelfWith({}, time);
      idle(
        await shelf.offer(signed('a.json', written({ issued: NOON - 2 * HOUR, expires: NOON - HOUR }))),
        'refused',
        'document_expired',
      );
      active(await shelf.offer(signed('b.json', written({ id: 'b', expires: time.now() + 60_000 }))));
      time.advance(60_000);
      await rest();
      assert.deepEqual(
        shelf.idle().map(({ state }) => state),
        ['refused', 'withdrawn'],
      );
      assert.deepEqual(time.waiting(), []);
      await shelf.close();
    });

    it('that were handed in are not told where the files of others lie', async () => {
      const { shelf, records } = shelfWith({}, timetable());
      const [one, other] = ['/etc/plans/deploy.json', 'submitted/1'];
      await shelf.offer(signed(one, written({ type: 'plan', version: 2 })));
      idle(await shelf.offer(signed(other, written({ type: 'plan', version: 1 }))), 'refused', 'document_twice');
      active(await shelf.offer(signed(other, written({ type: 'plan', version: 3 }))));
      idle(await shelf.offer(signed(one, written({ type: 'plan', version: 1 }))), 'refused', 'document_twice');
      active(await shelf.offer(signed(one, written({ type: 'plan', version: 4 }))));
      for (const { source, message } of [...records, ...shelf.idle()]) {
        assert.equal(message.includes('/etc/'), source === one, message);
      }
      assert.match(records.find(({ type }) => type === 'refused')?.message ?? '', /version 2 counts; keep one/);
      assert.match(
        records.filter(({ type }) => type === 'refused')[1]?.message ?? '',
        /version 3 counts from submitted/,
      );
      await shelf.close();
    });
  });
});
