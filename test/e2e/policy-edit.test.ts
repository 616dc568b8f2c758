import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { demonstrationFolder, type ServiceProcess, startService } from '../fault/service-process.ts';
import { shippedDigest } from '../shipped-tools.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

function run(...words: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'bin/exequatur.js'), ...words], {
    encoding: 'utf8',
  });
  return { status, out: stdout, err: stderr };
}

const REQUEST = {
  subject: { type: 'agent', id: 'newcomer' },
  action: { name: 'tools/call', properties: { arguments: { path: '/workspace/README.md' } } },
  resource: {
    type: 'tool',
    id: 'filesystem/read_text_file',
    properties: { digest: shippedDigest('filesystem', 'read_text_file') },
  },
};

/** Gives the newcomer a role, as an operator would: one line of YAML. */
function bind(policies: string): void {
  const data = join(policies, 'access/data.yaml');
  const text = readFileSync(data, 'utf8');
  const edited = text.replace(/^( *)reader-bot:/m, '$1newcomer: [reader]\n$1reader-bot:');
  assert.notEqual(edited, text, 'the binding of reader-bot was found');
  writeFileSync(data, edited);
}

type Answer = { decision: boolean; context: { policy: { digest: string } } };

async function ask(service: ServiceProcess): Promise<Answer> {
  const response = await fetch(`${service.decisions}/access/v1/evaluation`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(REQUEST),
  });
  assert.equal(response.status, 200);
  return JSON.parse(await response.text());
}

/** A service for as long as it is asked, ended in good order. */
async function serving<Result>(config: string, use: (service: ServiceProcess) => Promise<Result>): Promise<Result> {
  const service = await startService(config);
  try {
    return await use(service);
  } finally {
    assert.equal(await service.end('SIGTERM'), 0, service.stderr());
  }
}

describe('an operator edits the policy', () => {
  const folder = mkdtempSync(join(tmpdir(), 'exequatur-policy-'));
  const policies = join(folder, 'policies');
  const request = join(folder, 'request.json');
  const bundle = join(folder, 'bundle.tar.gz');

  before(() => {
    cpSync(join(root, 'policies'), policies, { recursive: true });
    writeFileSync(request, JSON.stringify(REQUEST));
  });

  after(() => rmSync(folder, { recursive: true }));

  it('gives a role in YAML, builds, and the answer changes', () => {
    const built = run('policy', 'build', policies, '--output', bundle);
    assert.equal(built.status, 0, built.err);
    const before = run('evaluate', request, '--bundle', bundle, '--json');
    assert.deepEqual([before.status, JSON.parse(before.out).decision], [2, false]);

    bind(policies);
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
    const found = run('evaluate', request, '--policies', policies, '--policies', overlay, '--json');
    assert.equal(found.status, 2, found.err);
    const { decision, controls, reasons } = JSON.parse(found.out);
    assert.equal(decision, false);
    assert.equal(controls.office, 'fail');
    assert.deepEqual(reasons, [
      { control: 'office', code: 'office.elsewhere', message: 'only the office may call tools' },
    ]);
  });

  it('builds and restarts the service: what was denied is permitted, by another policy, in the same log', async () => {
    const edited = join(folder, 'edited');
    cpSync(join(root, 'policies'), edited, { recursive: true });
    const { folder: home, config, audit } = demonstrationFolder();
    const active = join(home, 'active.tar.gz');
    const text = readFileSync(config, 'utf8');
    writeFileSync(config, text.replace(/^policy: .*$/m, `policy: { bundle: ${JSON.stringify(active)} }`));
    const built = run('policy', 'build', edited, '--output', active);
    assert.equal(built.status, 0, built.err);

    const [denied, stillDenied] = await serving(config, async (service) => {
      const before = await ask(service);
      bind(edited);
      assert.equal(run('policy', 'build', edited, '--output', active).status, 0);
      return [before, await ask(service)];
    });
    const permitted = await serving(config, ask);

    assert.deepEqual([denied.decision, stillDenied.decision, permitted.decision], [false, false, true]);
    assert.equal(stillDenied.context.policy.digest, denied.context.policy.digest);
    assert.notEqual(permitted.context.policy.digest, denied.context.policy.digest);
    const verified = run('audit', 'verify', '--folder', audit);
    assert.equal(verified.status, 0, verified.err);
    rmSync(home, { recursive: true });
  });
});
