import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { CommanderError } from 'commander';
import { sha256 } from '../../src/model/digest.ts';
import { withFolder } from '../policy/temporary.ts';
import { type Ran, runCatalogue } from './catalogue-command.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const SERVERS = join(root, 'node_modules/@modelcontextprotocol');
const UNTRUSTED = fileURLToPath(new URL('./untrusted-server.ts', import.meta.url));
const FIRST = ['--server', 'files', '--id', 'files', '--owner', 'platform'];

type Entry = {
  version: string;
  effect?: string;
  proposed_effect?: { effect: string; because: string };
  definition: Definition;
};
type Definition = { name: string; description?: string; [member: string]: unknown };
type Document = {
  id: string;
  version: number;
  issued: string;
  expires: string;
  owner: string;
  servers: Record<string, { source?: string; identity?: Record<string, string>; tools: Entry[] }>;
};

const read = (folder: string, file = 'files.json'): Document => JSON.parse(readFileSync(join(folder, file), 'utf8'));
const toolsOf = (document: Document) => Object.values(document.servers).flatMap(({ tools }) => tools);
const stdio = (...command: readonly string[]) => ['--stdio', '--', process.execPath, ...command];
const untrusted = (...words: readonly string[]) => stdio(UNTRUSTED, ...words);
const importing = (folder: string, words: readonly string[], terminal = {}): Promise<Ran> =>
  runCatalogue(folder, ['import', ...words], terminal);

function coded(ran: Ran, code: string): string {
  assert.equal(ran.error?.code, code, ran.error?.message ?? ran.out);
  return ran.error?.message ?? '';
}

/** All tools of a server over stdio, asked for without any SDK. */
async function rawTools(args: readonly string[]): Promise<unknown[]> {
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const send = (message: object) => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  const tools: unknown[] = [];
  try {
    const clientInfo = { name: 'raw', version: '0' };
    send({ id: 0, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo } });
    for await (const line of createInterface({ input: child.stdout })) {
      const { id, result } = JSON.parse(line);
      if (id === 0) send({ method: 'notifications/initialized' });
      if (id !== 0 && id !== 1) continue;
      if (id === 1) tools.push(...result.tools);
      if (id === 1 && result.nextCursor === undefined) break;
      send({ id: 1, method: 'tools/list', params: id === 1 ? { cursor: result.nextCursor } : {} });
    }
    return tools;
  } finally {
    child.kill('SIGKILL');
  }
}

