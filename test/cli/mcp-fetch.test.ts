import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createMcpFetch } from '../../src/cli/mcp-fetch.ts';
import type { CodedError } from '../../src/errors.ts';

const EVENTS = { headers: { 'content-type': 'text/event-stream; charset=utf-8' } };

/** The body that the transport gets of an answer that comes in these pieces, and what was said to be wrong with it. */
async function through(
  pieces: readonly Uint8Array[],
  init: ResponseInit = EVENTS,
): Promise<{ text: string; failed: string[] }> {
  const failed: string[] = [];
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
  const fetch = createMcpFetch(
    async () => new Response(body, init),
    (error: CodedError) => void failed.push(error.code),
  );
  try {
    return { text: await (await fetch('http://localhost/', { method: 'POST' })).text(), failed };
  } catch {
    return { text: '', failed };
  }
}

const cut = (bytes: Uint8Array, places: readonly number[]): Uint8Array[] => {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.slice(index === 0 ? 0 : ends[index - 1], end));
};

describe('what is fetched for the protocol', () => {
  const line = fc.constantFrom(
    'data: {"é":',
    'data:1}',
    'data: {"a":[1,"𝄞"]}',
    ': comment',
    'id: 7',
    'event: message',
    '',
    'other: x',
  );

  it('is the same events, whatever the pieces that they come in', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 8 }),
        fc.constantFrom('\n', '\r', '\r\n'),
        fc.array(fc.nat(), { maxLength: 8 }),
        async (lines, end, places) => {
          const bytes = Buffer.from(lines.map((one) => `${one}${end}`).join(''));
          const whole = await through([Buffer.from(lines.map((one) => `${one}\n`).join(''))]);
          assert.deepEqual(await through(cut(bytes, places)), whole);
        },
      ),
    ));

  it('holds messages alone that were read strictly', async () => {
    const lines = ['id: 1', 'data: {"a":', 'data: 1e0, "__proto__":{}}', '', 'data', 'retry: 5', '', 'data:"x"', ''];
    assert.deepEqual(await through([Buffer.from(`${lines.join('\n')}\nnever ended`)]), {
      text: 'id: 1\ndata: {"a":1,"__proto__":{}}\n\nretry: 5\ndata\n\ndata: "x"\n\n',
      failed: [],
    });
    for (const data of ['{"a":1,"a":1}', '9007199254740993', '"\\ud800"', 'x']) {
      assert.deepEqual((await through([Buffer.from(`data: ${data}\n\n`)])).failed, ['mcp.not_json'], data);
    }
    assert.deepEqual(
      (await through([Buffer.from('{"a":1,"a":1}')], { headers: { 'content-type': 'application/json' } })).failed,
      ['mcp.not_json'],
    );
  });

  it('never listens to a server that was not asked, and resumes what was', async () => {
    const asked: string[] = [];
    const fetch = createMcpFetch(
      async (_url, init) => {
        asked.push(String(init?.method));
        return new Response(null, { status: 202 });
      },
      () => assert.fail('nothing fails'),
    );
    assert.equal((await fetch('http://localhost/', { method: 'GET' })).status, 405);
    assert.equal((await fetch('http://localhost/', { method: 'GET', headers: { 'last-event-id': '7' } })).status, 202);
    assert.deepEqual(asked, ['GET']);
  });
});
