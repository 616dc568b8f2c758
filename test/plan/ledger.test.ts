import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Schedule } from '../../src/durable/schedule.ts';
import { CodedError } from '../../src/errors.ts';
import { sha256 } from '../../src/model/digest.ts';
import type { SharedState } from '../../src/model/shared-state.ts';
import { CLEAR_AFTER_MS, createClearing } from '../../src/plan/ledger/clear.ts';
import { type Claim, createLedger, type LedgerPlan } from '../../src/plan/ledger/ledger.ts';
import { callDigest, callKey, MAX_OPEN, planKey } from '../../src/plan/ledger/stored.ts';
import { createUnsettled } from '../../src/plan/ledger/unsettled.ts';
import { memoryState } from '../../src/state/memory.ts';
import { rejectedWith } from '../thrown.ts';

const NOW = Date.parse('2026-11-25T12:00:00Z');
const BOUNDS = { max_entries: 10_000, max_bytes: 16 * 1024 * 1024 };
const LOG = { id: 'log-1', durableIndex: () => 7 };
const never: Schedule = () => () => undefined;

function planOf(runs: readonly number[], strict = false): LedgerPlan {
  return { hash: sha256(`plan ${runs} ${strict}`), runs, strict, expires: NOW + 1000 };
}

let ids = 0;
function claimOf(plan: LedgerPlan, step: number, call: string, more: Partial<Claim> = {}): Claim {
  ids += 1;
  const digest = callDigest({ issuer: 'i', id: 'c' }, 's', call);
  const times = { time: NOW, expires: NOW + 60_000 };
  return {
    plan,
    step,
    call: digest,
    binding: `binding of ${call}`,
    token: `token-${ids}`,
    id: `id-${ids}`,
    ...times,
    ...more,
  };
}

