import assert from 'node:assert/strict';
import { createArgumentChecks } from '../../src/catalogue/argument-checks.ts';
import type { JsonObject } from '../../src/model/json.ts';
import { candidate, definition, document } from './documents.ts';

/** A document of tools that each take their own argument alone. */
function contentOf(schemas: readonly JsonObject[]) {
  return candidate(document({ a: schemas.map((schema, number) => definition(`t${number}`, schema)) })).content;
}

function taking(name: string): JsonObject {
  return { type: 'object', properties: { [name]: { type: 'string' } }, required: [name] };
}

/** Passes by its form, and does not compile: no anchor has this name. */
const UNRESOLVED = { type: 'object', properties: { a: { $ref: '#nowhere' } } };

describe('the checks of arguments', () => {
  it('are those of each tool, however many are kept', () => {
    const content = contentOf(Array.from({ length: 25 }, (_, number) => taking(`p${number}`)));
    const tools = content.servers.flatMap((server) => server.tools);
    const checks = createArgumentChecks({ kept: 3 });
    for (const round of [1, 2]) {
      for (const [number, tool] of tools.entries()) {
        assert.equal(checks.of(tool).matches({ [`p${number}`]: 'x' }), true, `${round} ${tool.id}`);
        assert.equal(checks.of(tool).matches({ [`p${number + 1}`]: 'x' }), false, `${round} ${tool.id}`);
      }
    }
  });

  it('are kept while they are among the last, and made again when they are not', () => {
    const tools = contentOf(Array.from({ length: 8 }, (_, number) => taking(`p${number}`))).servers[0]?.tools ?? [];
    const checks = createArgumentChecks({ kept: 3 });
    const [first] = tools;
    assert.ok(first !== undefined);
    const check = checks.of(first);
    for (const tool of tools.slice(1, 6)) checks.of(tool);
    assert.equal(checks.of(first), check);
    for (const tool of tools) checks.of(tool);
    assert.notEqual(checks.of(first), check);
  });

  it('of the first different schemas are compiled when their document is looked at, of the others the form is', () => {
    const problems = (compiled: number, schemas: readonly JsonObject[]) =>
      createArgumentChecks({ compiled })
        .problems(contentOf(schemas))
        .map(({ place }) => place);
    const place = (number: number) => `/servers/a/tools/${number}/definition/inputSchema`;
    assert.deepEqual(problems(2, [taking('p'), UNRESOLVED]), [place(1)]);
    assert.deepEqual(problems(1, [taking('p'), UNRESOLVED]), []);
    assert.deepEqual(
      problems(2, [taking('p'), taking('p'), taking('p'), UNRESOLVED]),
      [place(3)],
      'the same counts once',
    );
    const wrong = { type: 'object', minProperties: 'one' };
    assert.deepEqual(problems(0, [taking('p'), wrong, wrong, { type: 'object', $async: true }]), [place(1), place(3)]);
  });

  it('of a schema that does not compile match nothing', () => {
    const tool = contentOf([UNRESOLVED]).servers[0]?.tools[0];
    assert.ok(tool !== undefined);
    const checks = createArgumentChecks();
    for (const args of [{}, { a: 1 }, null]) assert.equal(checks.of(tool).matches(args), false);
    assert.match(checks.of(tool).explain({}) ?? '', /cannot be used/);
  });
});
