import assert from 'node:assert/strict';
import {
  MAX_DEFINITION_LENGTH,
  MAX_DOCUMENT_BYTES,
  parseCatalogue,
  readCatalogue,
} from '../../src/catalogue/document.ts';
import { canonicalize } from '../../src/model/canonical.ts';
import { sha256 } from '../../src/model/digest.ts';
import type { Json, JsonObject } from '../../src/model/json.ts';
import { thrownWith } from '../thrown.ts';
import { bytes, definition, document, IDENTITY, toolDocument } from './documents.ts';

const good = document({ files: [definition('read')] });

function refused(value: Json): string {
  return thrownWith('catalogue.invalid', () => parseCatalogue(bytes(value), 'c.json')).message;
}

function withTool(tool: Json): JsonObject {
  return { ...good, servers: { files: { identity: IDENTITY, tools: [tool] } } };
}

function withIdentity(identity: Json): JsonObject {
  return { ...good, servers: { files: { identity, tools: [] } } };
}

describe('a catalogue document', () => {
  it('keeps whole definitions, members that nobody knows included, and digests them', () => {
    const whole = definition('read', { type: 'object' }, { 'x-unknown': { deep: [1, null] }, icons: [] });
    const { header, content, about } = parseCatalogue(bytes(document({ files: [whole] })), 'c.json');
    assert.deepEqual(content.servers[0]?.tools[0], {
      name: 'read',
      id: 'files/read',
      version: '1',
      effect: 'read',
      definition: whole,
      inputSchema: { type: 'object' },
      digest: sha256(canonicalize(whole)),
      place: '/servers/files/tools/0',
    });
    assert.deepEqual(content.servers[0]?.identity, IDENTITY);
    assert.equal(content.owner, 'Tests');
    assert.deepEqual(header, {
      type: 'catalogue',
      id: 'test',
      version: 1,
      issued: Date.parse('2026-11-21T14:03:00Z'),
      expires: Date.parse('2036-11-21T14:03:00Z'),
    });
    assert.deepEqual(about, {
      servers: ['files'],
      tools: ['files/read'],
      planAgents: [],
      environments: [],
      effects: ['read'],
    });
  });

  it('may be of one tool alone, with the same facts at other places', () => {
    const whole = definition('read', { type: 'object' }, { description: 'Reads.' });
    const alone = parseCatalogue(bytes(toolDocument('files', whole)), 't.json');
    const among = parseCatalogue(bytes(document({ files: [whole] })), 'c.json');
    const [server] = alone.content.servers;
    assert.equal(alone.header.type, 'tool');
    assert.deepEqual(alone.about, among.about);
    assert.equal(server?.place, '/server');
    assert.deepEqual(server?.tools, [{ ...among.content.servers[0]?.tools[0], place: '/tool' }]);
  });

  it('may say what its authority may not vouch for: every server, tool and effect is told', () => {
    const servers = {
      a: { identity: IDENTITY, tools: [{ version: '1', effect: 'write', definition: definition('x') }] },
      b: { identity: IDENTITY, tools: [{ version: '1', effect: 'destructive', definition: definition('y') }] },
    };
    const { about } = parseCatalogue(bytes({ ...good, servers }), 'c.json');
    assert.deepEqual(about.servers, ['a', 'b']);
    assert.deepEqual(about.tools, ['a/x', 'b/y']);
    assert.deepEqual(about.effects, ['write', 'destructive']);
  });

  it('tells every problem at once, each with its place', () => {
    const message = refused({
      type: 'plan',
      id: '',
      version: 1.5,
      issued: '2026-02-30T00:00:00Z',
      owner: 'two\nlines',
      expires: 'never',
      surplus: 1,
      servers: {
        files: { identity: {}, tools: [{ version: 1, effect: 'harmless', definition: { name: 'a b' }, more: 1 }] },
        other: { tools: {} },
      },
    });
    for (const place of [
      '/surplus',
      '/expires',
      '/type',
      '/id',
      '/version',
      '/issued',
      '/owner',
      '/servers/files/identity',
      '/servers/files/tools/0/more',
      '/servers/files/tools/0/version',
      '/servers/files/tools/0/effect',
      '/servers/files/tools/0/definition/name',
      '/servers/files/tools/0/definition/inputSchema',
      '/servers/other/identity',
      '/servers/other/tools',
    ]) {
      assert.ok(message.includes(`\n  ${place}: `), `${place} is not named in\n${message}`);
    }
  });

  it('of one tool has nothing of a catalogue, and the other way round', () => {
    assert.match(refused({ ...toolDocument('a', definition('x')), servers: {} }), /\/servers: is not known here/);
    assert.match(refused({ ...good, server: {}, tool: {} }), /\/server: is not known here/);
    const { tool: _tool, ...without } = toolDocument('a', definition('x'));
    assert.match(refused(without), /\/tool: must be an object/);
    assert.match(refused({ ...toolDocument('a', definition('x')), server: { name: 'a b' } }), /\/server\/name: /);
  });

  it('refuses what is no JSON object, and JSON that two readers could understand differently', () => {
    refused([]);
    refused({});
    const twice = new TextEncoder().encode('{"type":"catalogue","type":"catalogue"}');
    thrownWith('catalogue.not_json', () => parseCatalogue(twice, 'c.json'));
    thrownWith('catalogue.not_json', () => parseCatalogue(new Uint8Array(MAX_DOCUMENT_BYTES + 1), 'c.json'));
  });

  for (const [what, name] of [
    ['a zero-width space', 'read\u200b'],
    ['a change of direction', 'read\u202e'],
    ['a blank', 'read file'],
    ['a control character', 'read\u0007'],
    ['nothing', ''],
    ['129 characters', 'x'.repeat(129)],
  ] as const) {
    it(`refuses ${what} as or in a name, and does not repeat it in the message`, () => {
      const message = refused(document({ files: [definition(name)] }));
      assert.match(message, /definition\/name/);
      for (const hidden of ['\u0007', '\u200b', '\u202e']) assert.ok(!message.includes(hidden));
      refused(document({ [name]: [definition('read')] }));
    });
  }

  it('refuses definitions whose known members have another type', () => {
    for (const [member, value] of [
      ['title', 1],
      ['description', {}],
      ['annotations', []],
      ['outputSchema', true],
    ] as const) {
      const tool = {
        version: '1',
        effect: 'read',
        definition: definition('t', { type: 'object' }, { [member]: value }),
      };
      assert.match(refused(withTool(tool)), new RegExp(`/definition/${member}: `));
    }
    assert.match(refused(document({ files: [definition('t', {})] })), /inputSchema\/type: must be "object"/);
    assert.match(refused(withTool(null)), /tools\/0: must be an object/);
  });

  it('refuses an effect that is only proposed, and says what to do', () => {
    const tool = { version: '1', definition: definition('t') };
    const proposed_effect = { effect: 'read', because: '"get" in its name' };
    const place = '/servers/files/tools/0';
    const message = refused(withTool({ ...tool, proposed_effect }));
    assert.match(
      message,
      new RegExp(`${place}/proposed_effect: is a proposal "read" that nobody has reviewed; .*"effect"`),
    );
    assert.ok(!message.includes(`${place}/effect: `), message);
    assert.match(refused(withTool({ ...tool, proposed_effect, effect: 'read' })), /proposed_effect: is a proposal/);
    assert.match(refused(withTool({ ...tool, proposed_effect: null })), /proposed_effect: is a proposal that/);
    assert.match(refused(withTool(tool)), new RegExp(`${place}/effect: must be`));
    assert.match(refused(withTool({ ...tool, effect: 'constructor' })), new RegExp(`${place}/effect: must be`));
  });

  it('refuses a definition that no request could hold', () => {
    const long = (length: number) =>
      document({ files: [definition('t', { type: 'object' }, { x: 'x'.repeat(length) })] });
    const frame = canonicalize(definition('t', { type: 'object' }, { x: '' })).length;
    parseCatalogue(bytes(long(MAX_DEFINITION_LENGTH - frame)), 'c.json');
    assert.match(refused(long(MAX_DEFINITION_LENGTH - frame + 1)), /definition: has 262145 characters/);
  });

  it('is read as far as it can be by whoever looks for more problems', () => {
    const tools = [null, { version: '1', definition: definition('t') }];
    const { problems, document: read } = readCatalogue(bytes({ ...good, servers: { files: { tools } } }), 'c.json');
    assert.equal(problems.length, 3);
    assert.deepEqual(read.about.tools, ['files/t']);
    assert.deepEqual(read.about.effects, ['destructive']);
  });

  it('counts what it does not spell out, and names its file in one line', () => {
    const many = Array.from({ length: 30 }, () => null);
    const value = { ...good, servers: { files: { identity: IDENTITY, tools: many } } };
    const { message } = thrownWith('catalogue.invalid', () => parseCatalogue(bytes(value), 'a\nforged.json'));
    assert.match(message, /and 10 more/);
    assert.ok(!message.includes('\nforged'));
  });
});

