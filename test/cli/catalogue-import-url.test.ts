import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { sha256 } from '../../src/model/digest.ts';
import { withFolder } from '../policy/temporary.ts';
import { certificateFor } from '../state/certificate.ts';
import { type Ran, runCatalogue } from './catalogue-command.ts';

const EVERYTHING = fileURLToPath(
  new URL('../../node_modules/@modelcontextprotocol/server-everything/dist/index.js', import.meta.url),
);
const FIRST = ['--server', 'files', '--id', 'files', '--owner', 'platform'];
const TOOLS = { tools: [{ name: 'look', inputSchema: { type: 'object' } }] };

const read = (folder: string, file = 'files.json') => JSON.parse(readFileSync(join(folder, file), 'utf8'));
const importing = (folder: string, words: readonly string[], terminal = {}): Promise<Ran> =>
  runCatalogue(folder, ['import', ...FIRST, ...words], terminal);

function succeeded(ran: Ran): Ran {
  assert.equal(ran.exit, 0, ran.error?.message ?? 'ended badly');
  return ran;
}

function coded(ran: Ran, code: string): string {
  assert.equal(ran.error?.code, code, ran.error?.message ?? ran.out);
  return ran.error?.message ?? '';
}

type Asked = {
  readonly method: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
};
type Answer = (response: ServerResponse, id: unknown) => void;

/** A server of MCP over HTTP, written without an SDK, that answers `tools/list` as it is told to. */
async function withServer(list: Answer, use: (url: string, asked: Asked[]) => Promise<void>): Promise<void> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request.setEncoding('utf8')) body += piece;
    asked.push({ method: request.method, headers: request.headers, body });
    if (request.method !== 'POST') return void response.writeHead(request.method === 'DELETE' ? 200 : 405).end();
    const { id, method } = JSON.parse(body);
    if (id === undefined) return void response.writeHead(202).end();
    if (method === 'tools/list') return list(response, id);
    const serverInfo = { name: 'http', version: '1' };
    const result = { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo };
    json(response, JSON.stringify({ jsonrpc: '2.0', id, result }), { 'mcp-session-id': 'a-session' });
  });
  await listening(server);
  try {
    await use(`http://127.0.0.1:${portOf(server)}/mcp`, asked);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
}

function portOf(server: Pick<Server, 'address'>): number {
  const address: AddressInfo | string | null = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}

function json(response: ServerResponse, text: string, headers = {}): void {
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(text);
}

function events(response: ServerResponse, pieces: readonly (string | Uint8Array)[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const piece of pieces) response.write(piece);
  response.end();
}

const message = (id: unknown, result: unknown = TOOLS) => JSON.stringify({ jsonrpc: '2.0', id, result });