describe('the ledger of plans', () => {
  it('gives a single step to one of thousands that ask at once', async () => {
    const ledger = createLedger(memoryState(BOUNDS), LOG);
    const plan = planOf([1]);
    const claims = Array.from({ length: 5000 }, (_, index) => claimOf(plan, 0, `c${index}`));
    const won = await Promise.all(claims.map((claim) => ledger.claim(claim)));
    assert.equal(won.filter(Boolean).length, 1);
    const winner = claims[won.indexOf(true)];
    assert.ok(winner);
    await ledger.confirm(winner);
    const { plan: stored } = await ledger.look(plan, undefined);
    assert.deepEqual(stored, { until: plan.expires, spent: [1], last: [winner.id], open: [] });
  });

  it('gives a step as often as it may run, and what was given free once more', async () => {
    const ledger = createLedger(memoryState(BOUNDS), LOG);
    const plan = planOf([1, 3]);
    const claims = ['a', 'b', 'c', 'd'].map((call) => claimOf(plan, 1, call));
    const won = [];
    for (const claim of claims) won.push(await ledger.claim(claim));
    assert.deepEqual(won, [true, true, true, false]);
    const [first, , , fourth] = claims;
    assert.ok(first && fourth);
    await ledger.release(first, true);
    await ledger.release(first, true);
    assert.equal(await ledger.claim(fourth), true);
    assert.deepEqual((await ledger.look(plan, undefined)).plan.spent, [0, 3]);
  });

  it('lets a name stand for one call of one plan, until it is given free', async () => {
    const ledger = createLedger(memoryState(BOUNDS), LOG);
    const [one, other] = [planOf([1]), planOf([2])];
    const first = claimOf(one, 0, 'call');
    assert.equal(await ledger.claim(first), true);
    assert.equal((await ledger.look(one, first.call)).call, 'pending');
    const second = claimOf(other, 0, 'call');
    assert.equal(await ledger.claim(second), false);
    assert.deepEqual((await ledger.look(other, undefined)).plan.spent, [0], 'what it had reserved is free again');
    await ledger.release(first, true);
    assert.equal((await ledger.look(one, first.call)).call, undefined);
    assert.equal(await ledger.claim(second), true);
    await ledger.confirm(second);
    const { call } = await ledger.look(other, second.call);
    assert.ok(typeof call === 'object');
    assert.deepEqual(
      [call.id, call.plan, call.binding, call.state],
      [second.id, other.hash, 'binding of call', 'recorded'],
    );
  });

  it('keeps to a strict order: a step before must be recorded, a step behind must not be begun', async () => {
    const ledger = createLedger(memoryState(BOUNDS), LOG);
    const plan = planOf([2, 1, 1], true);
    const [first, again, second] = [claimOf(plan, 0, 'a'), claimOf(plan, 0, 'b'), claimOf(plan, 1, 'c')];
    assert.equal(await ledger.claim(second), false);
    assert.equal(await ledger.claim(first), true);
    assert.equal(await ledger.claim(second), false, 'nobody knows yet whether the first is recorded');
    await ledger.confirm(first);
    assert.equal(await ledger.claim(second), true);
    assert.equal(await ledger.claim(again), false, 'no way back');
    await ledger.release(second, true);
    assert.equal(await ledger.claim(again), true);
  });

  it('takes no more reservations than an entry of the store holds', async () => {
    const ledger = createLedger(memoryState(BOUNDS), LOG);
    const plan = planOf([1000]);
    for (let count = 0; count < MAX_OPEN; count += 1) {
      assert.equal(await ledger.claim(claimOf(plan, 0, `x${count}`)), true);
    }
    await rejectedWith('plan.busy', ledger.claim(claimOf(plan, 0, 'one more')));
  });

  it('refuses an entry that it did not write', async () => {
    const state = memoryState(BOUNDS);
    const ledger = createLedger(state, LOG);
    const torn = [
      '{}',
      'x',
      '{"v":1,"until":1,"spent":[0,0],"last":["",""],"open":[]}',
      '{"v":1,"until":1,"spent":[-1],"last":[""],"open":[]}',
      '{"v":1,"until":1,"spent":[0],"last":[""],"open":[{"id":"i","step":0,"call":"c","log":"l","from":0}]}',
      '{"v":1,"until":1,"spent":[0],"last":[""],"open":[],"more":1}',
    ];
    for (const [index, value] of torn.entries()) {
      const plan: LedgerPlan = { ...planOf([1]), hash: sha256(`torn ${index}`) };
      await state.compareAndSet(planKey(plan.hash), 0, value);
      await rejectedWith('plan.ledger_torn', ledger.look(plan, undefined));
      await rejectedWith('plan.ledger_torn', ledger.claim(claimOf(plan, 0, `t${index}`)));
    }
    const plan = planOf([1]);
    const claim = claimOf(plan, 0, 'torn call');
    await state.compareAndSet(callKey(claim.call), 0, '{"v":1}');
    await rejectedWith('plan.ledger_torn', ledger.look(plan, claim.call));
  });

  it('clears what ended more than a day ago by two looks, and nothing else', async () => {
    const state = memoryState(BOUNDS);
    const ledger = createLedger(state, LOG);
    const [past, present] = [planOf([1]), { ...planOf([2]), expires: NOW + CLEAR_AFTER_MS }];
    for (const plan of [past, present]) await ledger.claim(claimOf(plan, 0, plan.hash));
    await state.compareAndSet('trust/mark', 0, '{"until":1}');
    await state.compareAndSet('passing/torn', 0, '{"until":"x"}');
    let time = past.expires + CLEAR_AFTER_MS;
    const clear = createClearing(state, () => time);
    assert.deepEqual([await clear(), await clear()], [0, 0]);
    // A clock that is wrong for a moment.
    time += 1;
    assert.equal(await clear(), 0);
    time -= 1;
    assert.deepEqual([await clear(), await clear()], [0, 0]);
    time += 1;
    assert.deepEqual([await clear(), await clear(), await clear()], [0, 2, 0]);
    const left = [callKey(claimOf(present, 0, present.hash).call), planKey(present.hash), 'passing/torn', 'trust/mark'];
    assert.deepEqual([...(await state.list('', 10))].sort(), left.sort());
  });

  it('keeps one claim’s end from ending another one of the same decision', async () => {
    const ledger = createLedger(memoryState(BOUNDS), LOG);
    const plan = planOf([1]);
    const first = claimOf(plan, 0, 'call', { id: 'the decision' });
    const second = claimOf(plan, 0, 'call', { id: 'the decision' });
    assert.equal(await ledger.claim(first), true);
    await ledger.release(first, true);
    assert.equal(await ledger.claim(second), true);
    // The give-back of the first is tried again, since nobody heard that it had come through.
    await ledger.release(first, true);
    await ledger.release(first, false);
    assert.deepEqual((await ledger.look(plan, undefined)).plan.spent, [1]);
    assert.equal(await ledger.claim(claimOf(plan, 0, 'another')), false);
  });

  it('lets a claim that was given up come too late', async () => {
    const inner = memoryState(BOUNDS);
    const late: (() => Promise<boolean>)[] = [];
    const lost = new CodedError('state.unavailable', 'no answer');
    const losing: SharedState = {
      ...inner,
      compareAndSet: (...args) => {
        late.push(() => inner.compareAndSet(...args));
        return Promise.reject(lost);
      },
    };
    const plan = planOf([1]);
    const claim = claimOf(plan, 0, 'call');
    await rejectedWith('state.unavailable', createLedger(losing, LOG).claim(claim));
    const ledger = createLedger(inner, LOG);
    await ledger.release(claim, false);
    assert.deepEqual(await Promise.all(late.map((write) => write())), [false]);
    const { plan: stored } = await ledger.look(plan, claim.call);
    assert.deepEqual([stored.spent, stored.open], [[0], []]);
    assert.equal(await ledger.claim(claimOf(plan, 0, 'call')), true);
  });
});

