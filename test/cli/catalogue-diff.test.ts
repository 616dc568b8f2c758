import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Terminal } from '../../src/cli/terminal.ts';
import { visibleText } from '../../src/cli/visible-text.ts';
import { wordDiff } from '../../src/cli/word-diff.ts';
import { withFolder } from '../policy/temporary.ts';
import { runCatalogue } from './catalogue-command.ts';

type Entry = { version: string; effect?: string; proposed_effect?: unknown; definition: Record<string, unknown> };

const plain: Terminal = {
  out: () => undefined,
  err: () => undefined,
  colour: false,
  cwd: '.',
  interrupted: new AbortController().signal,
  setExit: () => undefined,
};
const LONG =
  'Reads the whole of a file and returns it as text; large files are cut at their end, and that is said at the end.';
const entry = (name: string, more: Partial<Entry> = {}, definition = {}): Entry => ({
  ...{ version: '1.0.0', effect: 'read' },
  ...more,
  definition: { name, description: LONG, inputSchema: { type: 'object' }, ...definition },
});
const document = (tools: readonly Entry[], more = {}) =>
  JSON.stringify({ type: 'catalogue', id: 'x', version: 1, owner: 'o', servers: { files: { tools } }, ...more });

/** What the two documents differ in, as a person reads it. */
const difference = (a: string, b: string, terminal = {}) =>
  withFolder({ 'a.json': a, 'b.json': b }, (folder) => runCatalogue(folder, ['diff', 'a.json', 'b.json'], terminal));

describe('exequatur catalogue diff', () => {
  it('ends well for the same, and says whether the bytes are', async () => {
    const one = document([entry('a')]);
    const same = await difference(one, one);
    assert.deepEqual([same.exit, same.out], [0, 'The documents are the same, byte by byte.\n']);
    const spaced = await difference(one, JSON.stringify(JSON.parse(one), null, 1));
    assert.equal(spaced.exit, 0);
    assert.match(spaced.out, /their bytes differ/);
  });

  it('shows what came, went, and changed, and ends with 2', async () => {
    const { effect: _, ...unreviewed } = entry('new', { proposed_effect: { effect: 'write', because: 'its name' } });
    const before = document([entry('a'), entry('b'), entry('gone')]);
    const after = document(
      [
        entry('a', { effect: 'destructive', version: '1.1.0' }),
        entry('b', {}, { description: LONG.replace('large', 'all') }),
        unreviewed,
      ],
      { version: 2 },
    );
    const { out, exit } = await difference(before, after);
    assert.equal(exit, 2);
    assert.equal(
      out,
      [
        'document',
        '  /version  [-1-] {+2+}',
        'server files',
        '  - files/gone  read, version 1.0.0',
        '  + files/new  unreviewed: write by its name, version 1.0.0',
        `      description "${LONG}"`,
        '  ~ files/a',
        '      effect  [-read-] {+destructive+}',
        '      /version  [-"1.0.0"-] {+"1.1.0"+}',
        '  ~ files/b',
        '      description  Reads the whole of a file and returns it as text; [-large-]{+all+} files are cut at their end, and that is said at the end.',
        '',
        'tools: 1 came, 1 went, 2 changed, 1 in effect',
        '',
      ].join('\n'),
    );
    const coloured = await difference(before, after, { colour: true });
    assert.ok(coloured.out.includes('\u001b[31m[-large-]\u001b[39m\u001b[32m{+all+}\u001b[39m'), coloured.out);
  });

  it('makes visible what is hidden, wherever it stands, and lets nothing forge a line or drive the terminal', async () => {
    const hidden = '\u200b\u202e\u{e0041}\ufe0f\u3164\u00a0\u2028\u001b[31m';
    const before = document([entry('a')]);
    const after = document(
      [
        entry(`b${hidden}`, { version: hidden, effect: hidden }, { title: hidden, [hidden]: 1 }),
        entry('a', {}, { description: `${LONG}${hidden}\nserver forged`, [hidden]: [hidden], title: `pаypal` }),
      ],
      { owner: hidden, [hidden]: hidden },
    ).replace('"files"', JSON.stringify(`f${hidden}`));
    for (const [one, other] of [
      [before, after],
      [after, before],
      [after, after.replace('forged', 'other')],
    ] as const) {
      const { out, exit } = await difference(one, other);
      assert.equal(exit, 2);
      assert.doesNotMatch(out.replaceAll('\n', ''), /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/u);
      assert.doesNotMatch(out, /^server forged/m);
    }
    const { out } = await difference(before, after.replace(JSON.stringify(`f${hidden}`), '"files"'));
    assert.match(out, /\\u\{200b\}\\u\{202e\}\\u\{e0041\}\\u\{fe0f\}\\u\{3164\}\\u\{a0\}\\u\{2028\}\\u\{1b\}/);
    assert.match(out, /p\\u\{430\}ypal/);
  });

  it('shows what was hidden before, and keeps lines of a text within it', async () => {
    const text = `${LONG}\nserver forged\nand on`;
    const before = document([entry('a', {}, { description: `${text} \u200bgone` })]);
    const { out } = await difference(before, document([entry('a', {}, { description: `${text} here` })]));
    assert.match(out, /^ {10}server forged\n {10}and on \[-\\u\{200b\}gone-\]\{\+here\+\}$/m);
  });

  it('says all of it as JSON', () =>
    withFolder(
      { 'a.json': document([entry('a')]), 'b.json': document([entry('a', { effect: 'write' })]) },
      async (folder) => {
        const { out, exit } = await runCatalogue(folder, ['diff', '--json', 'a.json', 'b.json']);
        const diff = JSON.parse(out);
        assert.deepEqual([exit, diff.equal, diff.same_bytes], [2, false, false]);
        assert.deepEqual(diff.servers[0].changed, [
          { id: 'files/a', effect: { from: { effect: 'read' }, to: { effect: 'write' } }, changes: [] },
        ]);
        assert.equal(JSON.parse((await runCatalogue(folder, ['diff', '--json', 'a.json', 'a.json'])).out).equal, true);
      },
    ));

  it('shows a change in every place of a real catalogue', async () => {
    const text = readFileSync('catalogue/exequatur.json', 'utf8');
    const places: (readonly (string | number)[])[] = [];
    const walk = (value: unknown, path: readonly (string | number)[]): void => {
      if (typeof value !== 'object' || value === null) places.push(path);
      else for (const [name, one] of Object.entries(value)) walk(one, [...path, name]);
    };
    const whole = JSON.parse(text);
    walk(whole, []);
    assert.ok(places.length > 1000);
    await withFolder({ 'a.json': text }, async (folder) => {
      const { writeFileSync } = await import('node:fs');
      for (let place = 0; place < places.length; place += 97) {
        const changed = structuredClone(whole);
        const path = places[place] ?? [];
        const last = path.at(-1) ?? '';
        const owner = path.slice(0, -1).reduce((value, step) => value[step], changed);
        owner[last] = typeof owner[last] === 'string' ? `${owner[last]}\u200b` : 'something else';
        writeFileSync(join(folder, 'b.json'), JSON.stringify(changed));
        const { out, exit } = await runCatalogue(folder, ['diff', 'a.json', 'b.json']);
        assert.equal(exit, 2, path.join('/'));
        assert.match(out, /\\u\{200b\}|something else/, path.join('/'));
      }
    });
  });

  for (const [name, files, code] of [
    ['a file that is missing', { 'a.json': '{}' }, 'file.unreadable'],
    ['what is no JSON', { 'a.json': '{}', 'b.json': '{' }, 'catalogue.not_json'],
    ['a member twice', { 'a.json': '{"a":1,"a":2}', 'b.json': '{}' }, 'catalogue.not_json'],
    ['what is no object', { 'a.json': '{}', 'b.json': '[]' }, 'catalogue.not_json'],
  ] as const) {
    it(`refuses ${name}`, () =>
      withFolder(files, async (folder) => {
        const { error } = await runCatalogue(folder, ['diff', 'a.json', 'b.json']);
        assert.equal(error?.code, code);
      }));
  }

  it('waits for nothing that is no file', () =>
    withFolder({ 'a.json': '{}' }, async (folder) => {
      execFileSync('mkfifo', [join(folder, 'b.json')]);
      const { error } = await runCatalogue(folder, ['diff', 'a.json', 'b.json']);
      assert.equal(error?.code, 'file.unreadable');
    }));
});

