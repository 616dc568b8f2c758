import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommandLine } from '../../src/cli/main.ts';

describe('exequatur serve --check', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'exequatur-check-'));
    writeFileSync(join(folder, 'revoked.yaml'), 'revocations: []\n');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function check(config?: string) {
    let out = '';
    let exit: number | undefined;
    if (config !== undefined) writeFileSync(join(folder, 'config.yaml'), config);
    const words = config === undefined ? [] : ['--config', 'config.yaml'];
    await runCommandLine(['serve', '--check', '--json', ...words], {
      out: (text) => {
        out += text;
      },
      err: () => undefined,
      colour: false,
      cwd: folder,
      interrupted: new AbortController().signal,
      setExit: (code) => {
        exit = code;
      },
    });
    const { ok, problems, warnings } = Object(JSON.parse(out));
    const codes = (of: readonly { readonly code: string }[]) => of.map(({ code }) => code);
    return { exit, ok, problems: codes(problems), warnings: codes(warnings) };
  }

  it('says ok of the demonstration', async () => {
    assert.deepEqual(await check(), { exit: 0, ok: true, problems: [], warnings: [] });
  });

  it('tells every problem of what the configuration names, and leaves nothing behind', async () => {
    const found = await check(`authentication: { dangerously_trust_asserted_subjects: true }
audit: { folder: audit }
policy: { bundle: none.tar.gz }
catalogue: { folders: [none] }
trust:
  roots:
    company: { source: tuf, mirror: "http://127.0.0.1:9", root: none.json }
    lab: { source: file, path: none.json }
  authorities:
    one: { keys: [{ path: none.pub }], vouches_for: { plan: {} }, scope: { servers: ["*"], tools: ["*"], plan_agents: ["*"] } }
  rules: [{ name: plans, kinds: [plan], authorities: [one] }]
  revocations: { files: [none.yaml] }
`);
    assert.deepEqual(found, {
      exit: 2,
      ok: false,
      problems: [
        'catalogue.folder_missing',
        'bundle.unreadable',
        'config.invalid',
        'root.tuf_root_unreadable',
        'durable.file_missing',
        'revocations.unavailable',
      ],
      warnings: [],
    });
    assert.deepEqual(readdirSync(folder).sort(), ['config.yaml', 'revoked.yaml']);
    assert.ok(!existsSync(join(folder, 'audit')));
  });

  for (const [what, trust, codes] of [
    [
      'and by whom they are not signed',
      'trust/demonstration.pub',
      ['document.rule_not_met', 'document.document_invalid'],
    ],
    ['though signatures cannot be verified', 'trust/none.pub', ['document.document_invalid', 'config.invalid']],
  ] as const) {
    it(`tells what is wrong with documents, ${what}`, async () => {
      const root = fileURLToPath(new URL('../../', import.meta.url));
      mkdirSync(join(folder, 'catalogue'));
      copyFileSync(join(root, 'catalogue/exequatur.json'), join(folder, 'catalogue/a.json'));
      writeFileSync(join(folder, 'catalogue/b.json'), '{"type":"catalogue"}');
      const { problems } = await check(`authentication: { dangerously_trust_asserted_subjects: true }
catalogue: { folders: [catalogue] }
trust:
  authorities:
    one: { keys: [{ path: ${JSON.stringify(join(root, trust))} }], vouches_for: { catalogue: {} }, scope: { servers: ["*"], tools: ["*"] } }
  rules: [{ name: catalogues, kinds: [catalogue], authorities: [one] }]
`);
      assert.deepEqual(problems.toSorted(), codes.toSorted());
    });
  }

  it('warns of what a start would mend by itself', async () => {
    writeFileSync(join(folder, 'root.json'), JSON.stringify({ signed: { _type: 'root' } }));
    const { problems, warnings } = await check(`authentication: { dangerously_trust_asserted_subjects: true }
policy: { bundle: none.tar.gz }
catalogue: { folders: [none] }
trust:
  roots: { company: { source: tuf, mirror: "http://127.0.0.1:9", root: root.json } }
  revocations: { files: [revoked.yaml] }
`);
    assert.deepEqual(problems, ['catalogue.folder_missing', 'bundle.unreadable']);
    assert.deepEqual(warnings, ['root.unavailable']);
  });

  it('tells what is wrong with the configuration itself', async () => {
    assert.deepEqual((await check('policy: 1\n')).problems, ['config.invalid']);
  });
});
