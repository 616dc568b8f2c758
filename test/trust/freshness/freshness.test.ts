import assert from 'node:assert/strict';
import { CodedError } from '../../../src/errors.ts';
import { sha256 } from '../../../src/model/digest.ts';
import type { SharedState } from '../../../src/model/shared-state.ts';
import { memoryState } from '../../../src/state/memory.ts';
import { type DocumentName, keyOfName } from '../../../src/trust/freshness/document-memory.ts';
import type { FreshnessEvent } from '../../../src/trust/freshness/event.ts';
import { type AdmissionRequest, createFreshness } from '../../../src/trust/freshness/freshness.ts';
import { listRemembered } from '../../../src/trust/freshness/list.ts';
import type { ProvedMatch } from '../../../src/trust/proofs.ts';
import type { Proofs, Proved, SeenCheckpoint } from '../../../src/trust/verdict.ts';
import { matchesFor, NOTHING_PROVED } from '../proved.ts';

const LOG = { logId: 'c0d23d6a', origin: 'rekor.example - 1' };
const PROOFS: Proofs = {
  authorities: 2,
  logs: 1,
  timestamps: 1,
  scts: 1,
  attestations: ['https://slsa.dev/provenance/v1'],
};

/** A request, its matches given by what they come to. */
type Changes = Partial<AdmissionRequest> & {
  readonly proofs?: Proofs;
  readonly checkpoints?: readonly SeenCheckpoint[];
};

function root(text: string | number): string {
  return sha256(`${text}`).slice('sha256:'.length);
}

function seen(size: number, of: string | number = size, log = LOG): SeenCheckpoint {
  return { ...log, size: `${size}`, root: root(of) };
}

function newState(): SharedState {
  return memoryState({ max_entries: 10_000, max_bytes: 16 * 1024 * 1024 });
}

function setUp(state: SharedState = newState(), bound = 256) {
  const events: FreshnessEvent[] = [];
  let time = 1_700_000_000_000;
  const freshness = createFreshness({
    state,
    now: () => {
      time += 1;
      return time;
    },
    onEvent: (event) => events.push(event),
    rememberedCheckpoints: bound,
  });
  const code = async (changes: Changes, how: 'admit' | 'review' = 'admit'): Promise<string> => {
    const { proofs = PROOFS, checkpoints, ...others } = changes;
    const found = await freshness[how]({
      kind: 'catalogue',
      name: 'platform',
      document: sha256('one'),
      matches: matchesFor(proofs, checkpoints),
      struck: [],
      strictMark: false,
      ...others,
    });
    return found.admitted ? 'admitted' : found.code;
  };
  return { state, events, freshness, code, types: () => events.map(({ type }) => type) };
}

