import assert from 'node:assert/strict';
import { type Sha256Digest, sha256 } from '../../src/model/digest.ts';
import type { Signatures } from '../../src/model/facts.ts';
import { digestOfContent, NO_CONTENT } from '../../src/trust/authority/content.ts';
import {
  createDocuments,
  type DocumentChange,
  type DocumentsOptions,
  type HeldDocument,
  type Judgement,
} from '../../src/trust/documents.ts';
import type { FailureCode } from '../../src/trust/failure.ts';
import type { Admission } from '../../src/trust/freshness/freshness.ts';
import type { DocumentVerdict } from '../../src/trust/verdict.ts';
import { NOTHING_PROVED } from './proved.ts';

const BYTES = new TextEncoder().encode('{}');
const DOCUMENT: HeldDocument = {
  kind: 'catalogue',
  name: 'tools',
  digest: sha256(BYTES),
  bytes: BYTES,
  bundles: [],
  content: NO_CONTENT,
  contentDigest: digestOfContent(NO_CONTENT),
  strictMark: false,
};
const [ONE, TWO] = [sha256('one'), sha256('two')];

function verdict(failed?: FailureCode): DocumentVerdict {
  const reliesOn = { keys: [], certificates: [], identities: [] };
  return {
    document: DOCUMENT.digest,
    kind: DOCUMENT.kind,
    by:
      failed === undefined
        ? [{ authority: 'a', fact: { authority: 'a', mode: 'keyed' }, reliesOn, proved: NOTHING_PROVED }]
        : [],
    failed: failed === undefined ? [] : [{ code: failed, message: failed }],
    rules: [],
    checks: [],
  };
}

/** What a test turns: what is judged, what is admitted, what is revoked. And what came of it. */
type World = {
  judge: () => Promise<Judgement>;
  admission: Admission;
  review: Admission;
  revoked: boolean;
  generation: number;
  until: number;
  stood: number;
  readonly asked: string[];
  readonly changes: DocumentChange[];
  readonly ends: number[];
};

function world() {
  const state: World = {
    judge: async () => ({ key: ONE, verdict: verdict() }),
    admission: { admitted: true },
    review: { admitted: true },
    revoked: false,
    generation: 0,
    until: Number.POSITIVE_INFINITY,
    asked: [],
    stood: 0,
    changes: [],
    ends: [],
  };
  const options: DocumentsOptions = {
    judge: () => state.judge(),
    stand: (found) => {
      state.stood += 1;
      const verified = found.by.length > 0 && !state.revoked;
      const failed = state.revoked ? [{ code: 'revoked_key' }] : found.failed.map(({ code }) => ({ code }));
      const signatures: Signatures = { verified, by: verified ? found.by.map(({ fact }) => fact) : [], failed };
      const [vouching, struck] = state.revoked ? [[], found.by] : [found.by, []];
      return { signatures, vouching, struck, until: state.until };
    },
    generation: () => state.generation,
    freshness: {
      admit: async () => {
        state.asked.push('admit');
        return state.admission;
      },
      review: async () => {
        state.asked.push('review');
        return state.review;
      },
    },
    now: () => 0,
    onChange: (change) => state.changes.push(change),
    onEnd: (time) => state.ends.push(time),
  };
  return { state, documents: createDocuments(options) };
}

function refused(code: Extract<Admission, { admitted: false }>['code']): Admission {
  return { admitted: false, code, message: code };
}

function codes(signatures: Signatures): readonly string[] {
  return signatures.failed.map(({ code }) => code);
}

function judgement(key: Sha256Digest, failed?: FailureCode) {
  return async () => ({ key, verdict: verdict(failed) });
}

