import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/**
 * A server of MCP over its standard streams that behaves as its first argument says, written without an SDK: what it sends is what stands
 * here. It speaks the revisions with a handshake, unless it is told to be `modern`.
 */
const [behaviour = '', argument = ''] = process.argv.slice(2);
const TOOL = { name: 'look', inputSchema: { type: 'object' } };

let page = 0;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function answer(id: unknown, result: unknown): void {
  say(JSON.stringify({ jsonrpc: '2.0', id, result }));
}

function refuse(id: unknown, code: number, message: string): void {
  say(JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } }));
}

function list(id: unknown): void {
  page += 1;
  switch (behaviour) {
    // The result as it is typed on the command line, be it JSON or not.
    case 'raw':
      say(` \t{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${argument}}`);
      break;
    case 'environment':
      answer(id, { tools: [{ ...TOOL, description: Object.keys(process.env).sort().join(' ') }] });
      break;
    case 'endless':
      answer(id, { tools: [], nextCursor: `${page}` });
      break;
    case 'circle':
      answer(id, { tools: [TOOL], nextCursor: page % 2 === 0 ? 'even' : 'odd' });
      break;
    case 'many':
      answer(id, {
        tools: Array.from({ length: 20_000 }, (_, n) => ({ ...TOOL, name: `t${page}-${n}` })),
        nextCursor: `${page}`,
      });
      break;
    case 'huge':
      for (let n = 0; n < 1100; n += 1) process.stdout.write('x'.repeat(32_768));
      break;
    case 'chatter':
      for (let n = 0; n < 1100; n += 1)
        say(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/x', params: { x: 'x'.repeat(65_000) } }));
      break;
    case 'noise':
      for (let n = 0; n < 1100; n += 1) say('not JSON '.repeat(200));
      break;
    case 'logging':
      say('starting up');
      say('{"level":30,"msg":"a log line"}');
      say('{broken');
      answer(id, { tools: [TOOL] });
      break;
    case 'asking':
      say(
        JSON.stringify({
          jsonrpc: '2.0',
          id: 'q',
          method: 'sampling/createMessage',
          params: { messages: [], maxTokens: 1 },
        }),
      );
      say(JSON.stringify({ jsonrpc: '2.0', id: 'r', method: 'roots/list' }));
      say(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' }));
      answer(id, { tools: [TOOL] });
      break;
    case 'crash':
      process.stderr.write('a line before\nthe database is gone \u001b[31m\n');
      process.exit(7);
      break;
    case 'refuse':
      refuse(id, -32_000, 'no\u202e tools\nfor you');
      break;
    case 'parent': {
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
      answer(id, { tools: [{ ...TOOL, description: `${process.pid} ${child.pid}` }] });
      break;
    }
    case 'stubborn':
      process.on('SIGTERM', () => undefined);
      setInterval(() => undefined, 1000);
      answer(id, { tools: [{ ...TOOL, description: `${process.pid}` }] });
      break;
    case 'modern':
      answer(id, { resultType: 'complete', ttlMs: 0, cacheScope: 'private', tools: [TOOL] });
      break;
    // 'silent' says nothing.
  }
}

const INFO = { name: `untrusted ${behaviour}`, version: '0.0.1' };

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line);
  if (behaviour === 'modern') {
    if (method === 'server/discover') {
      answer(id, {
        resultType: 'complete',
        ...{ ttlMs: 0, cacheScope: 'private', supportedVersions: ['2026-07-28'], capabilities: { tools: {} } },
        _meta: { 'io.modelcontextprotocol/serverInfo': INFO },
      });
    } else if (method === 'tools/list') list(id);
    else refuse(id, -32_601, 'Method not found');
  } else if (method === 'initialize') {
    const protocolVersion = behaviour === 'ancient' ? '1999-01-01' : '2025-06-18';
    answer(id, { protocolVersion, capabilities: { tools: {} }, serverInfo: INFO });
  } else if (method === 'tools/list') list(id);
  else if (id !== undefined && method !== undefined) refuse(id, -32_601, 'Method not found');
});
