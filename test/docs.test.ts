import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { DOCUMENT_FAILURES } from '../src/document/shelved.ts';

const root = new URL('../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

describe('the documents', () => {
  it('explain every code with which the engine denies', () => {
    const source = read('src/policy/codes.ts');
    const codes = ['DENIALS', 'GUARDS'].flatMap((name) => {
      const denials = new RegExp(`const ${name} = \\{(.*?)\\n\\} as const`, 's').exec(source)?.[1] ?? '';
      return [...denials.matchAll(/'([a-z]+\.[a-z_]+)':/g)].map((match) => match[1] ?? '');
    });
    assert.ok(codes.length > 15 && codes.includes('call.conflict'));
    const docs = read('docs/api.md');
    assert.deepEqual(
      codes.filter((code) => !docs.includes(`\`${code}\``)),
      [],
    );
  });

  it('explain every code that a shipped control gives', () => {
    const docs = read('docs/policies.md') + read('docs/policies-destructive.md');
    const folder = new URL('policies/controls/', root);
    const codes = readdirSync(folder)
      .filter((name) => name.endsWith('.rego') && !name.endsWith('_test.rego'))
      .flatMap((name) => [...readFileSync(new URL(name, folder), 'utf8').matchAll(/"code": "([a-z_]+\.[a-z_]+)"/g)])
      .map((match) => match[1] ?? '');
    assert.ok(codes.length > 20);
    assert.deepEqual(
      [...new Set(codes)].filter((code) => !docs.includes(code)),
      [],
    );
  });

  it('explain every code that is reported of logs and of what was seen before', () => {
    const sources = read('src/trust/report.ts') + read('src/trust/freshness/event.ts');
    const reported = [...sources.matchAll(/'(freshness\.[a-z_]+)'/g)].map((match) => match[1] ?? '');
    // Composed of the prefix and the code of the refusal or the distrust.
    const composed = [...sources.matchAll(/readonly code: (?:Extract<FailureCode, )?((?:'[a-z_]+'(?: \| )?)+)/g)]
      .flatMap((match) => [...(match[1] ?? '').matchAll(/'([a-z_]+)'/g)])
      .map((match) => `freshness.${match[1]}`);
    assert.ok(reported.length >= 7 && composed.length >= 6, `${reported} ${composed}`);
    const docs = read('docs/freshness.md');
    assert.deepEqual(
      [...new Set([...reported, ...composed])].filter((code) => !docs.includes(`\`${code}\``)),
      [],
    );
  });

  it('explain every code of roots, of revocations, of looking at logs and of files', () => {
    const places = {
      'trust/root': 'trust-roots',
      'trust/revocation': 'trust-roots',
      'trust/freshness': 'freshness',
      durable: 'state',
    };
    const codes = Object.entries(places).flatMap(([folder, page]) =>
      readdirSync(new URL(`src/${folder}/`, root))
        .flatMap((name) => [
          ...read(`src/${folder}/${name}`).matchAll(/'((?:root|revocations|log|durable)\.[a-z_]+)'/g),
        ])
        .map((match) => ({ code: match[1] ?? '', page })),
    );
    assert.ok(codes.length > 50);
    assert.deepEqual(
      codes.filter(({ code, page }) => !read(`docs/${page}.md`).includes(`\`${code}\``)),
      [],
    );
  });

  it('explain every reason for which a document does not count, and every kind of record', () => {
    const codes = Object.keys(DOCUMENT_FAILURES);
    assert.ok(codes.length > 10);
    const docs = ['catalogue', 'plans', 'audit'].map((name) => read(`docs/${name}.md`)).join('');
    assert.deepEqual(
      codes.filter((code) => !docs.includes(`\`${code}\``)),
      [],
    );
    const kinds = /type RecordKind = (.*);/.exec(read('src/model/record.ts'))?.[1]?.match(/[a-z]+/g) ?? [];
    assert.ok(kinds.length >= 6);
    assert.deepEqual(
      kinds.filter((kind) => !read('docs/audit.md').includes(`| \`${kind}\` |`)),
      [],
    );
  });

  it('explain every error that the API gives of plans', () => {
    const sources = ['submit', 'submitted', 'document'].map((name) => read(`src/plan/${name}.ts`));
    const text = [...sources, read('src/http/plans.ts'), read('src/http/errors.ts')].join('\n');
    const codes = new Set([...text.matchAll(/['`](plan\.[a-z_]+)['`]/g)].map((match) => match[1] ?? ''));
    assert.ok(codes.size >= 8, [...codes].join());
    assert.deepEqual(
      [...codes].filter((code) => !read('docs/api.md').includes(`\`${code}\``)),
      [],
    );
  });

  it('name every folder of the source where the README tells how imports flow', () => {
    const [, flow = ''] = /`(errors ← [^`]*)`/.exec(read('README.md')) ?? [];
    const folders = readdirSync(new URL('src/', root), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    assert.ok(folders.length > 10);
    assert.deepEqual(
      folders.map(({ name }) => name).filter((name) => !new RegExp(`\\b${name}\\b`).test(flow)),
      [],
    );
  });

  it('name no command of npm that there is not', () => {
    const scripts: unknown = Reflect.get(Object(JSON.parse(read('package.json'))), 'scripts');
    // Those about policies speak of other people's commands.
    const names = readdirSync(new URL('docs/', root)).filter((name) => !name.startsWith('policies'));
    const pages = ['README.md', ...names.map((name) => `docs/${name}`)];
    const named = pages.flatMap((page) =>
      [...read(page).matchAll(/npm run ([a-z:]+)/g)].map((match) => match[1] ?? ''),
    );
    assert.ok(named.length > 5);
    assert.deepEqual(
      named.filter((name) => !Object.hasOwn(Object(scripts), name)),
      [],
    );
  });

  it('hold no figure that is still to be filled in', () => {
    assert.doesNotMatch(read('README.md'), /@[A-Z]+@/);
  });

  it('link only to what is there', () => {
    const pages = ['README.md', 'SECURITY.md', ...readdirSync(new URL('docs/', root)).map((name) => `docs/${name}`)];
    for (const page of pages) {
      for (const [, target = ''] of read(page).matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)) {
        assert.doesNotThrow(() => readFileSync(new URL(target, new URL(page, root))), `${page} links to ${target}`);
      }
    }
  });
});
