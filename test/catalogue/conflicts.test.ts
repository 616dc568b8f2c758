import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { createArgumentChecks } from '../../src/catalogue/argument-checks.ts';
import { conflictOf, createConflicts } from '../../src/catalogue/conflicts.ts';
import type { JsonObject } from '../../src/model/json.ts';
import { active, candidate, definition, document, IDENTITY, toolDocument } from './documents.ts';

type Named = readonly [server: string, tool: string];
const vectors: { what: string; one: Named; other: Named; refused: string | null }[] = JSON.parse(
  readFileSync(new URL('../vectors/catalogue/look-alikes.json', import.meta.url), 'utf8'),
);
const checks = createArgumentChecks();

function of([server, tool]: Named, id: string): JsonObject {
  return document({ [server]: [definition(tool)] }, { id });
}

describe('documents beside one another', () => {
  for (const { what, one, other, refused } of vectors) {
    it(`${refused === null ? 'agree' : `are refused (${refused})`}: ${what}`, () => {
      const [a, b] = [of(one, 'a'), of(other, 'b')];
      const expected = refused ?? undefined;
      const found = conflictOf(candidate(b, 'b.json'), [active(a, 'a.json')], { checks });
      assert.equal(found?.code, expected);
      assert.equal(conflictOf(candidate(a), [active(b)], { checks })?.code, expected, 'the other way round');
      if (found === undefined) return;
      assert.match(found.message, /^b\.json is not a usable catalogue:\n {2}\/servers\/.* at a\.json \/servers\//);
    });
  }

  it('are refused for the gravest, either of them, in whatever order they list their tools', () => {
    const a = document({ code: [definition('run')], web: [definition('get_1')] }, { id: 'a' });
    const b = document({ web: [definition('get_l')], code: [definition('run')] }, { id: 'b' });
    assert.equal(conflictOf(candidate(a), [active(b)], { checks })?.code, 'collision');
    assert.equal(conflictOf(candidate(b), [active(a)], { checks })?.code, 'collision');
  });

  it('are refused within one document too', () => {
    for (const { one, other, refused } of vectors) {
      const servers =
        one[0] === other[0]
          ? { [one[0]]: [definition(one[1]), definition(other[1])] }
          : { [one[0]]: [definition(one[1])], [other[0]]: [definition(other[1])] };
      const found = conflictOf(candidate(document(servers)), [], { checks });
      assert.equal(found?.code, refused ?? undefined, `${one} ${other}`);
    }
  });

  it('say the same of a server, or are refused', () => {
    const a = active(document({ web: [definition('a')] }), 'a.json');
    const same = { ...IDENTITY, url: 'HTTPS://MCP.example:443' };
    const says = (identity: JsonObject) =>
      conflictOf(candidate(toolDocument('web', definition('b'), { server: { name: 'web', identity } })), [a], {
        checks,
      });
    assert.equal(says(same), undefined, 'another spelling of the same address');
    const found = says({ ...IDENTITY, url: 'https://mcp.example/other' });
    assert.equal(found?.code, 'collision');
    assert.match(found.message, /\n {2}\/server\/identity: web is another server at a\.json \/servers\/web; /);
    assert.equal(says({ ...IDENTITY, key: `sha256:${'cd'.repeat(32)}` })?.code, 'collision');
    assert.equal(says({ package: 'p', digest: IDENTITY.key })?.code, 'collision');
  });

  it('name packages as they like: the digest says which it is', () => {
    const identity = { package: 'pkg:npm/a@1', digest: IDENTITY.key };
    const a = active(toolDocument('web', definition('a'), { server: { name: 'web', identity } }));
    const b = toolDocument('web', definition('b'), {
      server: { name: 'web', identity: { ...identity, package: 'b' } },
    });
    assert.equal(conflictOf(candidate(b), [a], { checks }), undefined);
  });

  it('show by code points what cannot be seen by looking', () => {
    const found = conflictOf(candidate(of(['copa', 'b'], 'b')), [active(of(['\u0441\u043e\u0440\u0430', 'a'], 'a'))]);
    assert.match(found?.message ?? '', /\(U\+0441 U\+043E U\+0440 U\+0430\) at c\.json/);
  });
});

describe('a document by itself', () => {
  const refused = (value: JsonObject) => {
    const found = conflictOf(candidate(value), [], { checks });
    assert.ok(found !== undefined);
    return found;
  };

  it('is refused for a name that mixes scripts', () => {
    const found = refused(of(['web', 'r\u0435ad'], 'a'));
    assert.equal(found.code, 'look_alike');
    assert.match(found.message, /\/servers\/web\/tools\/0\/definition\/name: .* mixes scripts/);
    assert.equal(refused(of(['w\u0435b', 'read'], 'a')).code, 'look_alike');
  });

  it('is refused for text that people do not see, anywhere in a definition; the place and the code point are named', () => {
    const hidden = 'x\u{e0041}';
    for (const [more, pointer] of [
      [{ description: hidden }, '/description'],
      [{ inputSchema: { type: 'object', properties: { [hidden]: {} } } }, '/inputSchema/properties/x\ufffd'],
      [{ inputSchema: { type: 'object', properties: { a: { enum: [hidden] } } } }, '/inputSchema/properties/a/enum/0'],
      [{ 'x-more': [[hidden]] }, '/x-more/0/0'],
      [{ annotations: { title: hidden } }, '/annotations/title'],
    ] as const) {
      const found = refused(document({ web: [definition('a'), definition('b', { type: 'object' }, more)] }));
      assert.equal(found.code, 'hidden_text');
      assert.ok(
        found.message.includes(`\n  /servers/web/tools/1/definition${pointer}: holds U+E0041, a tag`),
        found.message,
      );
    }
  });

  it('is refused for a schema that cannot be used', () => {
    const found = refused(
      document({ a: [definition('x'), definition('y', { type: 'object', minProperties: 'one' })] }),
    );
    assert.equal(found.code, 'document_invalid');
    assert.match(found.message, /\/servers\/a\/tools\/1\/definition\/inputSchema: a\/y /);
  });

  it('tells what is most suspicious first, and some hundred things at most', () => {
    const tools = Array.from({ length: 300 }, () => definition('same', { type: 'object' }, { title: '\u200b' }));
    const found = refused(document({ a: tools }));
    assert.equal(found.code, 'collision');
    assert.match(found.message, /and 180 more$/);
  });
});

const servers = ['web', 'Web', 'w\u0435b', 'code', 'a', 'a/b'];
const tools = ['search', 'Search', 'search_all', 'searchAll', 'sear\u0441h', 'get_1', 'get_l', 'b/c', 'c'];
const texts = [
  '',
  'search_all',
  'searchall',
  'the search tool',
  'code/search',
  'sear\u0441h_all',
  'a.b.c',
  'nothing else',
];
const listed = fc.record({
  server: fc.constantFrom(...servers),
  tool: fc.constantFrom(...tools),
  text: fc.constantFrom(...texts),
});
const documents = fc.array(fc.uniqueArray(listed, { minLength: 1, maxLength: 3, selector: ({ server }) => server }), {
  minLength: 2,
  maxLength: 5,
});

function written(content: readonly { server: string; tool: string; text: string }[], number: number): JsonObject {
  const entries = content.map(({ server, tool, text }) => [
    server,
    [definition(tool, { type: 'object' }, { description: text })],
  ]);
  return document(Object.fromEntries(entries), { id: `d${number}` });
}

describe('conflicts, whatever the documents', () => {
  it('are the same both ways', () => {
    fc.assert(
      fc.property(documents, (contents) => {
        const [a, b] = contents
          .map(written)
          .filter((value) => conflictOf(candidate(value), [], { checks }) === undefined);
        fc.pre(a !== undefined && b !== undefined);
        if (a === undefined || b === undefined) return;
        const [one, other] = [
          conflictOf(candidate(a), [active(b)], { checks }),
          conflictOf(candidate(b), [active(a)], { checks }),
        ];
        assert.equal(one?.code, other?.code);
      }),
    );
  });

  it('depend on no order: all documents agree, or some do not, in whichever order they come', () => {
    const shuffled = documents.chain((contents) =>
      fc.tuple(fc.constant(contents), fc.shuffledSubarray([...contents.keys()], { minLength: contents.length })),
    );
    const allAgree = (values: readonly JsonObject[]) => {
      const { conflict } = createConflicts({ checks });
      const counting: ReturnType<typeof active>[] = [];
      for (const value of values) {
        const offered = candidate(value);
        if (conflict(offered, counting) !== undefined) return false;
        counting.push({ ...active(value), content: offered.content });
      }
      return true;
    };
    fc.assert(
      fc.property(shuffled, ([contents, order]) => {
        const values = contents.map(written);
        const reordered = order.map((place) => values[place] ?? document({}));
        assert.equal(allAgree(values), allAgree(reordered));
      }),
    );
  });

  it('are found by what counts now, whatever counted before', () => {
    const steps = fc.array(fc.record({ which: fc.nat(4), counts: fc.boolean() }), { maxLength: 12 });
    fc.assert(
      fc.property(documents, steps, (contents, changes) => {
        const values = contents.map(written).map((value) => ({ value, offered: candidate(value) }));
        const { conflict } = createConflicts({ checks });
        let counting: readonly ReturnType<typeof active>[] = [];
        for (const { which, counts } of changes) {
          const one = values[which % values.length];
          if (one === undefined) continue;
          counting = counting.filter(({ content }) => content !== one.offered.content);
          const found = conflict(one.offered, counting);
          // Of several that it conflicts with, any may be named.
          assert.deepEqual(placesIn(found), placesIn(conflictOf(one.offered, counting, { checks })));
          // The last of the list takes the place of one that went, as on a shelf.
          const added = { ...active(one.value), content: one.offered.content };
          if (counts && found === undefined) counting = [added, ...counting.slice(1), ...counting.slice(0, 1)];
        }
      }),
    );
  });
});

/** The code, and each place that is told. */
function placesIn(found: ReturnType<typeof conflictOf>): readonly string[] {
  if (found === undefined) return [];
  return [found.code, ...[...found.message.matchAll(/\n {2}(\S+): /g)].map(([, place]) => place ?? '')];
}