describe('what logs have shown', () => {
  it('may be shown again, and an older tree after a newer one', async () => {
    const { code, events } = setUp();
    for (const size of [10, 20, 10, 5, 20]) assert.equal(await code({ checkpoints: [seen(size)] }), 'admitted');
    assert.deepEqual(events, []);
  });

  it('is refused with another root at the same size, alarmed with both, and remembered', async () => {
    const { code, events, state } = setUp();
    await code({ checkpoints: [seen(10)] });
    assert.equal(await code({ checkpoints: [seen(10, 'other')] }), 'split_view');
    const alarm = events.find(({ type }) => type === 'log_distrusted');
    assert.ok(alarm?.type === 'log_distrusted');
    assert.deepEqual(alarm.trees, [
      { size: '10', root: root(10) },
      { size: '10', root: root('other') },
    ]);
    assert.equal(alarm.remembered, true);
    // From then on whatever relies on that log is refused, also the tree that was seen first, also after a restart.
    assert.equal(await code({ checkpoints: [seen(10)] }), 'split_view');
    assert.equal(await setUp(state).code({ checkpoints: [seen(30)] }), 'split_view');
    assert.equal(await setUp(state).code({ checkpoints: [seen(30)] }, 'review'), 'split_view');
  });

  it('is alarmed by every replica once, when it first meets the log', async () => {
    const state = newState();
    const [one, other] = [setUp(state), setUp(state)];
    await one.code({ checkpoints: [seen(10)] });
    await one.code({ checkpoints: [seen(10, 'other')] });
    await one.code({ checkpoints: [seen(10, 'other')] });
    await other.code({ checkpoints: [seen(20)] });
    await other.code({ checkpoints: [seen(20)] });
    for (const { types } of [one, other]) {
      assert.equal(types().filter((type) => type === 'log_distrusted').length, 1);
    }
  });

  it('is remembered of each log that a document relies on, also behind one that is refused', async () => {
    const { code } = setUp();
    const other = { ...LOG, origin: 'rekor.example - 2' };
    await code({ checkpoints: [seen(10), seen(10, 10, other)] });
    assert.equal(await code({ checkpoints: [seen(10, 'x'), seen(10, 'x', other)] }), 'split_view');
    assert.equal(await code({ checkpoints: [seen(11, 11, other)] }), 'split_view');
  });

  it('counts for its key and origin alone', async () => {
    const { code } = setUp();
    await code({ checkpoints: [seen(10)] });
    assert.equal(await code({ checkpoints: [seen(10, 'b', { ...LOG, origin: 'rekor.example - 2' })] }), 'admitted');
    assert.equal(await code({ checkpoints: [seen(10, 'c', { ...LOG, logId: 'ffff0000' })] }), 'admitted');
  });

  it('is alarmed once when its key signs under another origin than before', async () => {
    const { code, events } = setUp();
    assert.equal(await code({ checkpoints: [seen(5)] }), 'admitted');
    assert.deepEqual(events, []);
    const other = { ...LOG, origin: 'rekor.example - 2' };
    assert.equal(await code({ checkpoints: [seen(5), seen(5, 'fork', other)] }), 'admitted');
    assert.equal(await code({ checkpoints: [seen(6, 6, other)] }), 'admitted');
    assert.deepEqual(events, [{ type: 'another_tree', ...other, others: [LOG.origin] }]);
  });

  it('is a split view within one document, too', async () => {
    const { code } = setUp();
    assert.equal(await code({ checkpoints: [seen(10), seen(10, 'other')] }), 'split_view');
  });

  it('is compared even where the document is refused, and then not remembered', async () => {
    const { code } = setUp();
    await code({});
    assert.equal(await code({ checkpoints: [seen(10)], proofs: { ...PROOFS, logs: 0 } }), 'downgraded');
    assert.equal(await code({ checkpoints: [seen(10, 'other')] }), 'admitted');
    assert.equal(await code({ checkpoints: [seen(10)], proofs: { ...PROOFS, logs: 0 } }), 'split_view');
  });

  it('is refused when it has no form', async () => {
    const { code } = setUp();
    for (const bad of [
      { ...seen(1), size: '01' },
      { ...seen(1), size: '0' },
      { ...seen(1), size: '-1' },
      { ...seen(1), root: 'AB' },
      { ...seen(1), logId: 'x' },
      { ...seen(1), origin: '' },
    ]) {
      assert.equal(await code({ checkpoints: [bad] }), 'log_checkpoint_invalid');
    }
  });

  it('is not remembered by a review', async () => {
    const { code } = setUp();
    assert.equal(await code({ checkpoints: [seen(10)] }, 'review'), 'admitted');
    assert.equal(await code({ checkpoints: [seen(10, 'other')] }), 'admitted');
  });

  it('stays bounded: the largest, the last ones and an even spread', async () => {
    const { code, freshness } = setUp(newState(), 32);
    const sizes = Array.from({ length: 300 }, (_, place) => ((place * 7919) % 100_000) + 1);
    for (const size of sizes) assert.equal(await code({ checkpoints: [seen(size)] }), 'admitted');
    const { trees } = await freshness.marks.read(LOG);
    assert.equal(trees.length, 32);
    const kept = trees.map(({ size }) => Number(size));
    assert.ok(kept.includes(Math.max(...sizes)));
    for (const last of sizes.slice(-8)) assert.ok(kept.includes(last), `${last}`);
    // Every tenth of what was seen is still told apart.
    for (let tenth = 0; tenth < 10; tenth += 1) {
      assert.ok(
        kept.some((size) => size > tenth * 10_000 && size <= (tenth + 1) * 10_000),
        `${tenth}`,
      );
    }
    assert.equal(await code({ checkpoints: [seen(kept[3] ?? 0, 'other')] }), 'split_view');
  });

  it('is found by replicas that see the two trees at the same moment', async () => {
    const state = newState();
    const replicas = Array.from({ length: 8 }, () => setUp(state));
    const codes = await Promise.all(
      replicas.map(({ code }, place) => code({ name: `${place}`, checkpoints: [seen(10, place % 2)] })),
    );
    assert.ok(codes.includes('split_view'), codes.join());
    // Whoever was first wrote one of them: nobody after that has both.
    const admitted = new Set(codes.flatMap((found, place) => (found === 'admitted' ? [place % 2] : [])));
    assert.ok(admitted.size <= 1, codes.join());
  });

  it('raises nothing lost when replicas write at once', async () => {
    const state = newState();
    const replicas = Array.from({ length: 4 }, () => setUp(state));
    const sizes = Array.from({ length: 100 }, (_, place) => place + 1);
    await Promise.all(sizes.map((size) => replicas[size % 4]?.code({ checkpoints: [seen(size)] })));
    const { trees } = await setUp(state).freshness.marks.read(LOG);
    assert.deepEqual(
      trees.map(({ size }) => Number(size)),
      sizes,
    );
  });
});

