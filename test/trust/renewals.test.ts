import assert from 'node:assert/strict';
import { createRenewals } from '../../src/trust/renewals.ts';

/** Renewals that end when the test says so. */
function world() {
  const begun: { readonly anew: boolean; readonly end: () => void }[] = [];
  const renewals = createRenewals((anew) => new Promise((end) => begun.push({ anew, end })));
  return { begun, renewals };
}

describe('renewals', () => {
  it('run one at a time, and those asked for meanwhile share the next', async () => {
    const { begun, renewals } = world();
    const first = renewals.ask(false);
    const [second, third] = [renewals.ask(false), renewals.ask(true)];
    assert.equal(begun.length, 1);
    begun[0]?.end();
    await first;
    await new Promise(setImmediate);
    assert.deepEqual(
      begun.map(({ anew }) => anew),
      [false, true],
    );
    const fourth = renewals.ask(false);
    begun[1]?.end();
    await Promise.all([second, third]);
    await new Promise(setImmediate);
    assert.equal(begun.length, 3, 'what was asked later begins later');
    begun[2]?.end();
    await fourth;
    const fifth = renewals.ask(true);
    begun[3]?.end();
    await fifth;
  });

  it('begin no more once closed, and what is under way is waited for', async () => {
    const { begun, renewals } = world();
    const first = renewals.ask(true);
    const second = renewals.ask(true);
    let ended = false;
    const closing = renewals.close().then(() => {
      ended = true;
    });
    await new Promise(setImmediate);
    assert.equal(ended, false);
    begun[0]?.end();
    await Promise.all([first, second, closing]);
    assert.equal(begun.length, 1);
    await renewals.ask(true);
    assert.equal(begun.length, 1);
  });
});
