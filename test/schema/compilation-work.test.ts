import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { JsonObject } from '../../src/model/json.ts';
import { compilationWork, refuseWork } from '../../src/schema/compilation-work.ts';
import { createSchemaCompiler } from '../../src/schema/schema.ts';
import { thrownWith } from '../thrown.ts';

const SLOW = '^\\p{L}{99}1';

describe('the work that the compilation of a schema is', () => {
  it('is little for the schemas of the shipped catalogue', () => {
    const catalogue: { servers: Record<string, { tools: { definition: { inputSchema: JsonObject } }[] }> } = JSON.parse(
      readFileSync('catalogue/exequatur.json', 'utf8'),
    );
    for (const { definition } of Object.values(catalogue.servers).flatMap((server) => server.tools)) {
      assert.ok(compilationWork(definition.inputSchema) < 2_000_000, JSON.stringify(definition.inputSchema));
    }
  });

  it('is that of its patterns, wherever they stand, each once', () => {
    const plain = compilationWork({ properties: { a: { pattern: 'a' } } });
    const once = compilationWork({ properties: { a: { pattern: SLOW } } });
    assert.ok(once - plain > 500_000);
    const twice = compilationWork({ properties: { a: { pattern: SLOW }, b: { pattern: SLOW } } });
    assert.ok(twice - once < 50_000);
    for (const schema of [
      { patternProperties: { [SLOW]: {} } },
      { not: { anyOf: [{ items: { pattern: SLOW } }] } },
      { $ref: '#/enum/0', enum: [{ pattern: SLOW }] },
      { $ref: '#/%65num/0', enum: [{ pattern: SLOW }] },
      { $ref: '#named', examples: [{ $anchor: 'named', pattern: SLOW }] },
      { properties: { enum: { pattern: SLOW }, properties: { properties: { const: { pattern: SLOW } } } } },
      { $ref: '#/$defs/default/const', $defs: { default: { const: { pattern: SLOW } } } },
      { $ref: '#/$defs', $defs: { patternProperties: { [SLOW]: {} } } },
      { $ref: '#/$defs', $defs: { properties: { enum: { pattern: SLOW } } } },
      { dependencies: { default: { pattern: SLOW } } },
      { $ref: '#/x-more/y', 'x-more': { y: { pattern: SLOW } } },
      { $ref: '#/default', default: { patternProperties: { [SLOW]: true } } },
    ]) {
      assert.ok(compilationWork(schema) - plain > 500_000, JSON.stringify(schema));
    }
    const paid = new Set<string>();
    compilationWork({ pattern: SLOW }, paid);
    assert.ok(compilationWork({ pattern: SLOW }, paid) < 50_000, 'paid for already');
  });

  it('is that of its keywords and subschemas, not of its texts', () => {
    const many = (value: JsonObject) => Array.from({ length: 1_000 }, () => value);
    for (const inner of [{ minimum: 1 }, { $ref: '#' }, { required: ['a'] }]) {
      assert.ok(compilationWork({ allOf: many(inner) }) > 10_000_000);
      assert.ok(compilationWork({ $ref: '#/enum/0', enum: [{ allOf: many(inner) }] }) > 10_000_000);
    }
    assert.ok(compilationWork({ description: 'x'.repeat(50_000) }) < 2_000_000);
    for (const value of ['v', { pattern: SLOW, properties: { a: { pattern: SLOW } } }]) {
      assert.ok(compilationWork({ enum: Array.from({ length: 5_000 }, () => value) }) < 5_000_000);
    }
  });

  it('is refused before it is begun where it is too much', () => {
    const schema = { properties: { a: { pattern: SLOW } } };
    const work = compilationWork(schema);
    refuseWork(schema, work);
    thrownWith('schema.unusable', () => refuseWork(schema, work - 1));
    assert.match(
      thrownWith('schema.unusable', () => createSchemaCompiler({ mostWork: work - 1 })(schema)).message,
      /^takes too much work to compile, 1\.0 times/,
    );
    assert.equal(createSchemaCompiler({ mostWork: work })(schema).matches({ a: '1' }), false);
    const patterns = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`a${n}`, { pattern: `${SLOW}${n}` }]));
    thrownWith('schema.unusable', () => createSchemaCompiler()({ properties: patterns }));
  });
});