describe('the live mark of a log', () => {
  const at = (size: number, of: string | number = size) => ({ size: BigInt(size), root: root(of), time: 1 });
  const head = (size: number) => ({ size: `${size}`, root: root(size) });

  it('is raised from the tree that the proof was about, and never lowered', async () => {
    const { marks } = setUp().freshness;
    const raised = async (...args: Parameters<typeof marks.raise>) => (await marks.raise(...args)).raised;
    const live = async () => (await marks.read(LOG)).live?.size;
    assert.equal(await raised(LOG, undefined, at(10)), true);
    assert.equal(await raised(LOG, undefined, at(20)), false, 'there is one already');
    assert.equal(await raised(LOG, head(9), at(20)), false, 'another one');
    assert.equal(await raised(LOG, { ...head(10), root: root('x') }, at(20)), false, 'of another root');
    assert.equal(await raised(LOG, head(10), at(5)), false, 'a smaller one');
    assert.equal(await raised(LOG, head(10), at(10)), false, 'the same');
    assert.equal(await live(), 10n);
    assert.equal(await raised(LOG, head(10), at(20)), true);
    assert.equal(await live(), 20n);
  });

  it('meets what was seen in bundles: another root there is a split view', async () => {
    const { freshness, code } = setUp();
    await code({ checkpoints: [seen(10)] });
    const { raised, outcome } = await freshness.marks.raise(LOG, undefined, at(10, 'other'));
    assert.equal(raised, false);
    assert.equal(outcome.kind, 'distrusted');
    assert.equal((await freshness.marks.read(LOG)).live, undefined);
  });
});

