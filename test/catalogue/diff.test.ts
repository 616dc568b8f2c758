import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type CatalogueDiff, diffCatalogues } from '../../src/catalogue/diff.ts';
import { canonicalize } from '../../src/model/canonical.ts';
import { isJsonObject, type Json, type JsonObject } from '../../src/model/json.ts';
import { parseStrictJsonText } from '../../src/model/strict-json.ts';

const tool = (name: string, more: JsonObject = {}): JsonObject => ({
  version: '1.0.0',
  effect: 'read',
  definition: {
    name,
    description: `Does ${name}.`,
    inputSchema: { type: 'object', properties: { path: { type: 'string' } } },
  },
  ...more,
});

const catalogue = (servers: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: 'catalogue',
  id: 'tools',
  version: 1,
  issued: '2026-01-01T00:00:00Z',
  expires: '2027-01-01T00:00:00Z',
  owner: 'platform',
  servers,
  ...more,
});

const one = (...tools: Json[]) =>
  catalogue({ files: { identity: { package: 'pkg:npm/x', digest: 'sha256:00' }, tools } });

function only(diff: CatalogueDiff) {
  const [server, ...others] = diff.servers;
  assert.ok(server !== undefined && others.length === 0, JSON.stringify(diff));
  assert.deepEqual([diff.document, diff.came, diff.went], [[], [], []]);
  return server;
}