/** A store that dies: at its n-th operation, before or after that took effect, and from then on. */
function mortal(state: SharedState, at: number, after: boolean): SharedState {
  let count = 0;
  let dead = false;
  const live = async <T>(run: () => Promise<T>): Promise<T> => {
    const dies = count === at;
    count += 1;
    if (dead || (dies && !after)) {
      dead = true;
      throw new CodedError('state.unavailable', 'the process is gone');
    }
    const result = await run();
    if (dies) {
      dead = true;
      throw new CodedError('state.unavailable', 'the process is gone');
    }
    return result;
  };
  return {
    kind: state.kind,
    read: (key) => live(() => state.read(key)),
    compareAndSet: (key, expected, value) => live(() => state.compareAndSet(key, expected, value)),
    remove: (key, expected) => live(() => state.remove(key, expected)),
    list: state.list,
    close: state.close,
  };
}

describe('what a process leaves that ended', () => {
  const plan = planOf([1]);

  /** The way of one permit, up to where its process ends: which ids have a record, and which were answered. */
  async function oneCall(state: SharedState, records: Set<string>, claim: Claim): Promise<boolean> {
    const ledger = createLedger(state, LOG);
    if (!(await ledger.claim(claim))) return false;
    records.add(claim.id);
    await ledger.confirm(claim);
    return true;
  }

  async function restarted(state: SharedState, records: ReadonlySet<string>) {
    const ledger = createLedger(state, LOG);
    const findPermits = async (wanted: ReadonlySet<string>, from: number) => {
      assert.equal(from, 7);
      return new Set([...wanted].filter((id) => records.has(id)));
    };
    const log = { ...LOG, findPermits };
    const unsettled = createUnsettled({
      state,
      ledger,
      log,
      schedule: never,
      onFailure: (error) => assert.fail(String(error)),
    });
    await unsettled.recover();
    return ledger;
  }

  it('is confirmed where its record is, and given free where it is not, wherever it ended', async () => {
    let ended = 0;
    for (const after of [false, true]) {
      for (let at = 0; ; at += 1) {
        const state = memoryState(BOUNDS);
        const records = new Set<string>();
        const claim = claimOf(plan, 0, 'the call');
        const lived = await oneCall(mortal(state, at, after), records, claim).catch(() => undefined);
        if (lived === true) break;
        ended += 1;
        // Before its owner is back nobody may take the step if it was spent.
        const stranger = createLedger(state, { ...LOG, id: 'another' });
        const early = claimOf(plan, 0, 'a stranger’s');
        if (await stranger.claim(early)) {
          assert.equal(records.size, 0, `died ${after ? 'after' : 'before'} operation ${at}`);
          await stranger.release(early, true);
        }
        const ledger = await restarted(state, records);
        const { plan: stored, call } = await ledger.look(plan, claim.call);
        assert.deepEqual([stored.spent, stored.open], [[records.size], []], `died at operation ${at}`);
        assert.equal(call !== undefined, records.size === 1);
        // The step is not lost for good: it is that of the record, or can be spent.
        assert.equal(await ledger.claim(claimOf(plan, 0, 'next')), records.size === 0);
      }
    }
    assert.ok(ended >= 12, String(ended));
  });

  it('is left alone by those whose log it is not', async () => {
    const state = memoryState(BOUNDS);
    await createLedger(state, { ...LOG, id: 'another' }).claim(claimOf(plan, 0, 'open'));
    const ledger = await restarted(state, new Set());
    assert.deepEqual((await ledger.look(plan, undefined)).plan.spent, [1]);
  });
});