describe('the strict mark of a document', () => {
  it('refuses an older checkpoint, once a newer one was accepted', async () => {
    const { code, events } = setUp();
    assert.equal(await code({ checkpoints: [seen(20)], strictMark: true }), 'admitted');
    assert.equal(await code({ checkpoints: [seen(10)], strictMark: true }), 'behind_mark');
    assert.ok(events.some((event) => event.type === 'document_refused' && event.code === 'behind_mark'));
    assert.equal(await code({ checkpoints: [seen(20)], strictMark: true }), 'admitted');
    assert.equal(await code({ checkpoints: [seen(21)], strictMark: true }), 'admitted');
    assert.equal(await code({ checkpoints: [seen(20)], strictMark: true }), 'behind_mark');
  });

  it('is one per document, log key and origin, and off by default', async () => {
    const { code } = setUp();
    await code({ checkpoints: [seen(20)], strictMark: true });
    assert.equal(await code({ name: 'another', checkpoints: [seen(10)], strictMark: true }), 'admitted');
    assert.equal(await code({ kind: 'plan', checkpoints: [seen(10)], strictMark: true }), 'admitted');
    const other = { ...LOG, origin: 'rekor.example - 2' };
    assert.equal(await code({ checkpoints: [seen(10, 'b', other)], strictMark: true }), 'admitted');
    assert.equal(await code({ checkpoints: [seen(10)] }), 'admitted');
  });

  it('compares the newest of a document with several bundles', async () => {
    const { code } = setUp();
    const checkpoints = [seen(10), seen(20)];
    assert.equal(await code({ checkpoints, strictMark: true }), 'admitted');
    assert.equal(await code({ checkpoints, strictMark: true }), 'admitted');
  });

  it('is never dropped for another: a document with marks in too many logs is refused', async () => {
    const { code } = setUp();
    const at = (place: number) => seen(10, place, { ...LOG, origin: `rekor.example - ${place}` });
    for (let place = 0; place < 128; place += 1) {
      assert.equal(await code({ checkpoints: [at(place)], strictMark: true }), 'admitted');
    }
    assert.equal(await code({ checkpoints: [at(128)], strictMark: true }), 'state_unavailable');
    assert.equal(await code({ checkpoints: [at(0)], strictMark: true }), 'admitted');
    const wide = { ...LOG, origin: '\u{1f6aa}'.repeat(500) };
    assert.equal(await code({ name: 'wide', checkpoints: [seen(10, 'w', wide)], strictMark: true }), 'admitted');
  });

  it('is not raised by a document that is refused', async () => {
    const { code } = setUp();
    await code({ checkpoints: [seen(10)], strictMark: true });
    const weaker = { ...PROOFS, authorities: 1 };
    assert.equal(await code({ checkpoints: [seen(30)], strictMark: true, proofs: weaker }), 'downgraded');
    assert.equal(await code({ checkpoints: [seen(10)], strictMark: true }), 'admitted');
  });
});