describe('documents that are held', () => {
  it('are verified when their verdict holds and what was seen before admits them', async () => {
    const { state, documents } = world();
    const handle = await documents.hold(DOCUMENT);
    assert.deepEqual(documents.signatures(handle, 0), {
      verified: true,
      by: [{ authority: 'a', mode: 'keyed' }],
      failed: [],
    });
    assert.deepEqual(state.asked, ['admit']);
    assert.equal(handle.bytes, BYTES);
    assert.deepEqual(documents.verdict(handle), verdict());
  });

  it('are not admitted, nor remembered, when they do not hold', async () => {
    const { state, documents } = world();
    state.judge = judgement(ONE, 'signature_invalid');
    const handle = await documents.hold(DOCUMENT);
    assert.deepEqual(documents.signatures(handle, 0), {
      verified: false,
      by: [],
      failed: [{ code: 'signature_invalid' }],
    });
    assert.deepEqual(state.asked, []);
  });

  for (const code of ['downgraded', 'split_view', 'behind_mark', 'state_unavailable'] as const) {
    it(`are refused when what was seen before says ${code}, until it says otherwise`, async () => {
      const { state, documents } = world();
      state.admission = refused(code);
      const handle = await documents.hold(DOCUMENT);
      assert.deepEqual(documents.signatures(handle, 0), { verified: false, by: [], failed: [{ code }] });
      state.admission = { admitted: true };
      await documents.renew(false);
      assert.equal(documents.signatures(handle, 0).verified, true);
      assert.deepEqual(state.asked, ['admit', 'admit']);
      assert.deepEqual(
        state.changes.map((change) => change.type === 'verdict_changed' && change.verified),
        [true],
      );
    });
  }

  it('cost a look-up while nothing changes, and are looked at again when something does', async () => {
    const { state, documents } = world();
    state.until = 100;
    const handle = await documents.hold(DOCUMENT);
    const first = documents.signatures(handle, 50);
    const { stood } = state;
    assert.equal(documents.signatures(handle, 99), first);
    assert.equal(state.stood, stood);
    documents.signatures(handle, 100);
    assert.equal(state.stood, stood + 1, 'its end has come');
    documents.signatures(handle, 50);
    assert.equal(state.stood, stood + 2, 'an earlier time is another question');
    state.until = 1000;
    state.generation += 1;
    state.revoked = true;
    assert.deepEqual(codes(documents.signatures(handle, 50)), ['revoked_key']);
  });

  it('do not begin to hold by themselves: what lifts a refusal leads to their admission first', async () => {
    const { state, documents } = world();
    state.revoked = true;
    const handle = await documents.hold(DOCUMENT);
    state.revoked = false;
    state.generation += 1;
    assert.deepEqual(documents.signatures(handle, 0), {
      verified: false,
      by: [],
      failed: [{ code: 'verdict_expired' }],
    });
    state.admission = refused('downgraded');
    await documents.renew(false);
    assert.deepEqual(codes(documents.signatures(handle, 0)), ['downgraded']);
  });

  it('are reviewed when they are renewed, and an alarm tells of one that turned, once', async () => {
    const { state, documents } = world();
    const handle = await documents.hold(DOCUMENT);
    state.review = refused('split_view');
    await documents.renew(true);
    await documents.renew(true);
    assert.deepEqual(state.asked, ['admit', 'review', 'admit']);
    state.admission = refused('split_view');
    await documents.renew(true);
    assert.deepEqual(codes(documents.signatures(handle, 0)), ['split_view']);
    assert.deepEqual(
      state.changes.map((change) => change.type === 'verdict_changed' && [change.verified, ...change.codes]),
      [[false, 'split_view'], [true], [false, 'split_view']],
    );
  });

  it('are admitted again when more of them stands than was admitted, and are remembered no oftener', async () => {
    const { state, documents } = world();
    const found = verdict();
    const match = found.by[0] ?? assert.fail();
    const second = { ...match, authority: 'b' };
    const logged = {
      ...match.proved,
      logs: ['log'],
      checkpoints: [{ logId: 'c0', origin: 'log', size: '1', root: 'aa' }],
    };
    const renewedBy = async (...by: (typeof match)[]) => {
      state.judge = async () => ({ key: ONE, verdict: { ...found, by } });
      state.asked.length = 0;
      await documents.renew(true);
      return state.asked;
    };
    await documents.hold(DOCUMENT);
    assert.deepEqual(await renewedBy(match), ['review']);
    assert.deepEqual(await renewedBy(match, second), ['admit'], 'another authority');
    assert.deepEqual(await renewedBy(match, second), ['review']);
    assert.deepEqual(await renewedBy(match), ['review']);
    assert.deepEqual(await renewedBy(match, second), ['review'], 'it was admitted once');
    assert.deepEqual(await renewedBy({ ...match, proved: logged }), ['admit'], 'another log');
    const later = logged.checkpoints.map((one) => ({ ...one, size: '2' }));
    assert.deepEqual(
      await renewedBy({ ...match, proved: { ...logged, checkpoints: later } }),
      ['admit'],
      'another tree',
    );
    assert.deepEqual(await renewedBy({ ...match, proved: logged }, second), ['review']);
  });

  it('stay admitted while the store is away, and what more stands by then is admitted when it is back', async () => {
    const { state, documents } = world();
    const handle = await documents.hold(DOCUMENT);
    const found = verdict();
    const match = found.by[0] ?? assert.fail();
    state.judge = async () => ({ key: ONE, verdict: { ...found, by: [match, { ...match, authority: 'b' }] } });
    state.admission = refused('state_unavailable');
    await documents.renew(true);
    assert.deepEqual([documents.signatures(handle, 0).verified, documents.isSettled()], [true, false]);
    state.admission = { admitted: true };
    assert.equal(await documents.retry(), true);
    assert.deepEqual(state.asked, ['admit', 'admit', 'admit']);
  });

  it('stay admitted while the store is away', async () => {
    const { state, documents } = world();
    const handle = await documents.hold(DOCUMENT);
    state.review = refused('state_unavailable');
    await documents.renew(true);
    assert.equal(documents.signatures(handle, 0).verified, true);
    assert.deepEqual(state.changes, []);
  });

  it('keep their verdict when verifying the same again breaks off', async () => {
    const { state, documents } = world();
    const handle = await documents.hold(DOCUMENT);
    state.judge = judgement(ONE, 'timed_out');
    await documents.renew(true);
    assert.equal(documents.signatures(handle, 0).verified, true);
    assert.deepEqual(state.changes, [{ type: 'renewal_failed', codes: ['timed_out'], document: handle }]);
  });

  it('are reviewed also when verifying them again breaks off, and tried again', async () => {
    const { state, documents } = world();
    const handle = await documents.hold(DOCUMENT);
    state.judge = judgement(ONE, 'timed_out');
    state.review = refused('split_view');
    await documents.renew(false);
    assert.deepEqual(state.asked, ['admit', 'review']);
    assert.deepEqual(codes(documents.signatures(handle, 0)), ['split_view']);
    assert.deepEqual(
      state.changes.map((change) => [change.type, ...change.codes]),
      [
        ['renewal_failed', 'timed_out'],
        ['verdict_changed', 'split_view'],
      ],
    );
    assert.equal(documents.isSettled(handle), false);
    state.judge = judgement(ONE);
    assert.equal(await documents.retry(), true);
    assert.equal(documents.signatures(handle, 0).verified, true);
  });

  it('stay admitted while verifying breaks off and the store is away, and are tried again', async () => {
    const { state, documents } = world();
    const handle = await documents.hold(DOCUMENT);
    state.judge = judgement(ONE, 'timed_out');
    state.review = refused('state_unavailable');
    await documents.renew(false);
    assert.deepEqual([documents.signatures(handle, 0).verified, documents.isSettled(handle)], [true, false]);
    state.judge = judgement(ONE);
    assert.equal(await documents.retry(), false, 'the store is still away');
    state.review = refused('log_inconsistent');
    assert.equal(await documents.retry(), true);
    assert.deepEqual(codes(documents.signatures(handle, 0)), ['log_inconsistent']);
  });

  it('are not admitted by a renewal that breaks off', async () => {
    const { state, documents } = world();
    state.revoked = true;
    const handle = await documents.hold(DOCUMENT);
    state.revoked = false;
    state.generation += 1;
    state.judge = judgement(ONE, 'timed_out');
    await documents.renew(false);
    assert.deepEqual(codes(documents.signatures(handle, 0)), ['verdict_expired']);
    assert.deepEqual(state.asked, []);
    assert.equal(documents.isSettled(handle), false);
  });

  it('lose it when the question is another one, and verification breaks off', async () => {
    const { state, documents } = world();
    const handle = await documents.hold(DOCUMENT);
    state.judge = judgement(TWO, 'timed_out');
    await documents.renew(false);
    assert.deepEqual(codes(documents.signatures(handle, 0)), ['timed_out']);
    assert.deepEqual(
      state.changes.map(({ type }) => type),
      ['verdict_changed'],
    );
    state.judge = judgement(TWO);
    await documents.renew(true);
    assert.equal(documents.signatures(handle, 0).verified, true);
  });

  it('never take the answer of an earlier renewal for that of a later one', async () => {
    const { state, documents } = world();
    const handle = await documents.hold(DOCUMENT);
    const slow = Promise.withResolvers<Judgement>();
    state.judge = () => slow.promise;
    const earlier = documents.renew(true);
    state.judge = judgement(TWO, 'signature_invalid');
    await documents.renew(true);
    slow.resolve({ key: ONE, verdict: verdict() });
    await earlier;
    assert.deepEqual(codes(documents.signatures(handle, 0)), ['signature_invalid']);
  });

  it('are judged again at once when something changed while they were judged first', async () => {
    const { state, documents } = world();
    state.judge = async () => {
      state.generation += 1;
      state.judge = judgement(TWO, 'chain_invalid');
      return { key: ONE, verdict: verdict() };
    };
    const handle = await documents.hold(DOCUMENT);
    assert.deepEqual(codes(documents.signatures(handle, 0)), ['chain_invalid']);
  });

  it('are tried again, without the others, when verification broke off or the store was away', async () => {
    const { state, documents } = world();
    const good = await documents.hold(DOCUMENT);
    state.judge = judgement(ONE, 'timed_out');
    const late = await documents.hold(DOCUMENT);
    state.judge = judgement(ONE);
    state.admission = refused('state_unavailable');
    const away = await documents.hold(DOCUMENT);
    assert.deepEqual(
      [good, late, away].map((handle) => documents.isSettled(handle)),
      [true, false, false],
    );
    assert.equal(documents.isSettled(), false);
    assert.equal(await documents.retry(), false, 'the store is still away');
    state.admission = { admitted: true };
    state.asked.length = 0;
    assert.equal(await documents.retry(), true);
    assert.deepEqual(state.asked, ['admit', 'admit']);
    assert.ok([good, late, away].every((handle) => documents.signatures(handle, 0).verified));
    assert.equal(documents.isSettled(), true);
    state.asked.length = 0;
    assert.equal(await documents.retry(), true);
    assert.deepEqual(state.asked, [], 'nothing is left to try');
  });

  it('wish to be looked at when part of their verdict ends, and tell then that it did', async () => {
    const { state, documents } = world();
    const found = verdict();
    const match = found.by[0] ?? assert.fail();
    state.judge = async () => ({
      key: ONE,
      verdict: {
        ...found,
        by: [
          { ...match, notAfter: 70 },
          { ...match, notAfter: 50 },
        ],
      },
    });
    const handle = await documents.hold(DOCUMENT);
    assert.deepEqual(state.ends, [50]);
    documents.look();
    assert.deepEqual([state.ends, state.changes], [[50, 50], []]);
    state.revoked = true;
    documents.look();
    assert.deepEqual(state.changes, [
      { type: 'verdict_changed', verified: false, codes: ['revoked_key'], document: handle },
    ]);
    await documents.renew(true);
    assert.deepEqual(state.ends, [50, 50, 50, 50]);
  });

  it('are not verified once released, nor is a handle that was never given out', async () => {
    const { state, documents } = world();
    const handle = await documents.hold(DOCUMENT);
    assert.deepEqual(codes(documents.signatures({ ...handle }, 0)), ['verdict_expired']);
    documents.release(handle);
    assert.equal(documents.size(), 0);
    assert.deepEqual(documents.signatures(handle, 0), {
      verified: false,
      by: [],
      failed: [{ code: 'verdict_expired' }],
    });
    assert.equal(documents.verdict(handle), undefined);
    await documents.renew(true);
    assert.deepEqual(state.asked, ['admit']);
  });
});