describe('the difference of two catalogues', () => {
  it('is nothing for the same, in whatever order members stand', () => {
    const { servers, ...head } = one(tool('a'));
    assert.deepEqual(diffCatalogues(one(tool('a')), { servers: servers ?? null, ...head }), {
      ...{ equal: true, document: [], came: [], went: [], servers: [] },
    });
  });

  it('names what changed of the document', () => {
    const diff = diffCatalogues(one(), { ...one(), version: 2, owner: 'somebody', note: 'x' });
    assert.deepEqual(diff.document, [
      { pointer: '/version', from: 1, to: 2 },
      { pointer: '/owner', from: 'platform', to: 'somebody' },
      { pointer: '/note', to: 'x' },
    ]);
    assert.equal(diff.equal, false);
  });

  it('names servers and tools that came and went', () => {
    const servers = diffCatalogues(catalogue({ a: { tools: [tool('x')] } }), catalogue({ b: { tools: [tool('x')] } }));
    assert.deepEqual(
      [servers.went, servers.came].map((list) => list.map(({ server, tools }) => [server, tools.map(({ id }) => id)])),
      [[['a', ['a/x']]], [['b', ['b/x']]]],
    );
    const { came, went, changed, reordered } = only(
      diffCatalogues(one(tool('x'), tool('y')), one(tool('y'), tool('z'))),
    );
    assert.deepEqual(
      [came.map(({ id }) => id), went.map(({ id }) => id), changed, reordered],
      [['files/z'], ['files/x'], [], false],
    );
  });

  it('tells a changed effect apart from what else changed, and a proposal from an effect', () => {
    const proposal = { effect: 'read', because: 'its name' };
    const { effect: _, ...unreviewed } = tool('x');
    const before = one({ ...unreviewed, proposed_effect: proposal });
    const { changed } = only(diffCatalogues(before, one(tool('x', { effect: 'read', version: '2.0.0' }))));
    assert.deepEqual(changed, [
      {
        id: 'files/x',
        effect: { from: { proposed_effect: proposal }, to: { effect: 'read' } },
        changes: [{ pointer: '/version', from: '1.0.0', to: '2.0.0' }],
      },
    ]);
  });

  it('points to what changed in a definition and in an identity', () => {
    const before = one(
      tool('x', { definition: { name: 'x', inputSchema: { required: ['a'], oneOf: [{ 'a/b~': 1 }] } } }),
    );
    const after = one(
      tool('x', { definition: { name: 'x', inputSchema: { required: ['b', 'a'], oneOf: [{ 'a/b~': 2 }, {}] } } }),
    );
    const { changed } = only(diffCatalogues(before, after));
    assert.deepEqual(changed[0]?.changes, [
      { pointer: '/definition/inputSchema/required', from: ['a'], to: ['b', 'a'] },
      { pointer: '/definition/inputSchema/oneOf/0/a~1b~0', from: 1, to: 2 },
      { pointer: '/definition/inputSchema/oneOf/1', to: {} },
    ]);
    const other = catalogue({ files: { identity: { package: 'pkg:npm/x', digest: 'sha256:11' }, tools: [] } });
    assert.deepEqual(only(diffCatalogues(one(), other)).changes, [
      { pointer: '/identity/digest', from: 'sha256:00', to: 'sha256:11' },
    ]);
  });

  it('takes nothing for another thing of the same spelling', () => {
    for (const [from, to] of [
      [1, '1'],
      [null, 'null'],
      [true, 'true'],
      [[], {}],
      [[1], ['1']],
      ['', null],
    ] as const) {
      const [a, b] = [one(tool('x', { x: from })), one(tool('x', { x: to }))];
      assert.deepEqual(only(diffCatalogues(a, b)).changed[0]?.changes, [{ pointer: '/x', from, to }]);
    }
  });

  it('sees that tools were only put in another order', () => {
    const { reordered, changed } = only(diffCatalogues(one(tool('x'), tool('y')), one(tool('y'), tool('x'))));
    assert.deepEqual([reordered, changed], [true, []]);
  });

  it('compares documents of one tool', () => {
    const document = (effect: string) => ({
      ...{
        type: 'tool',
        id: 'x',
        version: 1,
        owner: 'o',
        server: { name: 'files', source: 's' },
        tool: tool('x', { effect }),
      },
    });
    const { server, changed } = only(diffCatalogues(document('read'), document('write')));
    assert.deepEqual([server, changed[0]?.effect], ['files', { from: { effect: 'read' }, to: { effect: 'write' } }]);
  });

  it('compares what lint would refuse', () => {
    const { changed } = only(
      diffCatalogues(one(tool('x'), tool('x'), 7, {}), one(tool('x'), tool('x', { version: '2' }), 8, {})),
    );
    assert.deepEqual(
      changed.map(({ id, changes }) => [id, changes]),
      [
        ['files/x (2)', [{ pointer: '/version', from: '1.0.0', to: '2' }]],
        ['files/(tool 3, without a name)', [{ pointer: '', from: 7, to: 8 }]],
      ],
    );
    const broken = diffCatalogues(catalogue({ a: { tools: {} }, b: 1 }), { ...catalogue({}), servers: [] });
    assert.deepEqual(broken.document, [{ pointer: '/servers', from: { a: { tools: {} }, b: 1 }, to: [] }]);
    const proto = parseStrictJsonText('{"type":"catalogue","servers":{"__proto__":{"tools":[]}}}');
    assert.ok(isJsonObject(proto));
    assert.equal(diffCatalogues(proto, { type: 'catalogue', servers: {} }).went[0]?.server, '__proto__');
  });

  /** Documents that are nearly catalogues: small names meet often, so that parts differ in part. */
  const json = fc.letrec<{ value: Json; member: JsonObject }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom<Json>(null, true, 0, 1, -1, '', 'a', 'null', 'true', '1'),
      fc.array(tie('value'), { maxLength: 3 }),
      tie('member'),
    ),
    member: fc.dictionary(fc.constantFrom('a', 'name', 'effect', '__proto__', 'x/y'), tie('value'), { maxKeys: 4 }),
  }));
  const nearTool = fc.record(
    { version: json.value, effect: json.value, definition: json.member },
    { requiredKeys: [] },
  );
  const nearServer = fc.record({
    identity: json.value,
    tools: fc.array(fc.oneof(nearTool, json.value), { maxLength: 3 }),
  });
  const near = fc
    .record(
      {
        type: fc.constantFrom('catalogue', 'tool'),
        version: json.value,
        servers: fc.oneof(
          fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), fc.oneof(nearServer, json.value)),
          json.value,
        ),
        server: json.member,
        tool: nearTool,
      },
      { requiredKeys: ['type'] },
    )
    .map((value) => {
      const document = parseStrictJsonText(JSON.stringify(value));
      assert.ok(isJsonObject(document));
      return document;
    });

  it('is empty for equal documents and for no others', () => {
    fc.assert(
      fc.property(near, near, (a, b) => {
        const same = canonicalize(a) === canonicalize(b);
        assert.equal(diffCatalogues(a, b).equal, same);
        assert.equal(diffCatalogues(a, structuredClone(a)).equal, true);
      }),
      { numRuns: 3000 },
    );
  });

  it('is the same from the other side, with before and after exchanged', () => {
    const swapped = ({ document, came, went }: CatalogueDiff) => [
      document.map(({ pointer, from, to }) => JSON.stringify([pointer, to, from])).sort(),
      went.map(({ server }) => server).sort(),
      came.map(({ server }) => server).sort(),
    ];
    const straight = ({ document, came, went }: CatalogueDiff) => [
      document.map(({ pointer, from, to }) => JSON.stringify([pointer, from, to])).sort(),
      came.map(({ server }) => server).sort(),
      went.map(({ server }) => server).sort(),
    ];
    fc.assert(
      fc.property(near, near, (a, b) =>
        assert.deepEqual(swapped(diffCatalogues(a, b)), straight(diffCatalogues(b, a))),
      ),
    );
  });
});