describe('a document seen under a stronger set of proofs', () => {
  for (const [part, weaker] of Object.entries({
    authorities: { authorities: 1 },
    logs: { logs: 0 },
    timestamps: { timestamps: 0 },
    scts: { scts: 0 },
    attestations: { attestations: [] },
  })) {
    it(`is refused with fewer ${part}, whatever else there is more of`, async () => {
      const { code, events } = setUp();
      await code({});
      const more = {
        authorities: 9,
        logs: 9,
        timestamps: 9,
        scts: 9,
        attestations: [...PROOFS.attestations, 'https://other'],
      };
      assert.equal(await code({ proofs: { ...more, ...weaker } }), 'downgraded');
      assert.equal(await code({ proofs: { ...more, ...weaker } }, 'review'), 'downgraded');
      assert.ok(events.some((event) => event.type === 'document_refused' && event.code === 'downgraded'));
      assert.equal(await code({}), 'admitted');
    });
  }

  it('has to come with the most of each part that it ever had', async () => {
    const { code } = setUp();
    await code({ proofs: { ...PROOFS, authorities: 3 } });
    await code({ proofs: { ...PROOFS, authorities: 3, timestamps: 2 } });
    assert.equal(await code({ proofs: { ...PROOFS, authorities: 3 } }), 'downgraded');
    assert.equal(await code({ proofs: { ...PROOFS, timestamps: 2 } }), 'downgraded');
    assert.equal(await code({ proofs: { ...PROOFS, authorities: 3, timestamps: 2 } }), 'admitted');
  });

  it('is known by its name over versions, by its digest where it has none, and by its kind', async () => {
    const { freshness } = setUp();
    const weaker = { ...PROOFS, authorities: 1 };
    const admit = async ({ proofs, ...request }: DocumentName & { readonly proofs: Proofs }) =>
      (await freshness.admit({ ...request, matches: matchesFor(proofs), struck: [], strictMark: false })).admitted;
    const [one, two] = [sha256('one'), sha256('two')];
    assert.equal(await admit({ kind: 'plan', name: 'a', document: one, proofs: PROOFS }), true);
    assert.equal(await admit({ kind: 'plan', name: 'a', document: two, proofs: weaker }), false);
    assert.equal(await admit({ kind: 'tool', name: 'a', document: one, proofs: weaker }), true);
    assert.equal(await admit({ kind: 'plan', document: one, proofs: PROOFS }), true);
    assert.equal(await admit({ kind: 'plan', document: two, proofs: weaker }), true);
    assert.equal(await admit({ kind: 'plan', document: one, proofs: weaker }), false);
    // A name that is another document's digest is a name all the same.
    assert.equal(await admit({ kind: 'plan', name: one, document: two, proofs: weaker }), true);
  });

  it('is compared again where another replica was first', async () => {
    const state = newState();
    let raced = false;
    const slow: SharedState = {
      ...state,
      compareAndSet: async (key, expected, value) => {
        // Another replica accepts the document with more, between the look and the writing.
        if (!raced && key.startsWith('trust/document/')) {
          raced = true;
          await setUp(state).code({ proofs: { ...PROOFS, authorities: 5 } });
        }
        return state.compareAndSet(key, expected, value);
      },
    };
    assert.equal(await setUp(slow).code({}), 'downgraded');
    assert.equal(await setUp(state).code({ proofs: { ...PROOFS, authorities: 5 } }), 'admitted');
  });

  it('keeps what each of several replicas saw', async () => {
    const state = newState();
    await Promise.all(
      Array.from({ length: 12 }, (_, place) =>
        setUp(state).code({
          proofs: { authorities: 1, logs: 0, timestamps: 0, scts: 0, attestations: [`type ${place}`] },
        }),
      ),
    );
    // Whoever came later lacked what the others had: one was remembered, the others refused, none lost.
    assert.equal(await setUp(state).code({ proofs: { ...PROOFS, attestations: [] } }), 'downgraded');
  });
});