describe('what could not be settled', () => {
  it('is not given free because it came while the log was asked about something else', async () => {
    const plan = planOf([1, 1]);
    const [first, second] = [claimOf(plan, 0, 'first'), claimOf(plan, 1, 'second')];
    const asked: string[][] = [];
    let answer = () => {};
    const { ledger, unsettled } = scene(async (wanted) => {
      asked.push([...wanted]);
      if (asked.length === 1) await new Promise<void>((resolve) => (answer = resolve));
      return new Set(wanted);
    });
    for (const claim of [first, second]) await ledger.claim(claim);
    void unsettled.settle(first, 7, 'unknown');
    void unsettled.settle(second, 7, 'unknown');
    answer();
    for (const _ of Array.from({ length: 50 })) await new Promise(setImmediate);
    const { plan: stored } = await ledger.look(plan, undefined);
    assert.deepEqual(stored.spent, [1, 1]);
    assert.deepEqual(asked[0], [first.id]);
  });

  it('does not wait for what the log cannot answer', async () => {
    const plan = planOf([1, 1]);
    const [old, late] = [claimOf(plan, 0, 'old'), claimOf(plan, 1, 'late')];
    const { ledger, unsettled, failures } = scene(async (_, from) => {
      if (from < 5) throw new CodedError('audit.incomplete', 'moved away');
      return new Set();
    });
    for (const claim of [old, late]) await ledger.claim(claim);
    await unsettled.settle(old, 3, 'unknown');
    await unsettled.settle(late, 6, 'unknown');
    for (const _ of Array.from({ length: 50 })) await new Promise(setImmediate);
    unsettled.poke();
    for (const _ of Array.from({ length: 50 })) await new Promise(setImmediate);
    assert.deepEqual((await ledger.look(plan, undefined)).plan.spent, [1, 0]);
    assert.deepEqual([unsettled.size(), failures.length > 0], [1, true]);
  });

  it('stays spent where the log ends before its record, also once others can be settled', async () => {
    const plan = planOf([1, 1]);
    const { state, ledger, unsettled, failures } = scene(async () => new Set());
    const ahead = createLedger(state, { ...LOG, durableIndex: () => LOG.durableIndex() + 50 });
    await ahead.claim(claimOf(plan, 0, 'ahead'));
    await ledger.claim(claimOf(plan, 1, 'here'));
    assert.deepEqual(await unsettled.recover(), { confirmed: 0, released: 1, open: 1 });
    assert.deepEqual((await ledger.look(plan, undefined)).plan.spent, [1, 0]);
    assert.deepEqual(
      failures.map((error) => error instanceof CodedError && error.code),
      ['audit.incomplete'],
    );
  });

  it('does not wait for what somebody tore', async () => {
    const plan = planOf([1, 1]);
    const [torn, sound] = [claimOf(plan, 0, 'torn'), claimOf(plan, 1, 'sound')];
    const { state, ledger, unsettled, failures } = scene(async (wanted) => new Set(wanted));
    for (const claim of [torn, sound]) await ledger.claim(claim);
    await state.compareAndSet(callKey(torn.call), 1, '{}');
    const { confirmed, open } = await unsettled.recover();
    assert.deepEqual([confirmed, open], [1, 1]);
    assert.ok(failures.length > 0);
  });

  function scene(findPermits: (ids: ReadonlySet<string>, from: number) => Promise<ReadonlySet<string>>) {
    const state = memoryState(BOUNDS);
    const failures: unknown[] = [];
    const due: (() => void)[] = [];
    const ledger = createLedger(state, LOG);
    const unsettled = createUnsettled({
      state,
      ledger,
      log: { ...LOG, findPermits },
      schedule: (_ms, run) => {
        due.push(run);
        return () => void due.splice(due.indexOf(run), 1);
      },
      onFailure: (error) => failures.push(error),
    });
    return { state, ledger, unsettled, due, failures };
  }

  it('waits until the log can tell, and is tried until then', async () => {
    let answer: Promise<ReadonlySet<string>> = Promise.reject(new CodedError('audit.fsync_failed', 'it has failed'));
    answer.catch(() => undefined);
    const { ledger, unsettled, due, failures } = scene(() => answer);
    const plan = planOf([1, 1]);
    const [lost, kept] = [claimOf(plan, 0, 'lost'), claimOf(plan, 1, 'kept')];
    for (const claim of [lost, kept]) {
      await ledger.claim(claim);
      await unsettled.settle(claim, 7, 'unknown');
    }
    const idle = async () => {
      while (due.length === 0 && unsettled.size() > 0) await new Promise(setImmediate);
    };
    await idle();
    assert.deepEqual((await ledger.look(plan, undefined)).plan.spent, [1, 1], 'nobody knows yet');
    assert.ok(failures.length > 0);
    answer = Promise.resolve(new Set([kept.id]));
    unsettled.poke();
    while (unsettled.size() > 0) await new Promise(setImmediate);
    const { plan: stored } = await ledger.look(plan, undefined);
    assert.deepEqual([stored.spent, stored.open, stored.last], [[0, 1], [], ['', kept.id]]);
  });
});

