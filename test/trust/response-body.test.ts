import assert from 'node:assert/strict';
import { readBody, whyFetchFailed } from '../../src/trust/response-body.ts';

describe('the body of a response', () => {
  it('is read to its end, and to so many bytes at most', async () => {
    assert.deepEqual(await readBody(new Response('four'), 4), Buffer.from('four'));
    assert.equal(await readBody(new Response('fives'), 4), undefined);
    assert.deepEqual(await readBody(new Response(null), 0), Buffer.alloc(0));
  });

  it('is called off at the bound, however much would come', async () => {
    let cancelled = false;
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(1000));
      },
      cancel() {
        cancelled = true;
      },
    });
    assert.equal(await readBody(new Response(endless), 2500), undefined);
    assert.ok(cancelled && pulled < 10, String(pulled));
  });

  it('that does not come is explained by the cause of what fetch throws', () => {
    assert.equal(
      whyFetchFailed(new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') })),
      whyFetchFailed(new Error('connect ECONNREFUSED')),
    );
  });
});
