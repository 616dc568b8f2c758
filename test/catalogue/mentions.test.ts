import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createArgumentChecks } from '../../src/catalogue/argument-checks.ts';
import { conflictOf } from '../../src/catalogue/conflicts.ts';
import { createPostings } from '../../src/catalogue/mentions/postings.ts';
import { MOST_WORDS } from '../../src/catalogue/mentions/said.ts';
import type { JsonObject } from '../../src/model/json.ts';
import { active, candidate, definition, document } from './documents.ts';

const vectors: { what: string; text: string; tool: string; refused: boolean }[] = JSON.parse(
  readFileSync(new URL('../vectors/catalogue/mentions.json', import.meta.url), 'utf8'),
);

/** Schemas are compiled once. */
const checks = createArgumentChecks();

/** A server whose tools are its own, one of which says the text. */
function notes(more: JsonObject): JsonObject {
  const tools = [definition('add_note', { type: 'object' }, more), definition('fetch_note'), definition('undo')];
  return document({ notes: tools }, { id: 'notes' });
}

function files(tool: string): JsonObject {
  return document({ files: [definition(tool)] }, { id: 'files' });
}

describe('a text of a definition', () => {
  for (const { what, text, tool, refused } of vectors) {
    it(`${refused ? 'mentions' : 'does not mention'} another server's tool by ${what}`, () => {
      const saying = notes({ description: text });
      const named = files(tool);
      const expected = refused ? 'mentions_other_server' : undefined;
      assert.equal(conflictOf(candidate(saying), [active(named)], { checks })?.code, expected, 'the text comes later');
      assert.equal(conflictOf(candidate(named), [active(saying)], { checks })?.code, expected, 'the text was there');
      const both = { ...saying, servers: { ...Object(saying.servers), ...Object(named.servers) } };
      assert.equal(conflictOf(candidate(both), [], { checks })?.code, expected, 'both are in one document');
    });
  }

  const places: readonly (readonly [string, JsonObject, string])[] = [
    ['a title', { title: 'like read_file' }, '/title'],
    [
      'a parameter',
      { inputSchema: { type: 'object', properties: { p: { description: 'read_file' } } } },
      '/inputSchema/properties/p/description',
    ],
    [
      "a parameter's name",
      { inputSchema: { type: 'object', properties: { read_file: {} } } },
      '/inputSchema/properties/read_file',
    ],
    [
      'a value',
      { inputSchema: { type: 'object', properties: { p: { enum: ['a', 'read_file'] } } } },
      '/inputSchema/properties/p/enum/1',
    ],
    ['an output', { outputSchema: { type: 'object', $comment: 'read_file' } }, '/outputSchema/$comment'],
    ['an annotation', { annotations: { title: 'read_file' } }, '/annotations/title'],
    ['a member that nobody knows', { 'x-more': [{ deep: 'read_file' }] }, '/x-more/0/deep'],
    ["a member's name that nobody knows", { 'use read_file/first': 1 }, '/use read_file~1first'],
  ];
  for (const [what, more, pointer] of places) {
    it(`mentions in ${what}; both places are named`, () => {
      const found = conflictOf(candidate(notes(more), 'n.json'), [active(files('read_file'), 'f.json')]);
      assert.equal(found?.code, 'mentions_other_server');
      assert.ok(found.message.includes(`\n  /servers/notes/tools/0/definition${pointer}: `), found.message);
      assert.match(
        found.message,
        /notes\/add_note mentions files\/read_file of another server at f\.json \/servers\/files\/tools\/0;/,
      );
      const other = conflictOf(candidate(files('read_file'), 'f.json'), [active(notes(more), 'n.json')]);
      assert.ok(other !== undefined);
      assert.ok(other.message.includes(` at n.json /servers/notes/tools/0/definition${pointer};`), other.message);
      assert.match(other.message, /\n {2}\/servers\/files\/tools\/0\/definition: files\/read_file is mentioned/);
    });
  }

  it('may mention what the operator allows, and nothing more', () => {
    const saying = notes({ description: 'See files/read_file.' });
    const allowedMentions = new Map([['notes/add_note', new Set(['files/read_file'])]]);
    assert.equal(conflictOf(candidate(saying), [active(files('read_file'))], { allowedMentions }), undefined);
    assert.equal(conflictOf(candidate(files('read_file')), [active(saying)], { allowedMentions }), undefined);
    const elsewhere = document({ disk: [definition('read_file')] }, { id: 'disk' });
    const others = [active(files('read_file')), active(elsewhere)];
    const found = conflictOf(candidate(saying), others, { allowedMentions });
    assert.match(found?.message ?? '', /mentions disk\/read_file/);
  });

  it('speaks of its own tool although another server has one of that name', () => {
    const own = document(
      { web: [definition('search_all', { type: 'object' }, { title: 'search_all' })] },
      { id: 'web' },
    );
    const other = document({ code: [definition('search_all')] }, { id: 'code' });
    assert.equal(conflictOf(candidate(own), [active(other)]), undefined);
    assert.equal(conflictOf(candidate(other), [active(own)]), undefined);
  });

  it('speaks of a tool of its own server that stands in another document', () => {
    const [saying, named] = [{ description: 'Then get_b.' }, {}].map((more, number) =>
      document({ web: [definition(number === 0 ? 'a' : 'get_b', { type: 'object' }, more)] }, { id: `${number}` }),
    );
    assert.ok(saying !== undefined && named !== undefined);
    assert.equal(conflictOf(candidate(saying), [active(named)]), undefined);
    assert.equal(conflictOf(candidate(named), [active(saying)]), undefined);
  });

  it('is refused where it says more different words than can be looked through', () => {
    const words = (count: number) =>
      notes({ description: Array.from({ length: count }, (_, number) => `w${number}_`.padEnd(8, 'x')).join(' ') });
    const found = conflictOf(candidate(words(MOST_WORDS + 1)), []);
    assert.equal(found?.code, 'document_invalid');
    assert.match(found.message, /tools\/0\/definition: says more than 20000 different words/);
    assert.equal(conflictOf(candidate(words(MOST_WORDS - 100)), []), undefined);
  });
});

describe('who said what', () => {
  it('is forgotten of whoever is removed, and swept away', () => {
    const postings = createPostings<{ readonly number: number }>();
    const speakers = Array.from({ length: 5000 }, (_, number) => ({ number }));
    for (const speaker of speakers) {
      postings.add(
        speaker,
        new Map([
          ['all', true],
          [`only-${speaker.number}`, false],
        ]),
      );
    }
    postings.remove(speakers.filter(({ number }) => number % 10 !== 0));
    const left = speakers.filter(({ number }) => number % 10 === 0);
    assert.deepEqual([...postings.of('all', true)], left);
    assert.deepEqual([...postings.of('all', false)], []);
    assert.deepEqual([...postings.of('only-10', false)], [speakers[10]]);
    assert.deepEqual([...postings.of('only-11', false)], []);
    postings.remove(left);
    assert.deepEqual([...postings.of('all', true)], []);
  });
});
