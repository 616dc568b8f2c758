import assert from 'node:assert/strict';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCatalogue } from '../../src/catalogue/catalogue.ts';
import { MAX_DOCUMENT_BYTES, parseCatalogue } from '../../src/catalogue/document.ts';
import { loadCatalogue } from '../../src/catalogue/load.ts';
import { sha256 } from '../../src/model/digest.ts';
import type { Json, JsonObject } from '../../src/model/json.ts';
import { rejectedWith, thrownWith } from '../thrown.ts';
import { bytes, definition, document } from './documents.ts';

const good = document({ files: [definition('read')] });

function refused(value: Json): string {
  return thrownWith('catalogue.invalid', () => parseCatalogue(bytes(value), 'c.json')).message;
}

function withTool(tool: Json): JsonObject {
  return { ...good, servers: { files: { tools: [tool] } } };
}

describe('a catalogue document', () => {
  it('keeps whole definitions, members that nobody knows included', () => {
    const whole = definition('read', { type: 'object' }, { 'x-unknown': { deep: [1, null] }, icons: [] });
    const read = parseCatalogue(bytes(document({ files: [whole] })), 'c.json');
    assert.deepEqual(read.servers[0]?.tools[0]?.definition, whole);
    assert.equal(read.digest, sha256(bytes(document({ files: [whole] }))));
    assert.equal(read.servers[0]?.tools[0]?.place, '/servers/files/tools/0');
  });

  it('tells every problem at once, each with its place', () => {
    const message = refused({
      type: 'plan',
      id: '',
      version: 1.5,
      issued: '2026-02-30T00:00:00Z',
      owner: 'two\nlines',
      expires: 'never',
      servers: { files: { identity: {}, tools: [{ version: 1, effect: 'harmless', definition: { name: 'a b' } }] } },
    });
    for (const place of [
      '/expires',
      '/type',
      '/id',
      '/version',
      '/issued',
      '/owner',
      '/servers/files/identity',
      '/servers/files/tools/0/version',
      '/servers/files/tools/0/effect',
      '/servers/files/tools/0/definition/name',
      '/servers/files/tools/0/definition/inputSchema',
    ]) {
      assert.ok(message.includes(`\n  ${place}: `), `${place} is not named in\n${message}`);
    }
  });

  it('refuses what is no JSON object, and JSON that two readers could understand differently', () => {
    refused([]);
    refused({});
    const twice = new TextEncoder().encode('{"type":"catalogue","type":"catalogue"}');
    thrownWith('catalogue.not_json', () => parseCatalogue(twice, 'c.json'));
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

  it('counts what it does not spell out', () => {
    const many = Array.from({ length: 30 }, () => null);
    assert.match(refused({ ...good, servers: { files: { tools: many } } }), /and \d+ more/);
  });
});

describe('several catalogue documents', () => {
  const parsed = (value: JsonObject, source: string) => parseCatalogue(bytes(value), source);

  it('are one catalogue', () => {
    const catalogue = createCatalogue([
      parsed(document({ a: [definition('x')] }), 'a.json'),
      parsed(document({ b: [definition('x')] }, { id: 'other' }), 'b.json'),
    ]);
    assert.deepEqual([...catalogue.tools.keys()], ['a/x', 'b/x']);
  });

  it('collide where a joined id is the same, although server and tool differ; both places are named', () => {
    const error = thrownWith('catalogue.invalid', () =>
      createCatalogue([
        parsed(document({ a: [definition('b/c')] }), 'a.json'),
        parsed(document({ 'a/b': [definition('c')] }, { id: 'other' }), 'b.json'),
      ]),
    );
    assert.match(error.message, /b\.json/);
    assert.match(error.message, /a\.json \/servers\/a\/tools\/0/);
    assert.match(error.message, /\/servers\/a~1b\/tools\/0/);
  });

  it('collide within one document too', () => {
    const twice = parsed(document({ a: [definition('x'), definition('x')] }), 'a.json');
    thrownWith('catalogue.invalid', () => createCatalogue([twice]));
  });

  it('may not share an id', () => {
    const documents = [parsed(good, 'a.json'), parsed(document({ b: [] }), 'b.json')];
    assert.match(thrownWith('catalogue.invalid', () => createCatalogue(documents)).message, /id of a\.json/);
  });

  it('are refused with the place of a schema that cannot be used', () => {
    const broken = parsed(
      document({ a: [definition('x'), definition('y', { type: 'object', minProperties: 'one' })] }),
      'a.json',
    );
    const error = thrownWith('catalogue.invalid', () => createCatalogue([broken]));
    assert.match(error.message, /\/servers\/a\/tools\/1\/definition\/inputSchema: a\/y /);
  });

  it('are measured before they are read', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'exequatur-'));
    try {
      const file = join(folder, 'large.json');
      await writeFile(file, '');
      await truncate(file, MAX_DOCUMENT_BYTES + 1);
      await rejectedWith('catalogue.too_large', loadCatalogue([file]));
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('must exist', async () => {
    await rejectedWith('catalogue.unreadable', loadCatalogue(['no/such/catalogue.json']));
  });
});
