import assert from 'node:assert/strict';
import { sha256 } from '../../src/model/digest.ts';
import type { FailureCode } from '../../src/trust/failure.ts';
import type { AuthorityMatch, DocumentVerdict } from '../../src/trust/verdict.ts';
import { createVerdicts, endOf, isLasting, keyOf, type Question } from '../../src/trust/verdicts.ts';
import { NOTHING_PROVED } from './proved.ts';

const QUESTION: Question = {
  document: sha256('document'),
  kind: 'catalogue',
  bundles: [sha256('one'), sha256('two')],
  content: sha256('content'),
  roots: { public: sha256('root') },
  authorities: sha256('authorities'),
  verifier: '1',
};

function match(authority: string, notAfter?: number): AuthorityMatch {
  return {
    authority,
    fact: { authority, mode: 'keyed' },
    reliesOn: { keys: [], certificates: [], identities: [] },
    proved: NOTHING_PROVED,
    ...(notAfter !== undefined && { notAfter }),
  };
}

function verdict(parts: { by?: readonly AuthorityMatch[]; failed?: FailureCode } = {}): DocumentVerdict {
  return {
    document: QUESTION.document,
    kind: QUESTION.kind,
    by: parts.by ?? [],
    failed: parts.failed === undefined ? [] : [{ code: parts.failed, message: parts.failed }],
    rules: [],
    checks: [],
  };
}

/** Questions by number, as different as need be. */
function question(number: number): Question {
  return { ...QUESTION, document: sha256(`${number}`) };
}

const never = () => Promise.reject(new Error('asked again'));

describe('verdicts', () => {
  it('are kept under everything that they follow from', () => {
    const others: readonly Question[] = [
      { ...QUESTION, document: sha256('other') },
      { ...QUESTION, kind: 'plan' },
      { ...QUESTION, bundles: [sha256('two'), sha256('one')] },
      { ...QUESTION, bundles: [sha256('one')] },
      { ...QUESTION, roots: { public: sha256('other') } },
      { ...QUESTION, roots: { private: sha256('root') } },
      { ...QUESTION, roots: {} },
      { ...QUESTION, content: sha256('other') },
      { ...QUESTION, authorities: sha256('other') },
      { ...QUESTION, roots: { public: 'root_stale' } },
      { ...QUESTION, verifier: '2' },
    ];
    assert.equal(new Set([QUESTION, ...others].map(keyOf)).size, others.length + 1);
    assert.equal(keyOf({ ...QUESTION }), keyOf(QUESTION));
  });

  it('are asked for once', async () => {
    const verdicts = createVerdicts(10, () => 0);
    const first = verdict();
    assert.equal(await verdicts.ask(QUESTION, async () => first), first);
    assert.equal(await verdicts.ask(QUESTION, never), first);
    assert.equal(verdicts.size(), 1);
  });

  it('are shared by those who ask at the same time', async () => {
    const verdicts = createVerdicts(10, () => 0);
    const { promise, resolve } = Promise.withResolvers<DocumentVerdict>();
    const [one, two] = [verdicts.ask(QUESTION, () => promise), verdicts.ask(QUESTION, never)];
    const found = verdict();
    resolve(found);
    assert.deepEqual([await one, await two], [found, found]);
  });

  it('give way when there are more than are kept, the one not asked for longest first', async () => {
    const verdicts = createVerdicts(2, () => 0);
    const found = verdict();
    await verdicts.ask(question(1), async () => found);
    await verdicts.ask(question(2), async () => found);
    await verdicts.ask(question(1), never);
    await verdicts.ask(question(3), async () => found);
    assert.equal(verdicts.size(), 2);
    await verdicts.ask(question(1), never);
    await verdicts.ask(question(3), never);
    await assert.rejects(verdicts.ask(question(2), never), /asked again/);
  });

  for (const code of ['timed_out', 'verifier_failed', 'key_not_yet_valid'] as const) {
    it(`are not kept when they say ${code}`, async () => {
      const verdicts = createVerdicts(10, () => 0);
      const failed = verdict({ failed: code });
      assert.equal(isLasting(failed), false);
      assert.equal(await verdicts.ask(QUESTION, async () => failed), failed);
      assert.equal(verdicts.size(), 0);
      const next = verdict();
      assert.equal(await verdicts.ask(QUESTION, async () => next), next);
    });
  }

  it('are kept when they say that a signature is wrong', async () => {
    const verdicts = createVerdicts(10, () => 0);
    await verdicts.ask(QUESTION, async () => verdict({ failed: 'signature_invalid' }));
    assert.equal(verdicts.size(), 1);
  });

  it('are not kept when verification throws, and the next one asks again', async () => {
    const verdicts = createVerdicts(10, () => 0);
    await assert.rejects(verdicts.ask(QUESTION, never), /asked again/);
    const found = verdict();
    assert.equal(await verdicts.ask(QUESTION, async () => found), found);
  });

  it('hold until the first of their matches ends', async () => {
    let now = 999;
    const verdicts = createVerdicts(10, () => now);
    const ending = verdict({ by: [match('a', 2000), match('b', 1000), match('c')] });
    assert.equal(endOf(ending), 1000);
    assert.equal(endOf(verdict({ by: [match('c')] })), Number.POSITIVE_INFINITY);
    await verdicts.ask(QUESTION, async () => ending);
    assert.equal(await verdicts.ask(QUESTION, never), ending);
    now = 1000;
    const after = verdict({ failed: 'key_expired' });
    assert.equal(await verdicts.ask(QUESTION, async () => after), after);
  });

  it('are renewed when that is asked for', async () => {
    const verdicts = createVerdicts(10, () => 0);
    const [before, after] = [verdict(), verdict({ failed: 'signature_invalid' })];
    await verdicts.ask(QUESTION, async () => before);
    assert.equal(await verdicts.ask(QUESTION, async () => after, true), after);
    assert.equal(await verdicts.ask(QUESTION, never), after);
  });

  it('are not lost when renewing them times out', async () => {
    const verdicts = createVerdicts(10, () => 0);
    const [before, late] = [verdict(), verdict({ failed: 'timed_out' })];
    await verdicts.ask(QUESTION, async () => before);
    assert.equal(await verdicts.ask(QUESTION, async () => late, true), late);
    assert.equal(await verdicts.ask(QUESTION, never), before);
  });

  it('never give way to one that was asked for earlier and came later', async () => {
    const verdicts = createVerdicts(10, () => 0);
    const [slow, fast] = [Promise.withResolvers<DocumentVerdict>(), Promise.withResolvers<DocumentVerdict>()];
    const [old, fresh] = [verdict(), verdict({ failed: 'signature_invalid' })];
    const earlier = verdicts.ask(QUESTION, () => slow.promise);
    const later = verdicts.ask(QUESTION, () => fast.promise, true);
    fast.resolve(fresh);
    assert.equal(await later, fresh);
    slow.resolve(old);
    assert.equal(await earlier, fresh, 'the earlier asker gets the newer answer');
    assert.equal(await verdicts.ask(QUESTION, never), fresh);
  });
});
