import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Json, JsonObject } from '../../src/model/json.ts';
import { createFormCheck, MAX_SCHEMA_LENGTH } from '../../src/schema/form.ts';
import { createSchemaCompiler } from '../../src/schema/schema.ts';
import { thrownWith } from '../thrown.ts';

const refuse = createFormCheck();

function object(more: JsonObject): JsonObject {
  return { type: 'object', ...more };
}

const unusable: readonly (readonly [string, JsonObject])[] = [
  ['a keyword of another type', object({ minProperties: 'one' })],
  ['such a keyword deep within', object({ properties: { a: { items: { maxLength: -1 } } } })],
  ['such a keyword in draft-07', object({ $schema: 'http://json-schema.org/draft-07/schema#', required: 'a' })],
  ['no pattern', object({ properties: { a: { pattern: '(' } } })],
  ['a pattern with look-ahead', object({ properties: { a: { pattern: '(?=a)' } } })],
  ['a name that is no pattern', object({ patternProperties: { '[': {} } })],
  ['a pointer that leads nowhere', object({ properties: { a: { $ref: '#/$defs/none' } } })],
  ['a reference out of the schema', object({ properties: { a: { $ref: 'https://example.com/x' } } })],
  ['another dialect', object({ $schema: 'http://json-schema.org/draft-04/schema#' })],
  ['an asynchronous check', object({ $async: true })],
  ['too much of it', object({ description: 'x'.repeat(MAX_SCHEMA_LENGTH) })],
];
const usable: readonly (readonly [string, JsonObject])[] = [
  ['an empty one', object({})],
  [
    'a property named as a keyword',
    object({ properties: { pattern: { type: 'string' }, minProperties: { pattern: '^a$' } } }),
  ],
  [
    'a value that looks like a schema',
    object({ enum: [{ pattern: '(', minProperties: 'one' }], default: { pattern: '(' } }),
  ],
  [
    'pointers',
    object({ $defs: { 'a/b': { type: 'string' } }, properties: { a: { $ref: '#/$defs/a~1b' }, b: { $ref: '#' } } }),
  ],
  ['keywords that nobody knows', object({ 'x-more': { a: 1 } })],
  [
    'a tuple of draft-07',
    object({ $schema: 'http://json-schema.org/draft-07/schema#', properties: { a: { items: [{}] } } }),
  ],
];

describe('the form of a schema', () => {
  for (const [what, schema] of unusable) {
    it(`is refused for ${what}, as the compiler refuses it`, () => {
      thrownWith('schema.unusable', () => refuse(schema));
      thrownWith('schema.unusable', () => createSchemaCompiler()(schema));
    });
  }
  for (const [what, schema] of usable) {
    it(`may have ${what}, as the compiler takes it`, () => {
      refuse(schema);
      createSchemaCompiler()(schema);
    });
  }

  it('of every schema of the shipped catalogue is good', () => {
    const catalogue: { servers: Record<string, { tools: { definition: { inputSchema: JsonObject } }[] }> } = JSON.parse(
      readFileSync('catalogue/exequatur.json', 'utf8'),
    );
    const tools = Object.values(catalogue.servers).flatMap((server) => server.tools);
    for (const { definition } of tools) refuse(definition.inputSchema);
    assert.ok(tools.length > 80);
  });

  it('is looked at without changing anything', () => {
    const schema: Json = object({ $schema: 'https://json-schema.org/draft/2020-12/schema', $id: 'urn:x' });
    const before = JSON.stringify(schema);
    refuse(schema);
    refuse({ ...schema });
    assert.equal(JSON.stringify(schema), before);
  });
});
