import assert from 'node:assert/strict';
import { type LintOptions, lintCatalogue } from '../../src/catalogue/lint.ts';
import type { Json, JsonObject } from '../../src/model/json.ts';
import { bytes, definition, document, IDENTITY, toolDocument } from './documents.ts';

const now = Date.parse('2026-11-25T12:00:00Z');

function lint(value: Json, more: Partial<LintOptions> = {}) {
  const { problems, warnings } = lintCatalogue(bytes(value), 'c.json', { now, ...more });
  return { problems: problems.map(({ place }) => place), warnings: warnings.map(({ place }) => place), all: problems };
}

function withTools(...tools: readonly JsonObject[]): JsonObject {
  return { ...document({}), servers: { a: { identity: IDENTITY, tools } } };
}

describe('a catalogue document that is looked at', () => {
  it('passes, as a catalogue and as a tool', () => {
    assert.deepEqual(lint(document({ a: [definition('x')] })), { problems: [], warnings: [], all: [] });
    assert.deepEqual(lint(toolDocument('a', definition('x'))).problems, []);
  });

  it('has one problem where it is no JSON', () => {
    const { problems } = lintCatalogue(new TextEncoder().encode('{"a":'), 'c.json', { now });
    assert.equal(problems.length, 1);
    assert.equal(problems[0]?.place, '');
    assert.match(problems[0]?.problem ?? '', /c\.json is not strict JSON/);
  });

  it('tells what is wrong with its form, its names, its texts and its schemas at once', () => {
    const tool = { version: '1', definition: definition('one_tool'), proposed_effect: { effect: 'read', because: '' } };
    const value = {
      ...document({}),
      servers: {
        a: {
          identity: IDENTITY,
          tools: [
            tool,
            { ...tool, definition: definition('0ne_tool') },
            { ...tool, definition: definition('c', { type: 'object', required: 'x' }) },
            { ...tool, definition: definition('d', { type: 'object' }, { title: '\u200b' }) },
          ],
        },
        b: {
          identity: IDENTITY,
          tools: [{ ...tool, definition: definition('e', { type: 'object' }, { title: 'one_tool' }) }],
        },
        'b\u0435': { tools: [] },
      },
    };
    const { problems } = lint(value);
    assert.deepEqual(problems.toSorted(), [
      '/servers/a/tools/0/proposed_effect',
      '/servers/a/tools/1/definition/name',
      '/servers/a/tools/1/proposed_effect',
      '/servers/a/tools/2/definition/inputSchema',
      '/servers/a/tools/2/proposed_effect',
      '/servers/a/tools/3/definition/title',
      '/servers/a/tools/3/proposed_effect',
      '/servers/b/tools/0/definition/title',
      '/servers/b/tools/0/proposed_effect',
      '/servers/b\u0435',
      '/servers/b\u0435/identity',
    ]);
  });

  it('may mention what the operator allows', () => {
    const value = document({
      a: [definition('x', { type: 'object' }, { title: 'like read_file' })],
      b: [definition('read_file')],
    });
    assert.deepEqual(lint(value).problems, ['/servers/a/tools/0/definition/title']);
    assert.deepEqual(lint(value, { allowedMentions: new Map([['a/x', new Set(['b/read_file'])]]) }).problems, []);
  });

  it('has all of its schemas compiled', () => {
    const tools = Array.from({ length: 1_200 }, (_, number) =>
      definition(`t${number}_x`, { type: 'object', properties: { a: { minimum: number } } }),
    );
    const last = definition('last_x', { type: 'object', properties: { a: { $ref: '#nowhere' } } });
    const { problems, all } = lint(document({ a: [...tools, last] }));
    assert.deepEqual(problems, ['/servers/a/tools/1200/definition/inputSchema']);
    assert.match(all[0]?.problem ?? '', /a\/last_x does not compile/);
  });

  it('is warned of by its time', () => {
    const lintAt = (times: JsonObject) => lint({ ...document({}), ...times });
    assert.deepEqual(lintAt({ expires: '2026-11-25T12:00:00Z' }).problems, ['/expires']);
    assert.deepEqual(lintAt({ expires: '2026-11-25T12:00:01Z' }).warnings, ['/expires']);
    assert.deepEqual(lintAt({ expires: '2026-12-25T12:00:00Z' }).warnings, ['/expires']);
    assert.deepEqual(lintAt({ expires: '2026-12-25T12:00:01Z' }).warnings, []);
    assert.deepEqual(lintAt({ issued: '2026-11-25T12:00:01Z' }).warnings, ['/issued']);
  });

  it('is warned of where the server itself says that a tool does more than read', () => {
    const tool = (effect: string, annotations: JsonObject) => ({
      version: '1',
      effect,
      definition: definition('t', { type: 'object' }, { annotations }),
    });
    for (const [effect, annotations, warned] of [
      ['read', { destructiveHint: true }, true],
      ['read', { readOnlyHint: true, destructiveHint: true }, true],
      ['read', { readOnlyHint: false }, true],
      ['read', { readOnlyHint: true, destructiveHint: false }, false],
      ['read', { destructiveHint: 'true' }, false],
      ['write', { destructiveHint: true }, false],
      ['destructive', { destructiveHint: true }, false],
    ] as const) {
      const { problems, warnings } = lint(withTools(tool(effect, annotations)));
      assert.deepEqual(problems, []);
      assert.deepEqual(warnings, warned ? ['/servers/a/tools/0/effect'] : [], JSON.stringify([effect, annotations]));
    }
  });
});