describe('the identity of a server', () => {
  const sha512 = `sha512:${'0f'.repeat(64)}`;
  const sha256Digest = `sha256:${'0f'.repeat(32)}`;

  for (const identity of [
    { url: 'https://mcp.example', key: sha256Digest },
    { url: 'http://127.0.0.1:8080/mcp?x=1', key: sha256Digest },
    { package: 'pkg:npm/%40scope/name@1.0.0', digest: sha512 },
    { package: 'any line of text', digest: sha256Digest },
  ]) {
    it(`may be ${JSON.stringify(identity).slice(0, 60)}`, () => {
      parseCatalogue(bytes(withIdentity(identity)), 'c.json');
    });
  }

  const mistakes: readonly (readonly [Json, RegExp])[] = [
    [null, /identity: must be an object/],
    [{}, /identity: must have either/],
    [{ url: 'https://mcp.example' }, /identity: must have either/],
    [{ url: 'https://mcp.example', digest: sha256Digest }, /identity: must have either/],
    [{ url: 'https://mcp.example', key: sha256Digest, package: 'x' }, /identity: must have either/],
    [{ url: 'https://mcp.example', key: sha256Digest, more: 1 }, /identity\/more: is not known/],
    [{ url: 'https://mcp.example', key: sha512 }, /identity\/key: /],
    [{ url: 'https://mcp.example', key: sha256Digest.toUpperCase() }, /identity\/key: /],
    [{ url: 'mcp.example', key: sha256Digest }, /identity\/url: /],
    [{ url: 'file:///etc/passwd', key: sha256Digest }, /identity\/url: /],
    [{ url: 'https://user@mcp.example', key: sha256Digest }, /identity\/url: /],
    [{ url: 'https://:pass@mcp.example', key: sha256Digest }, /identity\/url: /],
    [{ url: 'https://mcp.example/#', key: sha256Digest }, /identity\/url: /],
    [{ url: 'https://mcp.ex\tample/', key: sha256Digest }, /identity\/url: /],
    [{ url: `https://mcp.example/${'x'.repeat(2048)}`, key: sha256Digest }, /identity\/url: /],
    [{ url: 1, key: sha256Digest }, /identity\/url: /],
    [{ package: 'a\nb', digest: sha256Digest }, /identity\/package: /],
    [{ package: 'a', digest: 'sha1:00' }, /identity\/digest: /],
    [{ package: 'a', digest: `sha512:${'0f'.repeat(32)}` }, /identity\/digest: /],
  ];
  for (const [identity, message] of mistakes) {
    it(`may not be ${JSON.stringify(identity).slice(0, 80)}`, () => {
      assert.match(refused(withIdentity(identity)), message);
    });
  }
});