describe('exequatur catalogue import', () => {
  for (const [name, args] of [
    ['server-filesystem', [join(SERVERS, 'server-filesystem/dist/index.js'), root]],
    ['server-everything', [join(SERVERS, 'server-everything/dist/index.js')]],
  ] as const) {
    it(`writes down whole what ${name} lists, for review`, () =>
      withFolder({}, async (folder) => {
        const { out, exit, error } = await importing(folder, [...FIRST, ...stdio(...args)]);
        assert.equal(exit, 0, error?.message ?? 'ended badly');
        const document = read(folder);
        const tools = toolsOf(document);
        const raw = await rawTools(args);
        assert.ok(raw.length >= 10);
        assert.deepEqual(
          tools.map(({ definition }) => definition),
          raw,
        );
        for (const { effect, proposed_effect } of tools) {
          assert.equal(effect, undefined);
          assert.match(proposed_effect?.because ?? '', /./);
        }
        assert.deepEqual([document.id, document.version, document.owner], ['files', 1, 'platform']);
        assert.equal(Date.parse(document.expires) - Date.parse(document.issued), 180 * 86_400_000);
        assert.match(out, /^written files\.json\n.*proposed.*next.*lint files\.json.*sign --key KEY files\.json/s);
        assert.deepEqual(readdirSync(folder), ['files.json']);
      }));
  }

  it('keeps members that nobody knows, and every character of every text', () =>
    withFolder({}, async (folder) => {
      const definition =
        '{"name":"look","description":"zero\\u200bwidth \\u202e \\u0000 é e\\u0301 🏴","inputSchema":{"type":"object","__proto__":{"x":1},"x-y":[1e-7,1.5,null]},' +
        '"annotations":{"own":true},"_meta":{"a":{"b":[[[]]]}},"execution":{"taskSupport":"forbidden"},"icons":[],"toJSON":"x","constructor":{},"1":1}';
      const raw = `{"tools":[${definition}],"resultType":"complete","_meta":{},"more":1}`;
      const { exit, error } = await importing(folder, [...FIRST, ...untrusted('raw', raw)]);
      assert.equal(exit, 0, error?.message ?? 'ended badly');
      const [entry] = toolsOf(read(folder));
      assert.deepEqual(entry?.definition, JSON.parse(definition));
      assert.ok(Object.hasOwn(Object(entry?.definition.inputSchema), '__proto__'));
    }));

  it('speaks to servers that know no handshake, and says which revision it spoke', () =>
    withFolder({}, async (folder) => {
      const { out, exit, error } = await importing(folder, [...FIRST, '--json', ...untrusted('modern')]);
      assert.equal(exit, 0, error?.message ?? 'ended badly');
      const { imported } = JSON.parse(out);
      assert.deepEqual([imported.protocol, imported.server_info.name], ['2026-07-28', 'untrusted modern']);
      const older = await importing(folder, [...FIRST, '-o', 'x', '--protocol', '2025-06-18', ...untrusted('modern')]);
      coded(older, 'mcp.refused');
      const newer = await importing(folder, [...FIRST, '-o', 'x', '--protocol', '2026-07-28', ...untrusted('logging')]);
      coded(newer, 'mcp.protocol');
    }));

  it('leaves out what no catalogue can list, and names it', () =>
    withFolder({}, async (folder) => {
      const tools = [
        ...[
          7,
          null,
          {},
          { name: 'a b', inputSchema: { type: 'object' } },
          { name: 'c\u200bd', inputSchema: { type: 'object' } },
        ],
        ...[{ name: 'no-schema' }, { name: 'other', inputSchema: { type: 'array' } }],
        { name: 'texts', title: 1, description: [], annotations: 1, outputSchema: [], inputSchema: { type: 'object' } },
        { name: 'good', inputSchema: { type: 'object' } },
      ];
      const ran = await importing(folder, [...FIRST, '--json', ...untrusted('raw', JSON.stringify({ tools }))]);
      assert.equal(ran.exit, 0, ran.error?.message ?? 'ended badly');
      const { imported } = JSON.parse(ran.out);
      assert.deepEqual(
        toolsOf(read(folder)).map(({ definition }) => definition.name),
        ['good'],
      );
      assert.deepEqual(
        imported.skipped.map(({ place }: { place: string }) => place),
        [
          '/tools/0',
          '/tools/1',
          '/tools/2/name',
          '/tools/2/inputSchema',
          '/tools/3/name',
          '/tools/4/name',
          '/tools/5/inputSchema',
          '/tools/6/inputSchema',
          '/tools/7/title',
          '/tools/7/description',
          '/tools/7/annotations',
          '/tools/7/outputSchema',
        ],
      );
      assert.equal(ran.err.match(/^warning left out: /gm)?.length, 12);
      assert.doesNotMatch(ran.err, /\u200b/);
    }));

  for (const [behaviour, code, more] of [
    ['endless', 'mcp.too_many', []],
    ['circle', 'mcp.protocol', []],
    ['many', 'mcp.too_many', []],
    ['huge', 'mcp.too_large', []],
    ['chatter', 'mcp.too_large', []],
    ['noise', 'mcp.not_json', []],
    ['crash', 'mcp.exited', []],
    ['refuse', 'mcp.refused', []],
    ['ancient', 'mcp.protocol', []],
    ['raw', 'mcp.no_tools', ['{"tools":[]}']],
    ['raw', 'mcp.no_tools', ['{"tools":[1]}']],
    ['raw', 'mcp.protocol', ['{"tools":{}}']],
    ['raw', 'mcp.protocol', ['{"tools":[],"nextCursor":1}']],
    ['raw', 'mcp.duplicate_tool', ['{"tools":[{"name":"a","inputSchema":{"type":"object"}},{"name":"a"}]}']],
    ['raw', 'mcp.not_json', ['{"tools":[{"name":"a","name":"b","inputSchema":{"type":"object"}}]}']],
    ['raw', 'mcp.not_json', ['{"tools":[{"name":"a","inputSchema":{"type":"object","maximum":9007199254740993}}]}']],
    ['raw', 'mcp.not_json', ['{"tools":[{"name":"\\ud800","inputSchema":{"type":"object"}}]}']],
    ['raw', 'mcp.not_json', [`{"tools":[{"name":"a","inputSchema":${'{"x":'.repeat(70)}1${'}'.repeat(70)}}]}`]],
  ] as const) {
    it(`refuses a server that is ${behaviour}${more.length === 0 ? '' : ` ${more[0]?.slice(0, 60)}`} with ${code}, and writes nothing`, () =>
      withFolder({}, async (folder) => {
        const message = coded(await importing(folder, [...FIRST, ...untrusted(behaviour, ...more)]), code);
        assert.doesNotMatch(message, /\p{C}/u);
        if (behaviour === 'crash') assert.match(message, /exit code 7.*a line before \| the database is gone/);
        assert.deepEqual(readdirSync(folder), []);
      }));
  }

  it('takes lines that are no messages for noise', () =>
    withFolder({}, async (folder) => {
      for (const behaviour of ['logging', 'asking']) {
        const { exit, error } = await importing(folder, [...FIRST, '-o', behaviour, ...untrusted(behaviour)]);
        assert.equal(exit, 0, error?.message ?? 'ended badly');
        assert.equal(toolsOf(read(folder, behaviour)).length, 1);
      }
    }));

  it('waits no longer than it was told to, and not at all once it is interrupted', () =>
    withFolder({}, async (folder) => {
      coded(await importing(folder, [...FIRST, '--timeout', '0.2', ...untrusted('silent')]), 'mcp.timed_out');
      coded(
        await importing(folder, [...FIRST, '--timeout', '0.2', ...stdio('-e', 'setInterval(() => 1, 1000)')]),
        'mcp.timed_out',
      );
      const interruption = new AbortController();
      const progress = (text: string) => text.includes('page 1') && interruption.abort();
      const interrupted = { interrupted: interruption.signal, progress };
      coded(await importing(folder, [...FIRST, ...untrusted('silent')], interrupted), 'mcp.interrupted');
      coded(await importing(folder, [...FIRST, ...untrusted('silent')], interrupted), 'mcp.interrupted');
      assert.deepEqual(readdirSync(folder), []);
    }));

  /** Whether a process is at work: one that has ended may still be listed, until whoever adopted it looks. */
  const isRunning = (pid: string) => {
    try {
      return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    } catch {
      return false;
    }
  };

  it('ends the server and what that started, also one that does not want to', async function () {
    if (process.platform !== 'linux') this.skip();
    await withFolder({}, async (folder) => {
      for (const behaviour of ['parent', 'stubborn']) {
        const { exit, error } = await importing(folder, [...FIRST, '-o', behaviour, ...untrusted(behaviour)]);
        assert.equal(exit, 0, error?.message ?? 'ended badly');
        const pids = toolsOf(read(folder, behaviour))[0]?.definition.description?.split(' ') ?? [];
        assert.match(pids.join(' '), /^\d+/);
        // Killed is killed, but not within the same instant.
        while (pids.some(isRunning)) await new Promise(setImmediate);
      }
    });
  });

  it('gives the server of the environment what it was told to, and nothing else', () =>
    withFolder({}, async (folder) => {
      const environment = { PATH: process.env.PATH, HOME: '/nowhere', TOKEN: 'secret', NODE_OPTIONS: '', OTHER: 'x' };
      const seen = async (...words: readonly string[]) => {
        const ran = await importing(folder, [...FIRST, '--force', ...words, ...untrusted('environment')], {
          environment,
        });
        assert.equal(ran.exit, 0, ran.error?.message ?? 'ended badly');
        // While coverage is taken, Node itself hands this one to every process.
        return String(toolsOf(read(folder))[0]?.definition.description).replace(' NODE_V8_COVERAGE', '');
      };
      assert.equal(await seen(), 'HOME PATH');
      assert.equal(await seen('--env', 'TOKEN', '--env', 'OTHER'), 'HOME OTHER PATH TOKEN');
      coded(
        await importing(folder, [...FIRST, '--env', 'NONE', ...untrusted('environment')], { environment }),
        'file.exists',
      );
      coded(
        await importing(folder, [...FIRST, '-o', 'y', '--env', 'NONE', ...untrusted('x')], { environment }),
        'usage',
      );
    }));

  it('replaces nothing unasked, and nothing but a catalogue when asked', () =>
    withFolder({ 'key.pem': 'secret', 'list.json': '[]', 'plan.json': '{"type":"plan"}' }, async (folder) => {
      const good = untrusted('raw', '{"tools":[{"name":"a","inputSchema":{"type":"object"}}]}');
      assert.equal((await importing(folder, [...FIRST, ...good])).exit, 0);
      const before = readFileSync(join(folder, 'files.json'), 'utf8');
      coded(await importing(folder, [...FIRST, ...good]), 'file.exists');
      assert.equal(readFileSync(join(folder, 'files.json'), 'utf8'), before);
      assert.equal((await importing(folder, [...FIRST, '--expires', '9d', '--force', ...good])).exit, 0);
      assert.notEqual(readFileSync(join(folder, 'files.json'), 'utf8'), before);
      for (const file of ['key.pem', 'list.json', 'plan.json', '.']) {
        coded(await importing(folder, [...FIRST, '-o', file, '--force', ...good]), 'catalogue.output_not_catalogue');
      }
      assert.equal(readFileSync(join(folder, 'key.pem'), 'utf8'), 'secret');
    }));

  it('makes the next version of a document, keeping what was reviewed of what is the same', () => {
    const definition = (name: string, description: string) => ({ name, description, inputSchema: { type: 'object' } });
    const tools = [
      definition('same', 'a'),
      definition('changed', 'b'),
      definition('gone', 'c'),
      definition('open', 'd'),
    ];
    const [same, changed, gone, open] = tools.map((one) => ({ version: '1', effect: 'destructive', definition: one }));
    const { effect: _, ...unreviewed } = { ...open };
    const old = {
      ...{ type: 'catalogue', id: 'mine', version: 41, issued: 'x', expires: 'y', owner: 'me' },
      servers: {
        other: { tools: [same], extra: 1 },
        files: {
          source: 'https://example.com',
          identity: { url: 'u', key: 'k' },
          tools: [same, changed, gone, unreviewed],
        },
        last: { tools: [] },
      },
    };
    return withFolder({ 'old.json': JSON.stringify(old) }, async (folder) => {
      const now = [
        definition('open', 'd'),
        definition('changed', 'B'),
        definition('same', 'a'),
        definition('new', 'e'),
      ];
      const raw = untrusted('raw', JSON.stringify({ tools: now }));
      const ran = await importing(folder, ['--server', 'files', '--update', 'old.json', '--json', ...raw]);
      assert.equal(ran.exit, 0, ran.error?.message ?? 'ended badly');
      const { imported } = JSON.parse(ran.out);
      assert.deepEqual(
        [imported.kept, imported.gone, imported.proposed],
        [1, ['gone'], { read: 0, write: 3, destructive: 0 }],
      );
      const { id, version, owner, servers } = read(folder);
      assert.deepEqual([id, version, owner], ['mine', 42, 'me']);
      assert.deepEqual(Object.keys(servers), ['other', 'files', 'last']);
      assert.deepEqual(servers.other, old.servers.other);
      // Whether it is still that package or that key, somebody has to say anew.
      assert.deepEqual([servers.files?.source, servers.files?.identity], ['https://example.com', undefined]);
      assert.deepEqual(
        servers.files?.tools.map((entry) => [entry.definition.name, entry.effect, entry.proposed_effect?.effect]),
        [
          ['open', undefined, 'write'],
          ['changed', undefined, 'write'],
          ['same', 'destructive', undefined],
          ['new', undefined, 'write'],
        ],
      );
      // One more server in the same document.
      const added = await importing(folder, ['--server', 'added', '--update', 'files.json', '--owner', 'you', ...raw]);
      assert.equal(added.exit, 0, added.error?.message ?? 'ended badly');
      const next = read(folder, 'added.json');
      assert.deepEqual(
        [Object.keys(next.servers), next.version, next.owner],
        [['other', 'files', 'last', 'added'], 43, 'you'],
      );
    });
  });

  it('writes the identity of a package, and the version that its name tells', () =>
    withFolder({ 'x.tgz': 'a package' }, async (folder) => {
      const good = untrusted('raw', '{"tools":[{"name":"a","inputSchema":{"type":"object"}}]}');
      const importFor = async (...words: readonly string[]) => {
        const ran = await importing(folder, [...FIRST, '--force', ...words, ...good]);
        assert.equal(ran.exit, 0, ran.error?.message ?? 'ended badly');
        const { files } = read(folder).servers;
        return { identity: files?.identity, version: files?.tools[0]?.version, warned: ran.err };
      };
      const hex = (algorithm: string) => createHash(algorithm).update('a package').digest('hex');
      assert.deepEqual(await importFor('--package', 'pkg:npm/%40a/b@1.2.3?x=y', '--package-file', 'x.tgz'), {
        identity: { package: 'pkg:npm/%40a/b@1.2.3?x=y', digest: `sha512:${hex('sha512')}` },
        ...{ version: '1.2.3', warned: '' },
      });
      assert.deepEqual(await importFor('--package', 'pkg:pypi/b', '--package-file', 'x.tgz'), {
        identity: { package: 'pkg:pypi/b', digest: `sha256:${hex('sha256')}` },
        ...{ version: '0.0.1', warned: '' },
      });
      const digest = sha256('x');
      assert.deepEqual(
        (await importFor('--package', 'pkg:npm/b', '--package-digest', digest)).identity?.digest,
        digest,
      );
      const without = await importFor();
      assert.equal(without.identity, undefined);
      assert.match(without.warned, /^warning the server has no identity.*--package/);
    }));

  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const FILES = {
    'public.pem': publicKey.export({ type: 'spki', format: 'pem' }),
    'private.pem': privateKey.export({ type: 'pkcs8', format: 'pem' }),
    token: 'two words\n',
    'old.json': '{"type":"catalogue"}',
    'twice.json': '{"type":1,"type":2}',
  };
  const url = (...words: readonly string[]) => [...FIRST, '--url', 'http://127.0.0.1:1/', ...words];
  for (const [name, words, code] of [
    ['neither a program nor an address', FIRST, 'usage'],
    ['both of them', url('--stdio', '--', 'x'), 'usage'],
    ['no program', [...FIRST, '--stdio'], 'usage'],
    ['a program for an address', url('--', 'x'), 'usage'],
    ['a program that is none', [...FIRST, '--stdio', '--', 'a-program-that-is-none'], 'mcp.not_started'],
    ['a server whose name is none', ['--server', 'a b', '--id', 'x', '--owner', 'y', ...untrusted('x')], 'usage'],
    ['a server that names no file', ['--server', '../x', '--id', 'x', '--owner', 'y', ...untrusted('x')], 'usage'],
    ['no id', ['--server', 'x', '--owner', 'y', ...untrusted('x')], 'usage'],
    ['no owner', ['--server', 'x', '--id', 'y', ...untrusted('x')], 'usage'],
    ['an owner of two lines', ['--server', 'x', '--id', 'y', '--owner', 'a\nb', ...untrusted('x')], 'usage'],
    ['a time that is over', [...FIRST, '--expires', '2020-01-01T00:00:00Z', ...untrusted('x')], 'usage'],
    [
      'a document to update that is none',
      ['--server', 'x', '--update', 'old.json', ...untrusted('logging')],
      'catalogue.not_updatable',
    ],
    ['one with a member twice', ['--server', 'x', '--update', 'twice.json', ...untrusted('x')], 'catalogue.not_json'],
    ['one that is missing', ['--server', 'x', '--update', 'none.json', ...untrusted('x')], 'file.unreadable'],
    ['a digest without a package', [...FIRST, '--package-digest', sha256('x'), ...untrusted('x')], 'usage'],
    ['a package without a digest', [...FIRST, '--package', 'pkg:npm/x', ...untrusted('x')], 'usage'],
    [
      'a package that is no package URL',
      [...FIRST, '--package', 'x', '--package-digest', sha256('x'), ...untrusted('x')],
      'usage',
    ],
    [
      'a digest that is none',
      [...FIRST, '--package', 'pkg:npm/x', '--package-digest', 'sha256:00', ...untrusted('x')],
      'usage',
    ],
    ['a key for a program', [...FIRST, '--server-key', 'public.pem', ...untrusted('x')], 'usage'],
    ['a private key', url('--server-key', 'private.pem'), 'mcp.key_unusable'],
    ['a key that is none', url('--server-key', 'token'), 'mcp.key_unusable'],
    ['a header for a program', [...FIRST, '--header', 'a: b', ...untrusted('x')], 'usage'],
    ['a variable for an address', url('--env', 'PATH'), 'usage'],
    ['a header that is none', url('--header', 'a\nb'), 'usage'],
    ['a token that is none', url('--token-file', 'token'), 'usage'],
    ['two tokens', url('--token-file', 'old.json', '--header', 'Authorization: x'), 'usage'],
    ['an address that is none', [...FIRST, '--url', 'x'], 'usage'],
    ['an address of another kind', [...FIRST, '--url', 'file:///etc/passwd'], 'usage'],
    ['an address with a password', [...FIRST, '--url', 'https://a:b@example.com/'], 'usage'],
    ['another machine over http', [...FIRST, '--url', 'http://example.com/'], 'usage'],
    ['an address where nobody is', url(), 'mcp.unreachable'],
    ['one by https', [...FIRST, '--url', 'https://127.0.0.1:1/'], 'mcp.key_unavailable'],
  ] as const) {
    it(`refuses ${name}`, () =>
      withFolder(FILES, async (folder) => {
        const message = coded(await importing(folder, words), code);
        assert.doesNotMatch(message, /two words|PRIVATE/);
        assert.deepEqual(readdirSync(folder).sort(), Object.keys(FILES).sort());
      }));
  }

  for (const words of [
    ['--timeout', '0'],
    ['--timeout', 'x'],
    ['--expires', '0d'],
    ['--expires', 'soon'],
    ['--protocol', '1'],
  ]) {
    it(`takes no ${words.join(' ')}`, () =>
      withFolder({}, async (folder) => {
        await assert.rejects(async () => {
          const { Command } = await import('commander');
          const { addCatalogueImport } = await import('../../src/cli/catalogue-import.ts');
          const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
          const nothing = () => undefined;
          const { signal: interrupted } = new AbortController();
          addCatalogueImport(command, {
            out: nothing,
            err: nothing,
            colour: false,
            cwd: folder,
            interrupted,
            setExit: nothing,
          });
          await command.parseAsync(['import', ...FIRST, ...words, ...untrusted('x')], { from: 'user' });
        }, CommanderError);
        assert.equal(existsSync(join(folder, 'files.json')), false);
      }));
  }
});
