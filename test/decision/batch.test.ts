import assert from 'node:assert/strict';
import { evaluateInBatches } from '../../src/decision/batch.ts';
import type { PolicyInput } from '../../src/decision/ports.ts';
import { sha256 } from '../../src/model/digest.ts';

const inputOf = (id: string): PolicyInput => ({ subject: { id }, action: {}, resource: {}, context: {}, facts: {} });
const answerTo = ({ subject }: PolicyInput) => ({
  verdict: { permit: subject.id === 'alice', controls: {}, reasons: [], obligations: [] },
  policy: { revision: String(subject.id), digest: sha256('x') },
});

/** Runs what was put off when told to. */
function turns(): { later: (run: () => void) => void; pending: (() => void)[] } {
  const pending: (() => void)[] = [];
  return { later: (run) => void pending.push(run), pending };
}

describe('evaluation in batches', () => {
  it('answers each input by itself, in the order of arrival, in one turn', async () => {
    const { later, pending } = turns();
    const order: unknown[] = [];
    const evaluate = evaluateInBatches(
      (input) => {
        order.push(input.subject.id);
        return answerTo(input);
      },
      later,
      () => 0,
    );
    const answers = ['alice', 'bob', 'carol'].map((id) => evaluate(inputOf(id)));
    assert.deepEqual([order, pending.length], [[], 1]);
    pending[0]?.();
    assert.deepEqual(
      (await Promise.all(answers)).map(({ verdict, policy }) => [policy.revision, verdict.permit]),
      [
        ['alice', true],
        ['bob', false],
        ['carol', false],
      ],
    );
    assert.deepEqual(order, ['alice', 'bob', 'carol']);
  });

  it('lets what is thrown for one input touch no other', async () => {
    const { later, pending } = turns();
    const evaluate = evaluateInBatches(
      (input) => {
        if (input.subject.id === 'bob') throw new Error('broken');
        return answerTo(input);
      },
      later,
      () => 0,
    );
    const answers = ['alice', 'bob', 'carol'].map((id) => evaluate(inputOf(id)));
    pending[0]?.();
    const settled = await Promise.allSettled(answers);
    assert.deepEqual(
      settled.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
  });

  it('takes what arrives afterwards into the next turn', async () => {
    const { later, pending } = turns();
    const evaluate = evaluateInBatches(answerTo, later, () => 0);
    const first = evaluate(inputOf('alice'));
    pending[0]?.();
    const second = evaluate(inputOf('bob'));
    assert.equal(pending.length, 2);
    pending[1]?.();
    assert.deepEqual([(await first).verdict.permit, (await second).verdict.permit], [true, false]);
  });

  it('ends a turn that takes long, and goes on in the next one', async () => {
    const { later, pending } = turns();
    const order: unknown[] = [];
    let clock = 0;
    const evaluate = evaluateInBatches(
      (input) => {
        order.push(input.subject.id);
        clock += 3;
        return answerTo(input);
      },
      later,
      () => clock,
    );
    const answers = ['a', 'b', 'c', 'd', 'e'].map((id) => evaluate(inputOf(id)));
    pending.shift()?.();
    assert.deepEqual([order, pending.length], [['a', 'b'], 1]);
    pending.shift()?.();
    assert.deepEqual([order.length, pending.length], [4, 1]);
    pending.shift()?.();
    assert.deepEqual([order.join(''), pending.length], ['abcde', 0]);
    assert.equal((await Promise.all(answers)).length, 5);
  });
});
