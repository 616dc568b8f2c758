import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createArgumentChecks } from '../../src/catalogue/argument-checks.ts';
import { createCatalogueIndex } from '../../src/catalogue/catalogue.ts';
import { createArgumentsExplainer, createToolLookUp } from '../../src/catalogue/look-up.ts';
import { canonicalize } from '../../src/model/canonical.ts';
import { sha256 } from '../../src/model/digest.ts';
import type { ToolFacts } from '../../src/model/facts.ts';
import type { Json } from '../../src/model/json.ts';
import { active, catalogueOf, definition, document, idle, SIGNED, shelfOf, toolDocument } from './documents.ts';

const NOW = Date.parse('2026-11-25T12:00:00Z');
const delete_pod = definition(
  'pods/delete',
  { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
  { description: 'Deletes a pod', annotations: { readOnlyHint: true } },
);
const catalogue = catalogueOf(
  document({
    kube: [delete_pod, definition('list')],
    'kube/pods': [definition('get')],
    other: [definition('pods/get')],
  }),
);
const lookUp = createToolLookUp(catalogue);

function tool(id: string, properties?: Record<string, Json>) {
  return { type: 'tool', id, ...(properties === undefined ? {} : { properties }) };
}

function which(facts: ToolFacts): string {
  return facts.known ? `${facts.server} ${facts.name}` : facts.code;
}

function codes(facts: ToolFacts): readonly string[] {
  assert.ok(!facts.known && 'failed' in facts, which(facts));
  return [facts.code, ...facts.failed.map(({ code }) => code)];
}

describe('looking a tool up', () => {
  it('gives every fact of a known tool', () => {
    assert.deepEqual(lookUp(tool('kube/pods/delete'), { name: 'x' }, NOW), {
      known: true,
      server: 'kube',
      server_identity: 'asserted',
      name: 'pods/delete',
      version: '1',
      effect: 'read',
      digest: sha256(canonicalize(delete_pod)),
      drift: 'unobserved',
      arguments_valid: true,
      signatures: SIGNED,
      catalogue: { id: 'test', version: 1 },
    });
  });

  it('tells absent arguments from those that do not match', () => {
    const absent = lookUp(tool('kube/pods/delete'), undefined, NOW);
    assert.ok(absent.known && !absent.arguments_valid && absent.arguments_code === 'arguments_absent');
    for (const args of [{}, { name: 1 }, [], 'name', null, 0]) {
      const facts = lookUp(tool('kube/pods/delete'), args, NOW);
      assert.ok(facts.known && !facts.arguments_valid && facts.arguments_code === 'arguments_do_not_match_schema');
    }
    const none = lookUp(tool('kube/list'), undefined, NOW);
    assert.ok(none.known && !none.arguments_valid, 'absent arguments are not {}');
  });

  const resolved: readonly [string, Record<string, Json> | undefined, string | undefined, string][] = [
    ['kube/list', undefined, undefined, 'kube list'],
    ['list', undefined, undefined, 'server_not_named'],
    ['list', { server: 'kube' }, undefined, 'kube list'],
    ['list', undefined, 'kube', 'kube list'],
    ['list', { server: 'other' }, 'kube', 'not_in_catalogue'],
    ['kube/list', { server: 'kube' }, undefined, 'kube list'],
    ['kube/list', { server: 'other' }, undefined, 'not_in_catalogue'],
    ['kube/list', undefined, 'other', 'kube list'],
    ['kube/pods/get', undefined, undefined, 'kube/pods get'],
    ['pods/get', { server: 'kube' }, undefined, 'not_in_catalogue'],
    ['pods/get', { server: 'other' }, undefined, 'other pods/get'],
    ['get', { server: 'kube/pods' }, undefined, 'kube/pods get'],
    ['list', { server: 7 }, 'kube', 'not_in_catalogue'],
    ['kube/list', { server: null }, undefined, 'not_in_catalogue'],
    ['kube/nothing', undefined, undefined, 'not_in_catalogue'],
    ['KUBE/list', undefined, undefined, 'not_in_catalogue'],
    ['kube/list ', undefined, undefined, 'not_in_catalogue'],
    ['__proto__', undefined, undefined, 'server_not_named'],
    ['', undefined, undefined, 'server_not_named'],
  ];
  for (const [id, properties, serverOfCaller, expected] of resolved) {
    const says = properties === undefined ? '' : ` with ${JSON.stringify(properties)}`;
    const configured = serverOfCaller === undefined ? '' : `, ${serverOfCaller} configured`;
    it(`takes ${JSON.stringify(id)}${says}${configured} for ${expected}`, () => {
      const options = serverOfCaller === undefined ? {} : { serverOfCaller };
      const facts = createToolLookUp(catalogue, options)(tool(id, properties), {}, NOW);
      assert.equal(which(facts), expected);
    });
  }

  it('does not take another resource for a tool', () => {
    assert.equal(which(lookUp({ type: 'document', id: 'kube/list' }, {}, NOW)), 'not_a_tool_call');
  });

  it('gives facts that nobody can change, the same for calls of the same kind', () => {
    const facts = lookUp(tool('kube/list'), {}, NOW);
    assert.ok(facts.known);
    assert.throws(() => Object.assign(facts, { effect: 'read' }), TypeError);
    assert.throws(() => Object.assign(facts.catalogue, { version: 2 }), TypeError);
    assert.equal(lookUp(tool('kube/list'), {}, NOW), facts);
  });

  it('explains arguments, for people', () => {
    const explain = createArgumentsExplainer(catalogue);
    assert.match(explain(tool('kube/pods/delete'), { name: 1 }) ?? '', /^\/name: must be string$/);
    assert.match(explain(tool('kube/pods/delete'), undefined) ?? '', /no arguments/);
    assert.equal(explain(tool('kube/pods/delete'), { name: 'x' }), undefined);
    assert.equal(explain(tool('nothing'), {}), undefined);
  });

  it('answers only what a document lists, for any documents and any question', () => {
    const names = fc.stringMatching(/^[abc/]{1,4}$/);
    const lists = fc.dictionary(names, fc.uniqueArray(names, { maxLength: 3 }), { maxKeys: 4, noNullPrototype: true });
    const question = fc.record({ id: names, named: fc.option(names), configured: fc.option(names) });
    fc.assert(
      fc.property(lists, question, (listed, { id, named, configured }) => {
        const servers = Object.entries(listed);
        const ids = servers.flatMap(([server, tools]) => tools.map((name) => `${server}/${name}`));
        fc.pre(new Set(ids).size === ids.length);
        const value = document(
          Object.fromEntries(servers.map(([server, tools]) => [server, tools.map((name) => definition(name))])),
        );
        const ask = createToolLookUp(catalogueOf(value), configured === null ? {} : { serverOfCaller: configured });
        const facts = ask(tool(id, named === null ? undefined : { server: named }), {}, NOW);
        const means = ([server, name]: readonly [string, string]) =>
          named === null
            ? `${server}/${name}` === id || (server === configured && name === id)
            : server === named && (`${server}/${name}` === id || name === id);
        const pairs = servers.flatMap(([server, tools]) => tools.map((name) => [server, name] as const));
        if (facts.known) assert.ok(means([facts.server, facts.name]) && ids.includes(`${facts.server}/${facts.name}`));
        else assert.ok(!pairs.some(means), `${id} was not found`);
      }),
    );
  });
});

describe('documents that come and go', () => {
  const [a, b] = [active(document({ a: [definition('x')] })), active(toolDocument('b', definition('y'), { id: 'b' }))];
  const setUp = (...documents: readonly (typeof a)[]) => {
    const shelf = shelfOf(...documents);
    return { shelf, ask: createToolLookUp(createCatalogueIndex(shelf, createArgumentChecks())) };
  };

  it('are followed', () => {
    const { shelf, ask } = setUp(a);
    assert.equal(which(ask(tool('a/x'), {}, NOW)), 'a x');
    shelf.put([a, b]);
    assert.equal(which(ask(tool('b/y'), {}, NOW)), 'b y');
    shelf.put([b]);
    assert.equal(which(ask(tool('a/x'), {}, NOW)), 'not_in_catalogue');
    assert.equal(which(ask(tool('b/y'), {}, NOW)), 'b y');
  });

  it('take the place of their earlier versions', () => {
    const { shelf, ask } = setUp(a);
    assert.equal(which(ask(tool('a/x'), {}, NOW)), 'a x');
    shelf.put([active(document({ a: [definition('x'), definition('z')] }, { version: 2 }))]);
    const facts = ask(tool('a/x'), {}, NOW);
    assert.ok(facts.known && facts.catalogue.version === 2);
    assert.equal(which(ask(tool('a/z'), {}, NOW)), 'a z');
  });

  it('say by whom they are signed, as it changes', () => {
    const { shelf, ask } = setUp(a);
    const before = ask(tool('a/x'), {}, NOW);
    const others = { ...SIGNED, by: [] };
    shelf.standing = () => ({ counts: true, signatures: others });
    const after = ask(tool('a/x'), {}, NOW);
    assert.ok(before.known && after.known);
    assert.equal(before.signatures, SIGNED);
    assert.equal(after.signatures, others);
  });

  it('are withdrawn by their standing, before anybody has told', () => {
    const { shelf, ask } = setUp(a, b);
    assert.equal(which(ask(tool('a/x'), {}, NOW)), 'a x');
    shelf.failed.set(a, [{ code: 'key_revoked' }]);
    assert.deepEqual(codes(ask(tool('a/x'), {}, NOW)), ['catalogue_withdrawn', 'key_revoked']);
    assert.equal(which(ask(tool('b/y'), {}, NOW)), 'b y');
    assert.deepEqual(codes(ask(tool('b/y'), {}, b.header.expires)), ['catalogue_withdrawn', 'document_expired']);
  });

  it('that do not count say why, of the tools that they list and of nothing else', () => {
    const { shelf, ask } = setUp(a);
    const lists = (name: string) => document({ c: [definition(name)] }, { id: name });
    shelf.put(
      [a],
      [
        idle(lists('refused'), 'refused', 'unsigned'),
        idle(lists('withdrawn'), 'withdrawn', 'key_revoked'),
        idle(lists('superseded'), 'superseded', 'none'),
        idle(lists('both'), 'refused', 'collision'),
        idle(lists('both'), 'withdrawn', 'document_expired'),
      ],
    );
    assert.deepEqual(codes(ask(tool('c/refused'), {}, NOW)), ['catalogue_refused', 'unsigned']);
    assert.deepEqual(codes(ask(tool('c/withdrawn'), {}, NOW)), ['catalogue_withdrawn', 'key_revoked']);
    assert.deepEqual(codes(ask(tool('c/both'), {}, NOW)), ['catalogue_withdrawn', 'document_expired']);
    assert.deepEqual(codes(ask(tool('refused', { server: 'c' }), {}, NOW)), ['catalogue_refused', 'unsigned']);
    for (const [id, code] of [
      ['c/superseded', 'not_in_catalogue'],
      ['c/none', 'not_in_catalogue'],
      ['refused', 'server_not_named'],
      ['a/x', 'a x'],
    ] as const) {
      assert.equal(which(ask(tool(id), {}, NOW)), code);
    }
  });

  it('that cannot be read may list anything', () => {
    const { shelf, ask } = setUp(a);
    shelf.put(
      [a],
      [
        idle(document({}), 'refused', 'document_invalid', false),
        idle(document({ c: [definition('r')] }), 'refused', 'x'),
      ],
    );
    assert.deepEqual(codes(ask(tool('c/none'), {}, NOW)), ['catalogue_unreadable', 'document_invalid']);
    assert.deepEqual(codes(ask(tool('c/r'), {}, NOW)), ['catalogue_refused', 'x']);
    assert.equal(which(ask(tool('none'), {}, NOW)), 'server_not_named');
    assert.equal(which(ask(tool('a/x'), {}, NOW)), 'a x');
    shelf.put([a]);
    assert.equal(which(ask(tool('c/none'), {}, NOW)), 'not_in_catalogue');
  });
});