describe('a step of a plan, whatever happens', () => {
  it('is spent no more often than it may run, and as often as there are records', async () => {
    const step = fc.record({
      replica: fc.nat(2),
      step: fc.nat(1),
      call: fc.nat(4),
      end: fc.constantFrom('recorded', 'released', 'killed', 'killed after its record'),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(step, { maxLength: 12 }),
        fc.boolean(),
        async (scheduler, steps, strict) => {
          const inner = memoryState(BOUNDS);
          // Every operation of the store takes its turn as the scheduler says.
          const state: SharedState = {
            ...inner,
            read: scheduler.scheduleFunction(inner.read),
            compareAndSet: scheduler.scheduleFunction(inner.compareAndSet),
          };
          const plan = { ...planOf([1, 2], strict), hash: sha256(`property ${ids++}`) };
          const logs = ['one', 'two', 'three'].map((id) => ({ id, durableIndex: () => 0 }));
          const ledgers = logs.map((log) => createLedger(state, log));
          const records = new Set<string>();
          const won: Claim[] = [];
          const runs = steps.map(async ({ replica, step: place, call, end }) => {
            const ledger = ledgers[replica];
            assert.ok(ledger);
            const claim = claimOf(plan, place, `call ${call}`);
            if (!(await ledger.claim(claim))) return;
            won.push(claim);
            if (end === 'released') return ledger.release(claim, true);
            if (end === 'killed') return;
            records.add(claim.id);
            if (end === 'recorded') await ledger.confirm(claim);
          });
          await scheduler.waitFor(Promise.all(runs));
          for (const log of logs) {
            const findPermits = async (wanted: ReadonlySet<string>) =>
              new Set([...wanted].filter((id) => records.has(id)));
            const ledger = createLedger(inner, log);
            const unsettled = createUnsettled({
              state: inner,
              ledger,
              log: { ...log, findPermits },
              schedule: never,
              onFailure: (error) => assert.fail(String(error)),
            });
            await unsettled.recover();
          }
          const { plan: stored } = await createLedger(inner, LOG).look(plan, undefined);
          const recorded = [0, 1].map(
            (place) => won.filter(({ id, step: at }) => at === place && records.has(id)).length,
          );
          assert.deepEqual(stored.spent, recorded);
          assert.deepEqual(stored.open, []);
          assert.ok((recorded[0] ?? 0) <= 1 && (recorded[1] ?? 0) <= 2, String(recorded));
          const names = won.filter(({ id }) => records.has(id)).map(({ call }) => call);
          assert.equal(new Set(names).size, names.length, 'a name stood for two calls');
        },
      ),
      { numRuns: 300 },
    );
  });
});
