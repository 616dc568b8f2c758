import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createToolLookUp } from '../../src/catalogue/look-up.ts';
import { canonicalize } from '../../src/model/canonical.ts';
import { sha256 } from '../../src/model/digest.ts';
import type { ToolFacts } from '../../src/model/facts.ts';
import { isJsonObject, type Json } from '../../src/model/json.ts';
import { catalogueOf, definition, document, IDENTITY, toolDocument } from './documents.ts';

const NOW = Date.parse('2026-11-25T12:00:00Z');
const delete_pod = definition(
  'pods/delete',
  { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
  { description: 'Deletes a pod', annotations: { readOnlyHint: true } },
);
const lookUp = createToolLookUp(catalogueOf(document({ kube: [delete_pod] })));

function tool(id: string, properties?: Record<string, Json>) {
  return { type: 'tool', id, ...(properties === undefined ? {} : { properties }) };
}

describe('what a caller observed', () => {
  const drift = (properties?: Record<string, Json>) => {
    const facts = lookUp(tool('kube/pods/delete', properties), {}, NOW);
    return facts.known ? facts.drift : facts.code;
  };
  const digest = sha256(canonicalize(delete_pod));
  const changed = { ...delete_pod, description: 'Deletes a pod.' };

  it('of the definition is compared with what was signed', () => {
    const reordered = Object.fromEntries(Object.entries(delete_pod).reverse());
    for (const [properties, expected] of [
      [undefined, 'unobserved'],
      [{}, 'unobserved'],
      [{ server: 'kube' }, 'unobserved'],
      [{ definition: delete_pod }, 'none'],
      [{ definition: reordered }, 'none'],
      [{ digest }, 'none'],
      [{ definition: delete_pod, digest }, 'none'],
      [{ definition: changed }, 'changed'],
      [{ digest: sha256(canonicalize(changed)) }, 'changed'],
      [{ definition: delete_pod, digest: sha256('') }, 'changed'],
      [{ definition: changed, digest }, 'changed'],
      [{ digest: digest.toUpperCase() }, 'changed'],
      [{ digest: digest.slice(7) }, 'changed'],
      [{ digest: null }, 'changed'],
      [{ digest: [digest] }, 'changed'],
      [{ definition: null }, 'changed'],
      [{ definition: canonicalize(delete_pod) }, 'changed'],
      [{ definition: [delete_pod] }, 'changed'],
    ] as const) {
      assert.equal(drift(properties), expected, JSON.stringify(properties));
    }
  });

  it('is changed by any one change of a definition: a text, a name, a number, the nesting', () => {
    const values = fc.jsonValue({ maxDepth: 4, stringUnit: 'grapheme' });
    const definitions = fc.dictionary(fc.string(), values, { noNullPrototype: true, maxKeys: 5 });
    fc.assert(
      fc.property(definitions, fc.nat(), fc.nat(), (more, which, how) => {
        const parsed: Record<string, Json> = JSON.parse(JSON.stringify({ ...more, ...delete_pod }), exactly);
        const ask = createToolLookUp(catalogueOf(document({ kube: [parsed] })));
        const observed = (seen: Json) => ask(tool('kube/pods/delete', { definition: seen }), {}, NOW);
        const same = observed(JSON.parse(JSON.stringify(parsed)));
        assert.ok(same.known && same.drift === 'none');
        const other = alteredOnce(parsed, which, how);
        fc.pre(canonicalize(other) !== canonicalize(parsed));
        const facts = observed(other);
        assert.ok(facts.known && facts.drift === 'changed');
      }),
    );
  });

  it('of the server is compared with the identity of the catalogue', () => {
    const identified = (identity: Record<string, Json>, observed: Json) => {
      const value = toolDocument('s', definition('t'), { server: { name: 's', identity } });
      const properties = observed === undefined ? undefined : { server_identity: observed };
      const facts = createToolLookUp(catalogueOf(value))(tool('s/t', properties), {}, NOW);
      return facts.known ? facts.server_identity : facts.code;
    };
    const { url, key } = IDENTITY;
    const packed = { package: 'pkg:npm/x@1', digest: `sha512:${'0a'.repeat(64)}` };
    const asserted = lookUp(tool('kube/pods/delete', {}), {}, NOW);
    assert.ok(asserted.known && asserted.server_identity === 'asserted');
    for (const [identity, observed, expected] of [
      [IDENTITY, { url, key }, 'matched'],
      [IDENTITY, { url: 'https://MCP.example:443', key }, 'matched'],
      [IDENTITY, { url: 'https://mcp.example/x', key }, 'mismatched'],
      [IDENTITY, { url: 'http://mcp.example/', key }, 'mismatched'],
      [IDENTITY, { url: 'https://user@mcp.example/', key }, 'mismatched'],
      [IDENTITY, { url, key: sha256('') }, 'mismatched'],
      [IDENTITY, { url }, 'mismatched'],
      [IDENTITY, { key }, 'mismatched'],
      [IDENTITY, { url, key, more: 1 }, 'mismatched'],
      [IDENTITY, { digest: key }, 'mismatched'],
      [IDENTITY, {}, 'mismatched'],
      [IDENTITY, null, 'mismatched'],
      [IDENTITY, [url, key], 'mismatched'],
      [IDENTITY, url, 'mismatched'],
      [packed, { digest: packed.digest }, 'matched'],
      [packed, { digest: packed.digest.toUpperCase() }, 'mismatched'],
      [packed, { digest: sha256('') }, 'mismatched'],
      [packed, packed, 'mismatched'],
      [packed, { url, key }, 'mismatched'],
    ] as const) {
      assert.equal(identified(identity, observed), expected, JSON.stringify([identity, observed]));
    }
  });

  it('makes its own facts with every combination', () => {
    const seen = new Set<ToolFacts>();
    for (const args of [undefined, {}, { name: 'x' }]) {
      for (const properties of [{}, { definition: delete_pod }, { digest: '' }]) {
        for (const identity of [{}, { server_identity: IDENTITY }, { server_identity: null }]) {
          seen.add(lookUp(tool('kube/pods/delete', { ...properties, ...identity }), args, NOW));
        }
      }
    }
    assert.equal(new Set([...seen].map((facts) => JSON.stringify(facts))).size, 27);
  });
});

/** Numbers beyond what JSON carries exactly are no numbers of a document. */
function exactly(_name: string, value: unknown): unknown {
  return typeof value === 'number' && Math.abs(value) >= 2 ** 53 ? 0 : value;
}

/** One change at one place: which of all places and which change, by number. */
function alteredOnce(value: Json, which: number, how: number): Json {
  const places: (readonly (string | number)[])[] = [];
  const visit = (inner: Json, path: readonly (string | number)[]): void => {
    places.push(path);
    if (typeof inner !== 'object' || inner === null) return;
    for (const [step, item] of Object.entries(inner)) visit(item, [...path, step]);
  };
  visit(value, []);
  const path = places[which % places.length] ?? [];
  return alteredAt(value, path, how);
}

function alteredAt(value: Json, [step, ...rest]: readonly (string | number)[], how: number): Json {
  if (step === undefined) return altered(value, how);
  if (Array.isArray(value)) {
    return value.map((item: Json, index) => (index === Number(step) ? alteredAt(item, rest, how) : item));
  }
  const renamed = rest.length === 0 && how % 3 === 0;
  return Object.fromEntries(
    Object.entries(isJsonObject(value) ? value : {}).map(([name, inner]) => {
      if (name !== step) return [name, inner];
      return renamed ? [`${name}\u200b`, inner] : [name, alteredAt(inner, rest, how)];
    }),
  );
}

function altered(value: Json, how: number): Json {
  if (how % 7 === 1) return [value];
  if (typeof value === 'string') {
    const characters = [...value];
    characters.splice(how % (characters.length + 1), how % 5 === 0 ? 1 : 0, how % 2 === 0 ? ' ' : 'x');
    return characters.join('');
  }
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  if (value === null) return 'null';
  return Array.isArray(value) ? [...value, null] : { ...value, '': null };
}
