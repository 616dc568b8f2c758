import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { demonstrationFolder, type ServiceProcess, startService } from '../fault/service-process.ts';
import { shippedDigest } from '../shipped-tools.ts';

const launcher = fileURLToPath(new URL('../../bin/exequatur.js', import.meta.url));

type Answer = {
  decision: boolean;
  context: {
    evaluation_id: string;
    reason?: string;
    policy: { digest: string };
    audit: { origin: string; index: number };
  };
};

async function ask(service: ServiceProcess, server: string, tool: string, args: object): Promise<Answer> {
  const response = await fetch(`${service.decisions}/access/v1/evaluation`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      subject: { type: 'agent', id: 'alice' },
      action: { name: 'tools/call', properties: { arguments: args } },
      resource: { type: 'tool', id: `${server}/${tool}`, properties: { digest: shippedDigest(server, tool) } },
    }),
  });
  assert.equal(response.status, 200);
  return JSON.parse(await response.text());
}

function run(...words: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [launcher, ...words], { encoding: 'utf8' });
  return { status, out: stdout, err: stderr };
}

describe('the service, from a tool call to a recorded decision', () => {
  const { folder, config, audit } = demonstrationFolder();
  let permit: Answer;
  let denial: Answer;

  before(async () => {
    const service = await startService(config);
    permit = await ask(service, 'filesystem', 'read_text_file', { path: '/workspace/README.md' });
    denial = await ask(service, 'kubernetes', 'pods_delete', { namespace: 'shop', name: 'web-0' });
    const health = await fetch(`${service.operations}/healthz`);
    const ready = await fetch(`${service.operations}/readyz`);
    assert.deepEqual([health.status, ready.status], [200, 200]);
    assert.equal(await service.end('SIGTERM'), 0, service.stderr());
  });

  after(() => rmSync(folder, { recursive: true }));

  it('permits and denies', () => {
    assert.equal(permit.decision, true);
    assert.equal(denial.decision, false);
    assert.ok((denial.context.reason ?? '').length > 0);
  });

  it('left both records, found by their ids and passed by verify', () => {
    for (const answer of [permit, denial]) {
      const shown = run('audit', 'show', answer.context.evaluation_id, '--folder', audit, '--json');
      assert.equal(shown.status, 0, shown.err);
      const { record } = JSON.parse(shown.out);
      assert.equal(record.index, answer.context.audit.index);
      assert.equal(record.verdict.permit, answer.decision);
      assert.equal(record.policy.digest, answer.context.policy.digest);
    }
    assert.equal(run('audit', 'show', 'nobody', '--folder', audit).status, 2);
    assert.equal(run('audit', 'verify', '--folder', audit).status, 0);
    const denied = run('audit', 'tail', '--denied', '--folder', audit);
    assert.ok(
      denied.out.includes('kubernetes/pods_delete') && !denied.out.includes('filesystem/read_text_file'),
      denied.out,
    );
  });

  it('keeps what the records name by digest', () => {
    const shown = run('audit', 'show', permit.context.evaluation_id, '--folder', audit, '--json');
    const { policy, catalogue, trust } = JSON.parse(shown.out).record;
    assert.equal(policy.digest, permit.context.policy.digest);
    const kept = readdirSync(join(audit, 'objects'));
    for (const { digest } of [policy, catalogue, trust]) {
      assert.match(digest, /^sha256:[0-9a-f]{64}$/);
      assert.ok(
        kept.some((file) => file.startsWith(digest.replace('sha256:', ''))),
        digest,
      );
    }
  });

  it('finds one flipped byte, and names it', () => {
    const segment = segmentOf(audit);
    const intact = readFileSync(segment);
    const flipped = Buffer.from(intact);
    const at = intact.indexOf(permit.context.evaluation_id);
    flipped[at] = (flipped[at] ?? 0) ^ 1;
    writeFileSync(segment, flipped);
    const found = run('audit', 'verify', '--folder', audit);
    writeFileSync(segment, intact);
    assert.equal(found.status, 2);
    assert.ok(`${found.out}${found.err}`.includes(segment.split('/').at(-1) ?? '?'), found.out + found.err);
    assert.equal(run('audit', 'verify', '--folder', audit).status, 0);
  });

  it('stays valid where a payload was dropped', () => {
    const segment = segmentOf(audit);
    const intact = readFileSync(segment, 'utf8');
    writeFileSync(segment, intact.replace(/,"payload":\{"salt":.*(,"leaf":"sha256:[0-9a-f]{64}"\}\n)/, '$1'));
    const found = run('audit', 'verify', '--folder', audit);
    writeFileSync(segment, intact);
    assert.equal(found.status, 0, found.err);
    assert.match(found.out, /1 payload/);
  });
});

function segmentOf(audit: string): string {
  const name = readdirSync(audit).find((file) => /^\d{20}\.jsonl$/.test(file));
  assert.ok(name !== undefined);
  return join(audit, name);
}