describe('a match that was struck out', () => {
  const match = (authority: string, proved: Partial<Proved> = {}): ProvedMatch => ({
    authority,
    proved: { ...NOTHING_PROVED, ...proved },
  });
  const [a, b, c] = [
    match('a', { logs: ['one'] }),
    match('b', { logs: ['two'], timestamps: ['tsa'], scts: ['ct'], attestations: ['scan'] }),
    match('c', { logs: ['three'] }),
  ];

  it('counts where its authority is remembered, with all that it proved', async () => {
    const { code } = setUp();
    await code({ matches: [a, b] });
    for (const how of ['review', 'admit'] as const) {
      assert.equal(await code({ matches: [a], struck: [b] }, how), 'admitted');
      assert.equal(await code({ matches: [a], struck: [c] }, how), 'downgraded');
      assert.equal(await code({ matches: [a], struck: [match('b')] }, how), 'downgraded');
      assert.equal(await code({ matches: [a] }, how), 'downgraded');
    }
  });

  it('leaves nothing: neither proofs, nor its name, nor a mark, nor a checkpoint', async () => {
    const { code, state } = setUp();
    const late = match('b', { checkpoints: [seen(30)] });
    await code({ matches: [match('a', { checkpoints: [seen(10)] })], struck: [late], strictMark: true });
    assert.equal(
      await code({ matches: [match('a', { checkpoints: [seen(9)] })], struck: [late], strictMark: true }),
      'behind_mark',
    );
    const [memory] = (await listRemembered(state, 10)).documents;
    assert.deepEqual([memory?.proofs?.authorities, memory?.proofs?.names], [1, ['a']]);
    assert.deepEqual(
      memory?.marks.map(({ size }) => size),
      [10n],
    );
    assert.equal(
      await code({ name: 'another', checkpoints: [seen(30, 'other')] }),
      'admitted',
      'its tree was not remembered',
    );
  });

  it('counts for nobody in a memory without names, until the document is admitted again', async () => {
    const { code, state } = setUp();
    const key = keyOfName('catalogue', 'platform');
    const proofs = { authorities: 2, logs: 2, timestamps: 1, scts: 1, attestations: ['scan'] };
    const old = { v: 1, kind: 'catalogue', name: 'platform', document: sha256('one'), proofs, marks: [] };
    await state.compareAndSet(key, 0, JSON.stringify(old));
    assert.equal(await code({ matches: [a], struck: [b] }), 'downgraded');
    assert.equal(await code({ matches: [a, b] }), 'admitted');
    assert.equal(await code({ matches: [a], struck: [b] }), 'admitted');
  });

  it('is remembered by name of so many authorities, those that count now first', async () => {
    const { code, state } = setUp();
    const many = (prefix: string) => Array.from({ length: 300 }, (_, place) => match(`${prefix}${place}`));
    assert.equal(await code({ matches: many('x') }), 'admitted');
    assert.equal(await code({ matches: many('a') }), 'admitted');
    const [memory] = (await listRemembered(state, 10)).documents;
    const names = memory?.proofs?.names ?? [];
    assert.equal(names.length, 256);
    assert.ok(names.every((name) => name.startsWith('a')));
    assert.deepEqual(names, [...names].sort());
  });
});

describe('a store that fails', () => {
  const broken = (what: Partial<SharedState>): SharedState => ({ ...newState(), ...what });
  const failing = async (): Promise<never> => {
    throw new CodedError('state.unavailable', 'the store is away');
  };

  it('refuses, and says so', async () => {
    for (const state of [broken({ read: failing }), broken({ compareAndSet: failing })]) {
      const { code, types } = setUp(state);
      assert.equal(await code({ checkpoints: [seen(10)] }), 'state_unavailable');
      assert.ok(types().includes('state_failed'));
    }
  });

  it('that never lets a write through is given up', async () => {
    const { code } = setUp(broken({ compareAndSet: async () => false }));
    assert.equal(await code({ checkpoints: [seen(10)] }), 'state_unavailable');
  });

  it('with something else under its keys is not believed', async () => {
    for (const value of ['', '{}', '{"v":2}', 'null', '{"v":1,"log_id":"00","origin":"x","trees":[]}']) {
      const { code } = setUp(broken({ read: async () => ({ revision: 1, value }) }));
      assert.equal(await code({ checkpoints: [seen(10)] }), 'state_unavailable', value);
      assert.equal(await code({}), 'state_unavailable', value);
    }
  });

  it('does not make a split view acceptable: this process remembers, and writes it later', async () => {
    const state = newState();
    await setUp(state).code({ checkpoints: [seen(10)] });
    let away = true;
    const flaky = {
      ...state,
      compareAndSet: (...args: Parameters<SharedState['compareAndSet']>) =>
        away ? failing() : state.compareAndSet(...args),
    };
    const { code, events } = setUp(flaky);
    assert.equal(await code({ checkpoints: [seen(10, 'other')] }), 'split_view');
    assert.ok(events.some((event) => event.type === 'log_distrusted' && !event.remembered));
    assert.equal(await code({ checkpoints: [seen(10)] }), 'split_view');
    assert.equal(await setUp(state).code({ checkpoints: [seen(10)] }), 'admitted');
    away = false;
    assert.equal(await code({ checkpoints: [seen(10)] }), 'split_view');
    assert.equal(await setUp(state).code({ checkpoints: [seen(10)] }), 'split_view');
  });
});
