import assert from 'node:assert/strict';
import { createArgumentChecks } from '../../src/catalogue/argument-checks.ts';
import type { JsonObject } from '../../src/model/json.ts';
import { compilationWork } from '../../src/schema/compilation-work.ts';
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

  const place = (number: number) => `/servers/a/tools/${number}/definition/inputSchema`;

  it('are compiled when their document is looked at as long as that is quick, then the form is looked at', () => {
    const problems = (schemas: readonly JsonObject[], compiled: number) =>
      createArgumentChecks({ compiled })
        .problems(contentOf(schemas))
        .map((problem) => problem.place);
    const enough = compilationWork(taking('p')) + compilationWork(UNRESOLVED);
    assert.deepEqual(problems([taking('p'), UNRESOLVED], enough), [place(1)]);
    assert.deepEqual(problems([taking('p'), UNRESOLVED], enough - 1), []);
    const often = [taking('p'), taking('p'), taking('p'), UNRESOLVED];
    assert.deepEqual(problems(often, enough), [place(3)], 'the same counts once');
    const wrong = { type: 'object', minProperties: 'one' };
    assert.deepEqual(problems([taking('p'), wrong, wrong, { type: 'object', $async: true }], 0), [place(1), place(3)]);
  });

  it('find the same in a document whatever was looked at before, and however often', () => {
    const others = Array.from({ length: 20 }, (_, number) => contentOf([taking(`q${number}`), taking('p')]));
    const looked = [contentOf([taking('p'), UNRESOLVED]), contentOf([taking('p'), UNRESOLVED])];
    const enough = compilationWork(taking('p')) + compilationWork(UNRESOLVED);
    for (const [compiled, expected] of [
      [enough, [place(1)]],
      [enough - 1, []],
    ] as const) {
      const checks = createArgumentChecks({ compiled, kept: 3 });
      for (const other of [...others, contentOf([UNRESOLVED]), ...others.slice(0, 1)]) {
        checks.problems(other);
        for (const content of looked) {
          assert.deepEqual(
            checks.problems(content).map((problem) => problem.place),
            expected,
          );
        }
      }
    }
  });

  it('are the same for the same schema of a document that is read again', () => {
    const checks = createArgumentChecks();
    const [one, other] = [1, 2].map(() => contentOf([taking('p')]).servers[0]?.tools[0]);
    assert.ok(one !== undefined && other !== undefined);
    assert.notEqual(one.inputSchema, other.inputSchema);
    assert.equal(checks.of(one), checks.of(other));
  });

  it('of a schema that takes too much work are not compiled, and its document is told so, early or late in it', () => {
    const slow = {
      type: 'object',
      properties: Object.fromEntries(
        Array.from({ length: 100 }, (_, number) => [`a${number}`, { pattern: `^\\p{L}{99}${number}` }]),
      ),
    };
    for (const compiled of [undefined, Number.POSITIVE_INFINITY, 0]) {
      const checks = createArgumentChecks(compiled === undefined ? {} : { compiled });
      const content = contentOf([taking('p'), slow]);
      const [problem, ...more] = checks.problems(content);
      assert.deepEqual([problem?.place, more], [place(1), []]);
      assert.match(problem?.problem ?? '', /^a\/t1 takes too much work to compile/);
      const tool = content.servers[0]?.tools[1];
      assert.ok(tool !== undefined);
      assert.equal(checks.of(tool).matches({}), false);
    }
  });

  it('of patterns beyond what is compiled are looked at in form as far as that is quick', () => {
    const good = (from: number) => ({
      type: 'object',
      properties: Object.fromEntries(
        Array.from({ length: 10 }, (_, number) => [`a${number}`, { pattern: `^\\p{L}{99}${from + number}` }]),
      ),
    });
    const backtracking = { type: 'object', properties: { a: { pattern: 'a(?=b)' } } };
    const places = (schemas: readonly JsonObject[]) =>
      createArgumentChecks({ compiled: 0 })
        .problems(contentOf(schemas))
        .map((problem) => problem.place);
    assert.deepEqual(places([good(0), backtracking]), [place(1)]);
    assert.deepEqual(places([...[10, 20, 30, 40].map(good), backtracking]), []);
  });

  it('of a schema that does not compile match nothing', () => {
    const tool = contentOf([UNRESOLVED]).servers[0]?.tools[0];
    assert.ok(tool !== undefined);
    const checks = createArgumentChecks();
    for (const args of [{}, { a: 1 }, null]) assert.equal(checks.of(tool).matches(args), false);
    assert.match(checks.of(tool).explain({}) ?? '', /cannot be used/);
  });
});
