import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { CodedError } from '../../src/errors.ts';
import { sha256 } from '../../src/model/digest.ts';
import { isJsonObject, type Json, type JsonObject } from '../../src/model/json.ts';
import { type Answer, codeIn, newWorld, postTo, serving } from './serving.ts';

const permitted = {
  subject: { type: 'agent', id: 'alice' },
  action: { name: 'tools/call', properties: { arguments: { path: '/' } } },
  resource: { type: 'tool', id: 'filesystem/read_text_file' },
};

function post(url: string, body: Json | Buffer, headers: Record<string, string> = {}): Promise<Answer> {
  return postTo(url, '/access/v1/evaluation', body, headers);
}

describe('POST /access/v1/evaluation', () => {
  it('answers a permit in AuthZEN’s words, after its record', async () => {
    const world = newWorld();
    await serving(world, async (url) => {
      const { status, body, headers } = await post(url, permitted, { 'X-Request-ID': 'req-1' });
      assert.equal(status, 200);
      assert.equal(headers.get('x-request-id'), 'req-1');
      assert.deepEqual(body, {
        decision: true,
        context: {
          evaluation_id: '0199f0a2-5b7c-7c31-a6f0-000000000000',
          evaluated_at: '2026-11-23T10:00:00.000Z',
          reasons: [],
          controls: { access: 'pass', note: 'pass' },
          obligations: [],
          expires_at: '2026-11-23T10:01:00.000Z',
          binding_hash: contextOf(body).binding_hash ?? '',
          policy: { revision: 'r1', digest: sha256('policy') },
          audit: { origin: 'test', index: 0 },
        },
      });
      assert.match(String(contextOf(body).binding_hash), /^[A-Za-z0-9_-]{43}$/);
      assert.equal(world.drafts.length, 1);
      assert.equal(world.drafts[0]?.body.request_id, 'req-1');
    });
  });

  it('answers a denial as 200, naming the control that failed and not one that passed with a note', async () => {
    await serving(newWorld(), async (url) => {
      const { status, body } = await post(url, { ...permitted, subject: { type: 'agent', id: 'mallory' } });
      assert.equal(status, 200);
      assert.equal(body.decision, false);
      assert.equal(contextOf(body).reason, 'access.no_grant');
      assert.ok(!Object.hasOwn(contextOf(body), 'expires_at'));
    });
  });

  it('keeps what a caller calls facts from the policy, and its payload out of the record', async () => {
    const world = newWorld();
    await serving(world, async (url) => {
      await post(url, { ...permitted, facts: { principal: { roles: ['admin'] } }, context: { secret: 'hunter2' } });
    });
    const [input, draft] = [world.inputs[0], world.drafts[0]];
    assert.ok(input !== undefined && draft !== undefined);
    assert.deepEqual(input.facts.principal, { issuer: 'asserted', id: 'alice', authenticated: true, roles: [] });
    assert.ok(!JSON.stringify(draft.body).includes('hunter2'));
    assert.ok(JSON.stringify(draft.payload).includes('hunter2'));
  });

  it('makes no decision where the record fails: 503, and nothing that could be read as a permit', async () => {
    const world = newWorld();
    world.append = async () => {
      throw new CodedError('audit.disk_full', 'no space left in /secret/folder');
    };
    await serving(world, async (url) => {
      const answer = await post(url, permitted);
      assert.equal(answer.status, 503);
      assert.equal(codeIn(answer), 'audit.disk_full');
      assert.ok(Number(answer.headers.get('retry-after')) > 0);
      assert.ok(!JSON.stringify(answer.body).includes('/secret'));
    });
    assert.deepEqual([world.refusals, world.recorded], [['audit.disk_full'], []]);
  });

  it('answers 500 without particulars where something breaks that nobody foresaw, and records it', async () => {
    const world = newWorld();
    world.evaluate = () => {
      throw new Error('secret particulars');
    };
    await serving(world, async (url) => {
      const answer = await post(url, permitted);
      assert.deepEqual([answer.status, codeIn(answer)], [500, 'internal_error']);
      assert.ok(!JSON.stringify(answer.body).includes('secret'));
    });
    assert.deepEqual(world.recorded, ['alice internal_error']);
    assert.equal(world.unexpected.length, 1);
  });

  const malformed: [string, string, Json | Buffer, Record<string, string>][] = [
    ['another content type', 'http.content_type', permitted, { 'Content-Type': 'text/plain' }],
    ['another charset', 'http.content_type', permitted, { 'Content-Type': 'application/json; charset=utf-16' }],
    ['a content encoding', 'http.content_encoding', permitted, { 'Content-Encoding': 'gzip' }],
    ['a request id with blanks', 'http.request_id', permitted, { 'X-Request-ID': 'a b' }],
    ['an empty body', 'json.syntax', Buffer.alloc(0), {}],
    ['a duplicate member', 'json.duplicate_key', Buffer.from('{"subject":{},"subject":{}}'), {}],
    ['a lone surrogate', 'json.lone_surrogate', Buffer.from('{"a":"\\ud800"}'), {}],
    ['too deep a body', 'json.too_deep', Buffer.from('['.repeat(100)), {}],
    ['too large a body', 'json.too_large', Buffer.from(`"${'a'.repeat(3000)}"`), {}],
    ['no subject', 'request.invalid', { ...permitted, subject: 1 }, {}],
  ];
  for (const [what, code, body, headers] of malformed) {
    it(`refuses ${what} with 400 ${code}, counted`, async () => {
      const world = newWorld();
      await serving(
        world,
        async (url) => {
          const answer = await post(url, body, headers);
          assert.deepEqual([answer.status, codeIn(answer)], [400, code]);
        },
        { body_bytes: 2048 },
      );
      assert.deepEqual([world.refusals, world.recorded, world.inputs], [[code], [], []]);
    });
  }

  it('records an error under the name of a caller that is identified', async () => {
    const world = newWorld();
    await serving(world, async (url) => {
      const answer = await post(url, { ...permitted, action: {} });
      assert.deepEqual([answer.status, codeIn(answer)], [400, 'request.invalid']);
    });
    assert.deepEqual([world.recorded, world.refusals], [['alice request.invalid'], []]);
  });

  it('takes a charset of UTF-8 for what it is', async () => {
    await serving(newWorld(), async (url) => {
      const { status } = await post(url, permitted, { 'Content-Type': 'application/json; charset=UTF-8' });
      assert.equal(status, 200);
    });
  });

  it('knows nobody where no authentication is configured: 401, counted, no record of a decision', async () => {
    const world = newWorld();
    await serving(
      world,
      async (url) => {
        const answer = await post(url, permitted);
        assert.deepEqual([answer.status, codeIn(answer)], [401, 'authentication.required']);
      },
      {},
      false,
    );
    assert.deepEqual([world.refusals, world.drafts, world.recorded], [['authentication.required'], [], []]);
  });

  it('answers 404 and 405 elsewhere', async () => {
    await serving(newWorld(), async (url) => {
      const elsewhere: [string, string, number, string][] = [
        ['GET', '/access/v1/evaluation', 405, 'http.method'],
        ['POST', '/access/v1/evaluation/', 404, 'http.not_found'],
        ['POST', '/Access/v1/evaluation', 404, 'http.not_found'],
        ['GET', '/', 404, 'http.not_found'],
        // A target that has no path at all.
        ['POST', 'http://[', 404, 'http.not_found'],
      ];
      for (const [method, path, status, code] of elsewhere) {
        const answer = await new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
          const { hostname, port } = new URL(url);
          const sent = httpRequest({ hostname, port, method, path }, (response) => {
            let text = '';
            response.setEncoding('utf8').on('data', (piece: string) => {
              text += piece;
            });
            response.on('end', () => resolve({ status: response.statusCode, text }));
          });
          sent.on('error', reject).end();
        });
        assert.deepEqual([answer.status, JSON.parse(answer.text).error.code], [status, code], `${method} ${path}`);
      }
    });
  });

  it('records a request that no record can hold as such, and does not ask its caller to retry', async () => {
    const world = newWorld();
    world.append = async () => {
      throw new CodedError('audit.record_too_large', 'the record would be 70000 bytes');
    };
    await serving(world, async (url) => {
      const answer = await post(url, permitted);
      assert.deepEqual([answer.status, codeIn(answer)], [400, 'audit.record_too_large']);
      assert.equal(answer.headers.get('retry-after'), null);
    });
    assert.deepEqual([world.recorded, world.refusals], [['alice audit.record_too_large'], []]);
  });

  it('sheds what exceeds the bound with 503 and Retry-After, and answers again afterwards', async () => {
    const world = newWorld();
    const { append } = world;
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let holding: () => void = () => undefined;
    const reached = new Promise<void>((resolve) => {
      holding = resolve;
    });
    world.append = async (draft) => {
      holding();
      await held;
      return append(draft);
    };
    await serving(
      world,
      async (url) => {
        const first = post(url, permitted);
        await reached;
        const second = await post(url, permitted);
        assert.deepEqual([second.status, codeIn(second)], [503, 'overload.in_flight']);
        assert.equal(second.headers.get('retry-after'), '1');
        release();
        assert.equal((await first).status, 200);
        assert.equal((await post(url, permitted)).status, 200);
      },
      { in_flight: 1 },
    );
    assert.deepEqual(world.refusals, ['overload.in_flight']);
  });

  it('refuses a body that ends before its length, and goes on', async () => {
    const world = newWorld();
    await serving(world, async (url) => {
      await new Promise<void>((resolve) => {
        const sent = httpRequest(`${url}/access/v1/evaluation`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', 'Content-Length': '100' },
        });
        sent.on('error', () => resolve());
        sent.write('{"subject":', () => sent.destroy());
        sent.on('close', () => resolve());
      });
      assert.equal((await post(url, permitted)).status, 200);
    });
    assert.equal(world.drafts.length, 1);
  });
});

function contextOf(body: JsonObject): JsonObject {
  const context = body.context;
  assert.ok(context !== undefined && isJsonObject(context));
  return context;
}