describe('exequatur catalogue import --url', () => {
  it('writes down whole what server-everything lists, the same as over its standard streams', () =>
    withFolder({}, async (folder) => {
      const free = createTcpServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => free.once('listening', resolve));
      const port = portOf(free);
      await new Promise((resolve) => free.close(resolve));
      const server = spawn(process.execPath, [EVERYTHING, 'streamableHttp'], {
        env: { ...process.env, PORT: String(port) },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      try {
        for await (const line of createInterface({ input: server.stderr })) if (line.includes(String(port))) break;
        const { err } = succeeded(await importing(folder, ['--url', `http://127.0.0.1:${port}/mcp`]));
        assert.match(err, /^warning the server has no identity.*--server-key/);
      } finally {
        server.kill('SIGKILL');
      }
      succeeded(await importing(folder, ['-o', 'stdio.json', '--stdio', '--', process.execPath, EVERYTHING]));
      assert.ok(read(folder).servers.files.tools.length >= 10);
      assert.deepEqual(read(folder).servers, read(folder, 'stdio.json').servers);
    }));

  it('sends the headers and the token that it was given, and writes none of them', () =>
    withFolder({ token: 'very-secret\n' }, (folder) =>
      withServer(
        (response, id) => json(response, message(id)),
        async (url, asked) => {
          const words = ['--url', url, '--header', 'X-Tenant: one', '--token-file', 'token', '--json'];
          const { out, err } = succeeded(await importing(folder, words));
          for (const { headers } of asked) {
            assert.deepEqual([headers.authorization, headers['x-tenant']], ['Bearer very-secret', 'one']);
          }
          // The session is ended, and nothing is listened to beside the answers.
          assert.deepEqual(
            asked.map(({ method }) => method),
            ['POST', 'POST', 'POST', 'DELETE'],
          );
          assert.doesNotMatch(out + err + readFileSync(join(folder, 'files.json'), 'utf8'), /very-secret/);
        },
      ),
    ));

  const good: Record<string, Answer> = {
    'one event': (response, id) => events(response, [`data: ${message(id)}\n\n`]),
    'lines ended by carriage returns': (response, id) =>
      events(response, [`event: message\r`, `\ndata:${message(id)}\r`, '\r']),
    'an event in pieces, split within a character': (response, id) => {
      const bytes = Buffer.from(`: a comment\nid: 1\ndata: ${message(id, { ...TOOLS, more: 'é' })}\n\n`);
      const middle = bytes.indexOf(0xc3) + 1;
      events(response, [bytes.subarray(0, 5), bytes.subarray(5, middle), bytes.subarray(middle)]);
    },
    'data on several lines, among notifications': (response, id) =>
      events(response, [
        'data: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}\n\n',
        `${JSON.stringify(JSON.parse(message(id)), null, 1).replaceAll(/^/gm, 'data: ')}\n\n`,
      ]),
    'another event with no data': (response, id) => events(response, [`id: 7\ndata\n\ndata: ${message(id)}\n\n`]),
    'JSON in any form': (response, id) => json(response, ` ${JSON.stringify(JSON.parse(message(id)), null, 2)}\n`),
  };
  for (const [name, answer] of Object.entries(good)) {
    it(`reads ${name}`, () =>
      withFolder({}, (folder) =>
        withServer(answer, async (url) => {
          succeeded(await importing(folder, ['--url', url]));
          assert.deepEqual(read(folder).servers.files.tools[0].definition, TOOLS.tools[0]);
        }),
      ));
  }

  it('resumes a stream that was broken off before the answer', () =>
    withFolder({}, async (folder) => {
      let resumed: string | undefined;
      const server = createServer(async (request, response) => {
        let body = '';
        for await (const piece of request.setEncoding('utf8')) body += piece;
        if (request.method === 'GET') {
          resumed = String(request.headers['last-event-id']);
          return events(response, [`data: ${message(1)}\n\n`]);
        }
        const { id, method } = JSON.parse(body === '' ? '{}' : body);
        if (method === 'tools/list') return events(response, ['id: first\nretry: 1\ndata\n\n']);
        if (id === undefined) return void response.writeHead(202).end();
        json(
          response,
          message(id, { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'x', version: '1' } }),
        );
      });
      await listening(server);
      try {
        succeeded(await importing(folder, ['--url', `http://127.0.0.1:${portOf(server)}/`]));
        assert.equal(resumed, 'first');
      } finally {
        server.closeAllConnections();
        server.close();
      }
    }));

  const big = 'x'.repeat(65_536);
  const flood = (response: ServerResponse, piece: string) => {
    const more = () => {
      while (!response.destroyed && response.write(piece));
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  };
  const bad: readonly (readonly [string, string, Answer])[] = [
    ['a member twice', 'mcp.not_json', (response, id) => json(response, message(id).replace('{', '{"id":0,'))],
    [
      'a member twice in an event',
      'mcp.not_json',
      (response, id) => events(response, [`data: ${message(id).replace('{', '{"id":0,')}\n\n`]),
    ],
    ['an event that is no JSON', 'mcp.not_json', (response) => events(response, ['data: x\n\n'])],
    [
      'an event that is not UTF-8',
      'mcp.not_json',
      (response) => events(response, [Buffer.from('data: \xff\n\n', 'latin1')]),
    ],
    ['what is no JSON', 'mcp.not_json', (response) => json(response, '<html>')],
    ['another type', 'mcp.protocol', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>')],
    [
      'too much JSON',
      'mcp.too_large',
      (response) => flood(response.writeHead(200, { 'content-type': 'application/json' }), big),
    ],
    [
      'too long an event',
      'mcp.too_large',
      (response) => flood(response.writeHead(200, { 'content-type': 'text/event-stream' }), `data: ${big}`),
    ],
    [
      'too many events',
      'mcp.too_large',
      (response) => flood(response.writeHead(200, { 'content-type': 'text/event-stream' }), `data: "${big}"\n\n`),
    ],
    ['status 401', 'mcp.not_authorized', (response) => response.writeHead(401).end()],
    ['status 403 and what it says', 'mcp.not_authorized', (response) => response.writeHead(403).end(big.repeat(100))],
    ['status 500', 'mcp.http_status', (response) => response.writeHead(500).end('oops')],
    [
      'an error',
      'mcp.refused',
      (response, id) => json(response, JSON.stringify({ jsonrpc: '2.0', id, error: { code: 1, message: 'no' } })),
    ],
    ['a broken connection', 'mcp.unreachable', (response) => response.destroy()],
  ];
  for (const [name, code, answer] of bad) {
    it(`refuses ${name} with ${code}`, () =>
      withFolder({}, (folder) =>
        withServer(answer, async (url) => {
          coded(await importing(folder, ['--url', url]), code);
          assert.deepEqual(readdirSync(folder), []);
        }),
      ));
  }

  it('carries nothing to another server that it is sent to', () =>
    withFolder({ token: 'very-secret' }, (folder) =>
      withServer(
        (response, id) => json(response, message(id)),
        (other, asked) =>
          withServer(
            (response) => response.writeHead(307, { location: other }).end(),
            async (url) => {
              coded(await importing(folder, ['--url', url, '--token-file', 'token']), 'mcp.http_status');
              assert.deepEqual(asked, []);
            },
          ),
      ),
    ));

  it('waits no longer than it was told to, and not at all once it is interrupted', () =>
    withFolder({}, (folder) =>
      withServer(
        () => undefined,
        async (url) => {
          coded(await importing(folder, ['--url', url, '--timeout', '0.3']), 'mcp.timed_out');
          const interruption = new AbortController();
          const progress = (text: string) => text.includes('page 1') && interruption.abort();
          coded(
            await importing(folder, ['--url', url], { interrupted: interruption.signal, progress }),
            'mcp.interrupted',
          );
        },
      ),
    ));

  it('names an https server by the key that it answers with, and only after its certificate was verified', () =>
    withFolder({}, async (folder) => {
      const { ca, certificate, key } = certificateFor('localhost', 'import');
      const server = createHttpsServer({ cert: certificate, key }, async (request, response) => {
        let body = '';
        for await (const piece of request.setEncoding('utf8')) body += piece;
        const { id, method } = JSON.parse(body === '' ? '{}' : body);
        if (id === undefined) return void response.writeHead(202).end();
        const hello = {
          protocolVersion: '2025-11-25',
          capabilities: {},
          serverInfo: { name: 'x', version: 'not one' },
        };
        json(response, message(id, method === 'tools/list' ? TOOLS : hello));
      });
      await listening(server);
      const url = `https://localhost:${portOf(server)}/mcp?tenant=a`;
      const before = getCACertificates('default');
      try {
        coded(await importing(folder, ['--url', url]), 'mcp.key_unavailable');
        setDefaultCACertificates([...before, ca]);
        const { err } = succeeded(await importing(folder, ['--url', `${url}#x`]));
        const spki = createPublicKey(certificate).export({ type: 'spki', format: 'der' });
        const { identity, tools } = read(folder).servers.files;
        assert.deepEqual(identity, { url, key: sha256(spki) });
        assert.equal(tools[0].version, 'unknown');
        assert.match(err, /^warning the address stands in the catalogue/);
        // The same key out of a file, without asking.
        const pem = { 'server.pem': certificate };
        await withFolder(pem, async (other) => {
          succeeded(await importing(other, ['--url', url, '--server-key', 'server.pem']));
          assert.deepEqual(read(other).servers.files.identity, identity);
        });
      } finally {
        setDefaultCACertificates(before);
        server.closeAllConnections();
        server.close();
      }
    }));

  it('takes the key of a server on this machine from a file', () =>
    withFolder({ 'server.pem': certificateFor('localhost', 'import').certificate }, (folder) =>
      withServer(
        (response, id) => json(response, message(id)),
        async (url) => {
          const { out } = succeeded(await importing(folder, ['--url', url, '--server-key', 'server.pem', '--json']));
          assert.equal(read(folder).servers.files.identity.url, url);
          assert.deepEqual(JSON.parse(out).imported.warnings, []);
        },
      ),
    ));
});
