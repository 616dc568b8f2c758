import assert from 'node:assert/strict';
import { createCatalogue } from '../../src/catalogue/catalogue.ts';
import { parseCatalogue } from '../../src/catalogue/document.ts';
import { createArgumentsExplainer, createToolLookUp } from '../../src/catalogue/look-up.ts';
import { canonicalize } from '../../src/model/canonical.ts';
import { sha256 } from '../../src/model/digest.ts';
import type { ToolFacts } from '../../src/model/facts.ts';
import type { Json } from '../../src/model/json.ts';
import { bytes, definition, document } from './documents.ts';

const delete_pod = definition(
  'pods/delete',
  { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
  { description: 'Deletes a pod', annotations: { readOnlyHint: true } },
);
const catalogue = createCatalogue([
  parseCatalogue(
    bytes(
      document({
        kube: [delete_pod, definition('list')],
        'kube/pods': [definition('get')],
        other: [definition('pods/get')],
      }),
    ),
    'c.json',
  ),
]);
const lookUp = createToolLookUp(catalogue);

function tool(id: string, properties?: Record<string, Json>) {
  return { type: 'tool', id, ...(properties === undefined ? {} : { properties }) };
}

function which(facts: ToolFacts): string {
  return facts.known ? `${facts.server} ${facts.name}` : facts.code;
}

describe('looking a tool up', () => {
  it('gives every fact of a known tool; until somebody is trusted, nothing is verified', () => {
    assert.deepEqual(lookUp(tool('kube/pods/delete'), { name: 'x' }), {
      known: true,
      server: 'kube',
      server_identity: 'asserted',
      name: 'pods/delete',
      version: '1',
      effect: 'read',
      digest: sha256(canonicalize(delete_pod)),
      drift: 'unobserved',
      arguments_valid: true,
      signatures: { verified: false, by: [], failed: [{ code: 'no_trust_configured' }] },
    });
  });

  it('digests the whole definition, however its members are ordered', () => {
    const reordered = Object.fromEntries(Object.entries(delete_pod).reverse());
    const changed = { ...delete_pod, description: 'Deletes a pod.' };
    const [same, other] = [reordered, changed].map((value) => {
      const found = createToolLookUp(createCatalogue([parseCatalogue(bytes(document({ kube: [value] })), 'c.json')]));
      const facts = found(tool('kube/pods/delete'), { name: 'x' });
      return facts.known ? facts.digest : undefined;
    });
    assert.equal(same, sha256(canonicalize(delete_pod)));
    assert.notEqual(other, same);
  });

  it('tells absent arguments from those that do not match', () => {
    const absent = lookUp(tool('kube/pods/delete'), undefined);
    assert.ok(absent.known && !absent.arguments_valid && absent.arguments_code === 'arguments_absent');
    for (const args of [{}, { name: 1 }, [], 'name', null, 0]) {
      const facts = lookUp(tool('kube/pods/delete'), args);
      assert.ok(facts.known && !facts.arguments_valid && facts.arguments_code === 'arguments_do_not_match_schema');
    }
    const none = lookUp(tool('kube/list'), undefined);
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
      const facts = createToolLookUp(catalogue, serverOfCaller === undefined ? {} : { serverOfCaller })(
        tool(id, properties),
        {},
      );
      assert.equal(which(facts), expected);
    });
  }

  it('does not take another resource for a tool', () => {
    assert.equal(which(lookUp({ type: 'document', id: 'kube/list' }, {})), 'not_a_tool_call');
  });

  it('gives facts that nobody can change', () => {
    const facts = lookUp(tool('kube/list'), {});
    assert.throws(() => Object.assign(facts, { effect: 'read' }), TypeError);
    assert.ok(facts.known);
    assert.throws(() => Object.assign(facts.signatures, { verified: true }), TypeError);
  });

  it('explains arguments, for people', () => {
    const explain = createArgumentsExplainer(catalogue);
    assert.match(explain(tool('kube/pods/delete'), { name: 1 }) ?? '', /^\/name: must be string$/);
    assert.match(explain(tool('kube/pods/delete'), undefined) ?? '', /no arguments/);
    assert.equal(explain(tool('kube/pods/delete'), { name: 'x' }), undefined);
    assert.equal(explain(tool('nothing'), {}), undefined);
  });
});
