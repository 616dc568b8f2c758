import assert from 'node:assert/strict';
import { createRetries } from '../../src/trust/retries.ts';

/** Time as a test lets it pass: one planned attempt after the other. */
function world(answers: boolean[]) {
  const planned: { readonly delay: number; readonly run: () => void }[] = [];
  let [cancelled, attempts] = [0, 0];
  const retries = createRetries(
    (delay, run) => {
      planned.push({ delay, run });
      return () => {
        cancelled += 1;
      };
    },
    async () => {
      attempts += 1;
      return answers.shift() ?? true;
    },
  );
  const pass = async () => {
    planned.at(-1)?.run();
    await new Promise(setImmediate);
  };
  return { retries, planned, pass, counts: () => ({ cancelled, attempts }) };
}

describe('retries', () => {
  it('come after ever longer times until nothing is left, and then begin anew', async () => {
    const { retries, planned, pass, counts } = world([false, false, false, false, false, false, false, true, true]);
    retries.want();
    retries.want();
    assert.equal(planned.length, 1);
    for (let attempt = 0; attempt < 8; attempt++) await pass();
    assert.deepEqual(
      planned.map(({ delay }) => delay / 1000),
      [15, 30, 60, 120, 240, 480, 600, 600],
    );
    assert.equal(counts().attempts, 8);
    retries.want();
    assert.equal(planned.at(-1)?.delay, 15_000);
  });

  it('are called off when closed', async () => {
    const { retries, planned, counts } = world([false]);
    retries.want();
    retries.close();
    retries.want();
    assert.equal(planned.length, 1);
    assert.deepEqual(counts(), { cancelled: 1, attempts: 0 });
  });
});