describe('a difference in words', () => {
  /** The text before, or after, out of what is shown, where nothing in it is shortened or escaped. */
  const side = (shown: string, keep: 'before' | 'after') =>
    shown
      .replaceAll(/\[-(.*?)-\]/gs, keep === 'before' ? '$1' : '')
      .replaceAll(/\{\+(.*?)\+\}/gs, keep === 'after' ? '$1' : '');

  it('holds both texts', () => {
    const text = fc
      .array(fc.constantFrom('a', 'file', 'is', 'read', ',', '.'), { maxLength: 12 })
      .map((words) => words.join(' '));
    fc.assert(
      fc.property(text, text, (from, to) => {
        const shown = wordDiff(from, to, '', plain);
        assert.deepEqual([side(shown, 'before'), side(shown, 'after')], [from, to]);
      }),
    );
  });

  it('shortens what is the same and never what changed', () => {
    const same = 'word '.repeat(500);
    const shown = wordDiff(`${same}old${' word'.repeat(500)}`, `${same}brand-new${' word'.repeat(500)}`, '', plain);
    assert.ok(shown.length < 300, shown);
    assert.ok(shown.includes('[-old-]{+brand-new+}'), shown);
    const far = wordDiff('a', 'b '.repeat(5000), '', plain);
    assert.equal(side(far, 'after'), 'b '.repeat(5000));
  });
});

describe('a visible text', () => {
  it('has nothing in it that is not seen, and leaves what is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        assert.doesNotMatch(visibleText(text), /[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}]/u);
      }),
    );
    for (const text of ['plain text', 'Größe: naïve café', 'Привет, мир', '日本語の説明', 'αβγ'])
      assert.equal(visibleText(text), text);
    assert.equal(visibleText('a\nb'), 'a\\nb');
    assert.equal(visibleText('a\nb', { lines: true }), 'a\nb');
    assert.equal(visibleText('pаss'), 'p\\u{430}ss');
  });
});
