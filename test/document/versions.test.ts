import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createVersions, type DocumentVersion, findVersion, VERSION_PREFIX } from '../../src/document/versions.ts';
import { sha256 } from '../../src/model/digest.ts';
import type { SharedState } from '../../src/model/shared-state.ts';
import { memoryState } from '../../src/state/memory.ts';
import { forget } from '../../src/trust/freshness/forget.ts';
import { rejectedWith } from '../thrown.ts';

const [ONE, TWO] = [sha256('one'), sha256('two')];
const SINCE = Date.parse('2026-11-21T14:00:00Z');

function document(version: number, parts: Partial<DocumentVersion> = {}): DocumentVersion {
  return { kind: 'plan', id: 'deploy', version, digest: ONE, ...parts };
}

describe('the versions that were accepted', () => {
  function world(changes: Partial<SharedState> = {}) {
    const memory = memoryState({ max_entries: 1000, max_bytes: 1_000_000 });
    let time = SINCE;
    const state: SharedState = { ...memory, ...changes };
    return {
      memory,
      state,
      versions: createVersions(state, () => time),
      later: () => {
        time += 1000;
      },
    };
  }

  it('take the first, the same again, and higher ones', async () => {
    const { versions, later } = world();
    assert.equal(await versions.accepted('plan', 'deploy'), undefined);
    assert.equal(await versions.check(document(3)), undefined);
    assert.equal(await versions.accepted('plan', 'deploy'), undefined, 'a check remembers nothing');
    assert.equal(await versions.raise(document(3)), undefined);
    later();
    assert.equal(await versions.raise(document(3)), undefined);
    assert.equal(await versions.raise(document(7, { digest: TWO })), undefined);
    assert.deepEqual(await versions.accepted('plan', 'deploy'), {
      highest: { version: 7, digest: TWO },
      since: SINCE,
    });
  });

  it('refuse a lower one, and an equal one with other bytes, and stay as they are', async () => {
    const { versions } = world();
    await versions.raise(document(3));
    for (const ask of [versions.check, versions.raise]) {
      const lower = await ask(document(2));
      assert.equal(lower?.code, 'version_rolled_back');
      assert.match(lower.message, /version 2 of plan deploy is older than version 3.*trust forget/);
      const reused = await ask(document(3, { digest: TWO }));
      assert.equal(reused?.code, 'version_reused');
      assert.match(reused.message, /version 3 of plan deploy.*sha256:/);
    }
    assert.deepEqual((await versions.accepted('plan', 'deploy'))?.highest, { version: 3, digest: ONE });
  });

  it('are those of whoever vouched for the highest', async () => {
    const { versions, state } = world();
    assert.equal(await versions.raise(document(3), ['ops', 'board', 'ops']), undefined);
    assert.deepEqual((await versions.accepted('plan', 'deploy'))?.highest, {
      version: 3,
      digest: ONE,
      by: ['board', 'ops'],
    });
    for (const ask of [versions.check, versions.raise]) {
      const problem = await ask(document(4, { digest: TWO }), ['guest']);
      assert.equal(problem?.code, 'another_signer');
      assert.match(problem.message, /version 4 of plan deploy.*guest.*version 3.*board, ops.*trust forget/);
      assert.equal((await ask(document(4, { digest: TWO }), []))?.code, 'another_signer');
      assert.equal((await ask(document(2), ['guest']))?.code, 'version_rolled_back', 'the version comes first');
      assert.equal(await ask(document(3), ['guest']), undefined, 'the same bytes');
    }
    assert.deepEqual((await versions.accepted('plan', 'deploy'))?.highest?.by, ['board', 'ops']);
    assert.equal(await versions.raise(document(4, { digest: TWO }), ['board', 'else']), undefined);
    const remembered = (await findVersion(state, 'plan', 'deploy'))?.remembered;
    assert.deepEqual(remembered, {
      kind: 'plan',
      name: 'deploy',
      highest_version: { version: 4, digest: TWO, by: ['board', 'else'], since: '2026-11-21T14:00:00.000Z' },
    });
  });

  it('without signers are anybody’s', async () => {
    const { versions } = world();
    await versions.raise(document(3), []);
    assert.deepEqual((await versions.accepted('plan', 'deploy'))?.highest, { version: 3, digest: ONE });
    assert.equal(await versions.raise(document(3), ['board']), undefined);
    assert.equal((await versions.raise(document(4), ['guest']))?.code, 'another_signer');
  });

  it('keep so many names, and no more', async () => {
    const { versions } = world();
    const many = Array.from({ length: 1_000 }, (_, index) => `${1_000 + index}`.padEnd(128, 'x'));
    assert.equal(await versions.raise(document(3), many), undefined);
    const by = (await versions.accepted('plan', 'deploy'))?.highest?.by ?? [];
    assert.ok(by.length > 8 && by.length <= 256, `${by.length}`);
    assert.equal(await versions.raise(document(4), many), undefined);
    const problem = await versions.raise(document(5), ['guest']);
    assert.ok((problem?.message.length ?? 0) < 4_096);
  });

  it('are of a kind and an id, which cannot be taken for one another', async () => {
    const { versions, state } = world();
    for (const [kind, id] of [
      ['plan', 'a b'],
      ['plan a', 'b'],
      ['plan","a', 'b'],
      ['plan', 'a'],
      ['catalogue', 'a'],
      ['plan', 'ä'.repeat(128)],
    ] as const) {
      assert.equal(await versions.raise(document(9, { kind, id })), undefined);
      assert.equal(await versions.check(document(1, { kind, id: `${id}.` })), undefined);
    }
    assert.equal((await state.list(VERSION_PREFIX, 100)).length, 6);
  });

  it('fail closed while the store is away, and say why to the log alone', async () => {
    const cause = new Error('gone: redis://secret@host');
    const { versions } = world({ read: () => Promise.reject(cause) });
    for (const ask of [versions.check, versions.raise]) {
      const problem = await ask(document(1));
      assert.deepEqual([problem?.code, problem?.cause], ['state_unavailable', cause]);
      assert.doesNotMatch(problem?.message ?? '', /secret/);
    }
    await assert.rejects(versions.accepted('plan', 'deploy'), cause);
  });

  for (const [what, value] of [
    ['no JSON', '{'],
    ['another form', '{"v":2,"kind":"plan","id":"deploy","version":1,"since":"2026-11-21T14:00:00Z"}'],
    [
      'a member more',
      `{"v":1,"kind":"plan","id":"deploy","version":1,"digest":"${ONE}","since":"2026-11-21T14:00:00Z","x":1}`,
    ],
    [
      'another document',
      `{"v":1,"kind":"plan","id":"other","version":1,"digest":"${ONE}","since":"2026-11-21T14:00:00Z"}`,
    ],
    ['a version of nothing', '{"v":1,"kind":"plan","id":"deploy","version":1,"since":"2026-11-21T14:00:00Z"}'],
    [
      'a digest that is none',
      '{"v":1,"kind":"plan","id":"deploy","version":1,"digest":"sha256:0","since":"2026-11-21T14:00:00Z"}',
    ],
    [
      'signers that are none',
      `{"v":1,"kind":"plan","id":"deploy","version":1,"digest":"${ONE}","by":[],"since":"2026-11-21T14:00:00Z"}`,
    ],
    ['signers of nothing', '{"v":1,"kind":"plan","id":"deploy","by":["board"],"since":"2026-11-21T14:00:00Z"}'],
    ['no time', `{"v":1,"kind":"plan","id":"deploy","version":1,"digest":"${ONE}","since":"yesterday"}`],
    [
      'a version below one',
      `{"v":1,"kind":"plan","id":"deploy","version":0,"digest":"${ONE}","since":"2026-11-21T14:00:00Z"}`,
    ],
  ]) {
    it(`refuse what nobody here has written: ${what}`, async () => {
      const { versions, state } = world();
      await versions.raise(document(1));
      const [key = ''] = await state.list(VERSION_PREFIX, 1);
      await state.compareAndSet(key, 1, value ?? '');
      assert.equal((await versions.check(document(5)))?.code, 'state_unavailable');
      assert.equal((await versions.raise(document(5)))?.code, 'state_unavailable');
      await rejectedWith('trust.state_unavailable', versions.accepted('plan', 'deploy'));
      await rejectedWith('trust.state_unavailable', findVersion(state, 'plan', 'deploy'));
    });
  }

  it('are forgotten by what an operator looked up, and the time of the first stays', async () => {
    const { versions, state, later } = world();
    await versions.raise(document(3));
    assert.equal(await findVersion(state, 'plan', 'other'), undefined);
    const found = (await findVersion(state, 'plan', 'deploy')) ?? assert.fail();
    assert.equal(found.about, 'plan deploy');
    assert.deepEqual(found.remembered, {
      kind: 'plan',
      name: 'deploy',
      highest_version: { version: 3, digest: ONE, since: '2026-11-21T14:00:00.000Z' },
    });
    assert.equal(await forget(state, found), true);
    assert.equal(await findVersion(state, 'plan', 'deploy'), undefined);
    assert.deepEqual(await versions.accepted('plan', 'deploy'), { since: SINCE });
    assert.equal(await forget(state, found), false, 'it is another entry by now');
    later();
    assert.equal(await versions.raise(document(1, { digest: TWO })), undefined);
    assert.deepEqual(await versions.accepted('plan', 'deploy'), {
      highest: { version: 1, digest: TWO },
      since: SINCE,
    });
  });

  it('never go down however many replicas race', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.constantFrom(ONE, TWO)), { minLength: 1, maxLength: 12 }),
        async (asked) => {
          const { state } = world();
          const replicas = [0, 1, 2].map(() => createVersions(state, () => SINCE));
          const seen: number[] = [];
          const watched: SharedState = {
            ...state,
            compareAndSet: async (key, expected, value) => {
              const written = await state.compareAndSet(key, expected, value);
              if (written) seen.push(JSON.parse(value).version);
              return written;
            },
          };
          replicas.push(createVersions(watched, () => SINCE));
          const answers = await Promise.all(
            asked.map(([version, digest], index) =>
              (replicas[index % 4] ?? assert.fail()).raise(document(version, { digest })),
            ),
          );
          const highest = (await createVersions(state, () => SINCE).accepted('plan', 'deploy'))?.highest;
          const taken = asked.filter((_, index) => answers[index] === undefined);
          assert.equal(highest?.version, Math.max(...taken.map(([version]) => version)));
          const digests = new Map<number, string>();
          for (const [version, digest] of taken) {
            assert.equal(digests.get(version) ?? digest, digest, 'two documents were taken for one version');
            digests.set(version, digest);
          }
          assert.deepEqual(seen, [...seen].sort());
        },
      ),
    ));
});
