import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

function run(...words: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'bin/exequatur.js'), ...words], {
    encoding: 'utf8',
  });
  return { status, out: stdout, err: stderr };
}

describe('an operator edits the policy', () => {
  const folder = mkdtempSync(join(tmpdir(), 'exequatur-policy-'));
  const policies = join(folder, 'policies');
  const request = join(folder, 'request.json');
  const bundle = join(folder, 'bundle.tar.gz');

  before(() => {
    cpSync(join(root, 'policies'), policies, { recursive: true });
    writeFileSync(
      request,
      JSON.stringify({
        subject: { type: 'agent', id: 'newcomer' },
        action: { name: 'tools/call', properties: { arguments: { path: '/workspace/README.md' } } },
        resource: { type: 'tool', id: 'filesystem/read_text_file' },
      }),
    );
  });

  after(() => rmSync(folder, { recursive: true }));

  it('gives a role in YAML, builds, and the answer changes', () => {
    const built = run('policy', 'build', policies, '--output', bundle);
    assert.equal(built.status, 0, built.err);
    const before = run('evaluate', request, '--bundle', bundle, '--json');
    assert.deepEqual([before.status, JSON.parse(before.out).decision], [2, false]);

    const data = join(policies, 'access/data.yaml');
    const text = readFileSync(data, 'utf8');
    const edited = text.replace(/^( *)reader-bot:/m, '$1newcomer: [reader]\n$1reader-bot:');
    assert.notEqual(edited, text, 'the binding of reader-bot was found');
    writeFileSync(data, edited);
    assert.equal(run('policy', 'build', policies, '--output', bundle).status, 0);
    const after = run('evaluate', request, '--bundle', bundle, '--json');
    assert.deepEqual([after.status, JSON.parse(after.out).decision], [0, true], after.err);
  });

  it('adds a control by adding a file, laid over the shipped folder', () => {
    const overlay = join(folder, 'overlay');
    mkdirSync(join(overlay, 'controls'), { recursive: true });
    writeFileSync(
      join(overlay, 'controls/office.rego'),
      `# METADATA
# title: Office
# description: Agents of the office alone.
package exequatur.controls.office

pass if input.facts.tenant == "office"

reasons contains {"code": "office.elsewhere", "message": "only the office may call tools"} if {
	input.facts.tenant != "office"
}
`,
    );
    const found = run('evaluate', request, '--policies', policies, overlay, '--json');
    assert.equal(found.status, 2, found.err);
    const { decision, controls, reasons } = JSON.parse(found.out);
    assert.equal(decision, false);
    assert.equal(controls.office, 'fail');
    assert.deepEqual(reasons, [
      { control: 'office', code: 'office.elsewhere', message: 'only the office may call tools' },
    ]);
  });
});
