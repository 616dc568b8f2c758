import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';

const root = new URL('../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

describe('the documents', () => {
  it('explain every code with which the engine denies', () => {
    const denials = /const DENIALS = \{(.*?)\n\} as const/s.exec(read('src/policy/codes.ts'))?.[1] ?? '';
    const codes = [...denials.matchAll(/'(engine\.[a-z_]+)'/g)].map((match) => match[1] ?? '');
    assert.ok(codes.length > 10);
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
