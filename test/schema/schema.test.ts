import assert from 'node:assert/strict';
import type { Json, JsonObject } from '../../src/model/json.ts';
import { parseStrictJsonText } from '../../src/model/strict-json.ts';
import { MAX_SCHEMA_LENGTH } from '../../src/schema/form.ts';
import { createSchemaCompiler } from '../../src/schema/schema.ts';
import { thrownWith } from '../thrown.ts';

const compile = createSchemaCompiler();

function schema(more: JsonObject): JsonObject {
  return { type: 'object', ...more };
}

function refused(value: JsonObject): string {
  return thrownWith('schema.unusable', () => compile(value)).message;
}

function parsed(text: string): JsonObject {
  const value = parseStrictJsonText(text);
  assert.ok(typeof value === 'object' && value !== null && !Array.isArray(value));
  return Object.fromEntries(Object.entries(value));
}

describe('the check of arguments', () => {
  it('speaks draft 2020-12 where no dialect is named, and draft-07 where it is', () => {
    const tuple = { properties: { a: { prefixItems: [{ type: 'string' }], items: false } } };
    assert.equal(compile(schema(tuple)).matches({ a: ['x', 'y'] }), false);
    const $schema = 'http://json-schema.org/draft-07/schema#';
    const old = { $schema, properties: { a: { items: [{ type: 'string' }], additionalItems: false } } };
    assert.equal(compile(schema(old)).matches({ a: ['x', 'y'] }), false);
    assert.equal(compile(schema(old)).matches({ a: ['x'] }), true);
    refused(schema({ $schema: 'http://json-schema.org/draft-04/schema#' }));
    refused(schema({ $schema: 7 }));
  });

  it('does not assert formats, and fills in no defaults', () => {
    const args = { url: 'not a url' };
    const check = compile(schema({ properties: { url: { type: 'string', format: 'uri' }, n: { default: 1 } } }));
    assert.equal(check.matches(args), true);
    assert.deepEqual(args, { url: 'not a url' });
  });

  it('passes over keywords that it does not know, unless told to refuse them', () => {
    const mistyped = schema({ properties: { a: { cnst: 1 } } });
    assert.equal(compile(mistyped).matches({ a: 2 }), true);
    const strict = createSchemaCompiler({ unknownKeywords: 'refused' });
    assert.match(thrownWith('schema.unusable', () => strict(mistyped)).message, /unknown keyword: "cnst"/);
    assert.equal(strict(schema({ properties: { a: { const: 1 } } })).matches({ a: 2 }), false);
  });

  it('counts own members only', () => {
    for (const name of ['constructor', 'toString', 'hasOwnProperty', '__defineGetter__']) {
      assert.equal(compile(schema({ required: [name] })).matches({}), false, name);
      assert.equal(compile(schema({ properties: { [name]: false } })).matches({}), true, name);
      assert.equal(compile(schema({ properties: { [name]: { type: 'string' } } })).matches({ [name]: 1 }), false, name);
    }
    assert.equal(compile(schema({ additionalProperties: false })).matches(parsed('{"__proto__": 1}')), false);
    assert.equal(compile(schema({ required: ['__proto__'] })).matches({}), false);
    assert.equal(compile(schema({ required: ['__proto__'] })).matches(parsed('{"__proto__": 1}')), true);
  });

  it('refuses references that leave the schema, wherever they stand', () => {
    for (const $ref of [
      'https://example.com/s.json',
      'other.json#/a',
      'https://json-schema.org/draft/2020-12/schema',
      '/a',
    ]) {
      refused(schema({ $ref }));
      refused(schema({ properties: { a: { anyOf: [{ $ref }] } } }));
      refused(schema({ $defs: { unused: { $ref } } }));
    }
    refused(schema({ $ref: '#/$defs/missing' }));
    refused(schema({ properties: { a: { $id: 'https://example.com/a' } } }));
    refused(schema({ $dynamicRef: '#a' }));
    refused(schema({ $recursiveRef: '#' }));
  });

  it('keeps schemas of the same $id, and references to roots, apart', () => {
    const one = compile(schema({ $id: 'https://example.com/s', properties: { a: { $ref: '#' } }, maxProperties: 1 }));
    const two = compile(schema({ $id: 'https://example.com/s', properties: { a: { $ref: '#' } }, minProperties: 1 }));
    assert.equal(one.matches({ a: {} }), true);
    assert.equal(two.matches({ a: {} }), false);
    assert.equal(one.matches({ a: { a: {}, b: {} } }), false);
    refused(schema({ $ref: 'https://example.com/s' }));
  });

  it('refuses a schema that would make the check asynchronous: a promise is no match', () => {
    refused(schema({ $async: true }));
    refused(schema({ properties: { a: { $async: true } } }));
  });

  it('refuses a member that the check would pass over', () => {
    refused(parsed('{"type": "object", "properties": {"__proto__": {"type": "string"}}}'));
  });

  it('refuses what its dialect does not allow, and what is too large', () => {
    refused(schema({ properties: { a: { type: 'text' } } }));
    refused(schema({ required: 'a' }));
    refused(schema({ description: 'x'.repeat(MAX_SCHEMA_LENGTH) }));
  });

  it('runs patterns in linear time and refuses those that need backtracking', () => {
    const check = compile(schema({ properties: { a: { pattern: '^(a+)+$' } } }));
    assert.equal(check.matches({ a: `${'a'.repeat(200_000)}!` }), false);
    assert.equal(check.matches({ a: 'aaa' }), true);
    for (const pattern of ['(?=a)b', '(?!a)b', '(?<=a)b', '(a)\\1', '(', '[[:alpha:]]', '(?i)a\\z']) {
      refused(schema({ properties: { a: { pattern } } }));
      refused(schema({ patternProperties: { [pattern]: true } }));
    }
  });

  it('keeps patterns of one schema apart', () => {
    const check = compile(schema({ patternProperties: { '^a': { pattern: '^1$' }, '^b': { pattern: '^2$' } } }));
    assert.equal(check.matches({ a: '1', b: '2' }), true);
    assert.equal(check.matches({ a: '2', b: '2' }), false);
    assert.equal(check.matches({ a: '1', b: '1' }), false);
  });

  it('reads ECMA-262 classes and code points in patterns', () => {
    const check = compile(schema({ properties: { a: { pattern: '^[\\d\\u00e9]\\/\\p{Lu}.$' } } }));
    assert.equal(check.matches({ a: 'é/Ä😀' }), true);
    assert.equal(check.matches({ a: 'e/Ä😀' }), false);
  });

  it('finds duplicates in long arrays without comparing each with each', () => {
    const check = compile(schema({ properties: { a: { uniqueItems: true } } }));
    const many: Json[] = Array.from({ length: 60_000 }, (_, n) => ({ n }));
    assert.equal(check.matches({ a: many }), true);
    assert.equal(check.matches({ a: [...many, { n: 0 }] }), false);
    assert.equal(check.matches({ a: ['__proto__', '__proto__'] }), false);
    assert.equal(check.matches({ a: [1, '1', true, null, [1], { a: 1 }] }), true);
    assert.equal(
      check.matches({
        a: [
          { a: 1, b: 2 },
          { b: 2, a: 1 },
        ],
      }),
      false,
    );
    assert.equal(compile(schema({ properties: { a: { uniqueItems: false } } })).matches({ a: [1, 1] }), true);
  });

  it('compares with long enumerations without going through them', () => {
    const values: Json[] = Array.from({ length: 3_000 }, (_, n) => ({ n, a: 'x' }));
    const check = compile(schema({ properties: { a: { items: { enum: [...values, 'v', 1, null] } } } }));
    assert.equal(
      check.matches({ a: [...Array.from({ length: 20_000 }, () => ({ a: 'x', n: 2_999 })), 'v', 1, null] }),
      true,
    );
    for (const other of [{ n: 3_000, a: 'x' }, '1', 'V', true, [], {}])
      assert.equal(check.matches({ a: [other] }), false);
    assert.match(check.explain({ a: ['w'] }) ?? '', /^\/a\/0: must be equal to one of the allowed values$/);
  });

  it('ends where references branch at every level, and denies', () => {
    const branch = { properties: { a: { $ref: '#' } } };
    const bomb = compile(
      schema({ anyOf: [{ allOf: [branch, false] }, { allOf: [branch, false] }, { maxProperties: 0 }] }),
    );
    let nested: JsonObject = {};
    for (let depth = 0; depth < 60; depth++) nested = { a: nested };
    assert.equal(bomb.matches(nested), false);
    assert.match(bomb.explain(nested) ?? '', /too large to be checked/);
    assert.equal(bomb.matches({}), true, 'the next check has its whole budget again');
    const laughs = Object.fromEntries(
      Array.from({ length: 40 }, (_, n) => [
        `d${n}`,
        { allOf: [{ $ref: `#/$defs/d${n + 1}` }, { $ref: `#/$defs/d${n + 1}` }] },
      ]),
    );
    assert.equal(compile(schema({ $ref: '#/$defs/d0', $defs: { ...laughs, d40: true } })).matches({}), false);
  });

  it('ends where a schema refers to itself without an end, and denies', () => {
    const endless = compile(schema({ allOf: [{ $ref: '#' }] }));
    assert.equal(endless.matches({}), false);
    refused(schema({ $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a' }));
  });

  it('gives up where a schema and arguments multiply, and says so', () => {
    const listed = (count: number, item: (n: number) => Json): Json[] =>
      Array.from({ length: count }, (_, n) => item(n));
    const named = (count: number): JsonObject => Object.fromEntries(listed(count, (n) => n).map((n) => [`k${n}`, n]));
    const numbers = listed(40_000, (n) => n);
    const last: Json = true;
    const cases: readonly (readonly [string, JsonObject, Json])[] = [
      [
        'const',
        { items: { anyOf: [...listed(1_200, (n) => ({ const: { n } })), last] } },
        listed(30_000, (n) => ({ n: -n })),
      ],
      ['enum', { anyOf: [...listed(400, (n) => ({ enum: [[n]] })), last] }, numbers],
      ['allOf', { items: { allOf: listed(200, (n) => ({ minimum: -n })) } }, listed(100_000, () => 1)],
      [
        'a tuple of draft-07',
        { items: { items: listed(1_000, () => ({ type: 'number' })) } },
        listed(9_000, () => [1]),
      ],
      ['contains', { allOf: listed(1_000, (n) => ({ contains: { const: n } })) }, numbers],
      ['uniqueItems', { allOf: listed(1_000, () => ({ uniqueItems: true })) }, numbers],
      ['maxLength', { allOf: listed(1_000, (n) => ({ maxLength: 999_999 - n })) }, 'x'.repeat(160_000)],
      ['maxProperties', { allOf: listed(1_000, (n) => ({ maxProperties: 99_999 - n })) }, named(20_000)],
      ['propertyNames', { allOf: listed(1_000, () => ({ propertyNames: { type: 'string' } })) }, named(20_000)],
      [
        'additionalProperties',
        { allOf: listed(1_000, () => ({ additionalProperties: { type: 'number' } })) },
        named(20_000),
      ],
      [
        'unevaluatedProperties',
        { properties: named(0), unevaluatedProperties: { allOf: listed(1_000, () => last) } },
        named(20_000),
      ],
      [
        'a property named as a loop',
        { items: { properties: { items: { anyOf: [...listed(1_000, () => false), last] } } } },
        listed(20_000, () => ({ items: 1 })),
      ],
      ['a pattern that defeats the automaton', { pattern: '^([ab]*a[ab]{900}[cd]?)*$' }, 'ab'.repeat(50_000)],
    ];
    for (const [name, inner, args] of cases) {
      const dialect: JsonObject = name.includes('draft-07')
        ? { $schema: 'http://json-schema.org/draft-07/schema#' }
        : {};
      const check = compile(schema({ ...dialect, properties: { a: inner } }));
      assert.equal(check.matches({ a: args }), false, name);
      assert.match(check.explain({ a: args }) ?? '', /too large to be checked against this schema/, name);
    }
  });

  it('pays for what a reference runs, by whatever name it is referred to', () => {
    const wide: JsonObject = { anyOf: [...Array.from({ length: 1_000 }, (_, n) => ({ const: `x${n}` })), true] };
    const args = { a: Array.from({ length: 10_000 }, () => 1) };
    for (const $ref of ['#/$defs/w', '#/$defs/%77', '#named', '#/$defs/list/allOf/0']) {
      const $defs = { w: wide, named: { $anchor: 'named', ...wide }, list: { allOf: [wide] } };
      const check = compile(schema({ properties: { a: { items: { $ref } } }, $defs }));
      assert.match(check.explain(args) ?? '', /too large to be checked/, $ref);
      assert.equal(check.matches({ a: [1] }), true, $ref);
    }
  });

  it('takes large arguments of ordinary schemas', () => {
    const row: JsonObject = {
      type: 'object',
      required: ['id'],
      additionalProperties: false,
      properties: {
        id: { type: 'integer' },
        name: { type: 'string', minLength: 1, maxLength: 100, pattern: '^[a-z0-9 ]+$' },
        tags: { type: 'array', uniqueItems: true, items: { type: 'string' } },
        state: { enum: ['open', 'closed'] },
      },
    };
    const rows = Array.from({ length: 1_000 }, (_, id) => ({ id, name: `row ${id}`, tags: ['a', 'b'], state: 'open' }));
    const check = compile(schema({ properties: { rows: { items: row }, text: { type: 'string', pattern: '\\S' } } }));
    assert.equal(check.explain({ rows, text: 'é\n'.repeat(50_000) }), undefined);
    const scores = compile(
      schema({ additionalProperties: { $ref: '#/$defs/score' }, $defs: { score: { minimum: 0 } } }),
    );
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`k${n}`, n]));
    assert.equal(scores.explain(many), undefined);
  });

  it('still knows what was evaluated, with the keywords that pay', () => {
    const check = compile(
      schema({
        properties: { a: { prefixItems: [{ const: 1 }], unevaluatedItems: false } },
        patternProperties: { '^x': true },
        unevaluatedProperties: false,
      }),
    );
    assert.equal(check.matches({ a: [1], x1: 1 }), true);
    assert.equal(check.matches({ a: [1, 3] }), false);
    assert.equal(check.matches({ a: [1], y: 1 }), false);
    const whole = compile(
      schema({ properties: { a: { items: { const: { b: [-0, null] } }, unevaluatedItems: false } } }),
    );
    assert.equal(whole.matches({ a: [{ b: [0, null] }] }), true);
    assert.equal(whole.matches({ a: [{ b: [0] }] }), false);
  });

  it('compiles names that would break out of generated code into nothing but names', () => {
    const canary = 'exequaturCanary';
    const names = [
      `"];globalThis.${canary}=1;//`,
      `'];globalThis.${canary}=1;//`,
      `\`\${globalThis.${canary}=1}\``,
      `*/globalThis.${canary}=1;/*`,
      `\\"+(globalThis.${canary}=1)+"`,
      `\u2028globalThis.${canary}=1\u2029`,
      `\n}globalThis.${canary}=1;{`,
      'constructor',
      'valueOf',
    ];
    for (const name of names) {
      const check = compile(
        schema({
          title: name,
          $comment: name,
          [name]: name,
          properties: { [name]: { type: 'string', const: name, enum: [name], default: name, format: name } },
          required: [name],
          dependentRequired: { [name]: [name] },
          dependentSchemas: { [name]: { description: name } },
          $defs: { [name]: { type: 'object' } },
          additionalProperties: false,
        }),
      );
      assert.equal(check.matches({ [name]: name }), true, name);
      assert.equal(check.matches({ [name]: `${name}x` }), false, name);
      assert.equal(check.matches({ [name]: name, other: 1 }), false, name);
      assert.equal(check.explain({}) === undefined, false);
    }
    for (const pattern of [`";globalThis.${canary}=1;"`, `\`;globalThis.${canary}=1;\``]) {
      compile(schema({ properties: { a: { pattern } } })).matches({ a: pattern });
    }
    assert.equal(Reflect.has(globalThis, canary), false);
  });

  it('explains in one line which argument is wrong, and shows nothing that a terminal would act on', () => {
    const check = compile(
      schema({ properties: { edits: { items: { required: ['oldText'] } } }, additionalProperties: false }),
    );
    assert.match(check.explain({ edits: [{}] }) ?? '', /^\/edits\/0: .*oldText/);
    assert.match(check.explain({ 'a\u001b[2J': 1 }) ?? '', /additional properties \(a\ufffd\[2J\)$/u);
    assert.equal(check.explain({ edits: [] }), undefined);
  });
});
