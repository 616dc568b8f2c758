import assert from 'node:assert/strict';
import { type Find, forgetRecorded } from '../../src/cli/forget-recorded.ts';
import { createIds } from '../../src/decision/decision-id.ts';
import { sha256 } from '../../src/model/digest.ts';
import type { RecordDraft } from '../../src/model/record.ts';
import type { SharedState } from '../../src/model/shared-state.ts';
import { stateFailure } from '../../src/state/failure.ts';
import { memoryState } from '../../src/state/memory.ts';
import { rejectedWith } from '../thrown.ts';

const KEY = 'document/plan';
const BY = { user: 'somebody', uid: 1 };

describe('forgetting on the record', () => {
  function world() {
    const drafts: RecordDraft[] = [];
    const state = memoryState({ max_entries: 10, max_bytes: 65_536 });
    const audit = {
      async append(draft: RecordDraft) {
        drafts.push(draft);
        return { origin: 'test', index: drafts.length - 1, leaf: sha256('leaf') };
      },
    };
    const stamp = { now: () => 0, newId: createIds((size) => new Uint8Array(size)) };
    const find: Find = async (store) => {
      const entry = await store.read(KEY);
      assert.ok(entry !== undefined);
      const { revision, value } = entry;
      return { about: 'plan p', remembered: { value }, entries: [{ key: KEY, revision, empty: 'nothing' }] };
    };
    const go = (store: SharedState) => forgetRecorded(store, audit, stamp, find, { by: BY, reason: 'meant' });
    const actions = () => drafts.map(({ body }) => body.action);
    return { state, drafts, go, actions };
  }

  it('says what was remembered before it is gone, who did it and why', async () => {
    const { state, drafts, go } = world();
    await state.compareAndSet(KEY, 0, 'marks');
    assert.deepEqual(await go(state), {
      about: 'plan p',
      audit: { origin: 'test', index: 0 },
      remembered: { value: 'marks' },
    });
    assert.deepEqual(drafts[0]?.body, {
      action: 'forget',
      about: 'plan p',
      remembered: { value: 'marks' },
      reason: 'meant',
      by: BY,
    });
    assert.equal((await state.read(KEY))?.value, 'nothing');
  });

  it('tries again where somebody else wrote first, and records both', async () => {
    const { state, go, actions } = world();
    await state.compareAndSet(KEY, 0, 'marks');
    let others = 1;
    const busy: SharedState = {
      ...state,
      async compareAndSet(key, expected, value) {
        if (others-- > 0) await state.compareAndSet(KEY, expected, 'more marks');
        return state.compareAndSet(key, expected, value);
      },
    };
    assert.deepEqual((await go(busy)).remembered, { value: 'more marks' });
    assert.deepEqual(actions(), ['forget', 'forget_failed', 'forget']);
  });

  it('gives up as trust.forget_contended where it never comes first', async () => {
    const { state, go, actions } = world();
    await state.compareAndSet(KEY, 0, 'marks');
    await rejectedWith('trust.forget_contended', go({ ...state, compareAndSet: async () => false }));
    assert.equal((await state.read(KEY))?.value, 'marks');
    assert.equal(actions().at(-1), 'forget_failed');
  });

  it('records that it is unknown where the store fails', async () => {
    const { state, drafts, go, actions } = world();
    await state.compareAndSet(KEY, 0, 'marks');
    const failing: SharedState = {
      ...state,
      compareAndSet: async () => {
        throw stateFailure('unwritable', 'the store is away');
      },
    };
    await rejectedWith('state.unwritable', go(failing));
    assert.deepEqual(actions(), ['forget', 'forget_unconfirmed']);
    assert.equal(drafts[1]?.body.refers_to, drafts[0]?.id);
  });
});
