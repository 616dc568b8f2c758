import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditConfig } from '../src/audit/config.ts';
import { openAuditLog } from '../src/audit/log.ts';
import { timers } from '../src/durable/schedule.ts';
import type { JsonObject } from '../src/model/json.ts';
import type { RecordDraft } from '../src/model/record.ts';

/**
 * What the durable log takes: records a second, how long one waits, and processor time, by the number of writers that each append
 * again as soon as their record is durable. Usage: node bench/audit.ts [seconds per row] [folder on the disk in question]
 */
const seconds = Number(process.argv[2] ?? 3);
const where = process.argv[3] ?? tmpdir();
const WRITERS = [1, 16, 64, 256];

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const body: JsonObject = {
  binding_hash: 'q'.repeat(43),
  caller: { method: 'asserted', issuer: 'asserted', id: 'gateway-1' },
  catalogue: { digest: digest('a') },
  engine: { version: '0.1.0', opa: '1.22.2' },
  environment: 'production',
  facts: {
    time: '2026-11-21T14:03:00.123Z',
    environment: 'production',
    tenant: 'default',
    caller: { method: 'asserted', issuer: 'asserted', id: 'gateway-1' },
    principal: { authenticated: true, issuer: 'asserted', id: 'release-bot', roles: [] },
    actors: [],
    tool: {
      known: true,
      server: 'kubernetes',
      server_identity: 'asserted',
      name: 'pods_delete',
      version: '1.4.0',
      effect: 'destructive',
      digest: digest('c'),
      drift: 'none',
      arguments_valid: true,
      signatures: { verified: true, by: [{ authority: 'board', mode: 'keyed', key: digest('b') }], failed: [] },
      catalogue: { id: 'tools', version: 1 },
    },
    plan: { named: false, known: false, code: 'no_plan_named' },
  },
  latency_us: 61,
  mode: 'enforce',
  policy: { revision: '0.1.0', digest: digest('d') },
  request: {
    action: { name: 'tools/call' },
    resource: { id: 'kubernetes/pods_delete', type: 'tool' },
    subject: { id: 'release-bot', type: 'agent' },
  },
  request_id: '0199f1de-7a67-7b7e-a6ba-0f0f5f1a2b3c',
  trust: { digest: digest('e') },
  verdict: {
    permit: false,
    controls: {
      access: 'pass',
      destructive: 'fail',
      drift: 'pass',
      plan: 'not_applicable',
      signature: 'pass',
      window: 'pass',
    },
    reasons: [{ control: 'destructive', code: 'destructive.blocked', message: 'destructive tools are blocked' }],
    obligations: [],
  },
};
const payload: JsonObject = {
  action: { properties: { arguments: { namespace: 'shop', name: 'web-0', note: 'n'.repeat(280) } } },
  context: { session: 's-1', call: 'c-1', agent: 'release-bot' },
};

const draft = (id: string): RecordDraft => ({ kind: 'decision', id, time: '2026-11-21T14:03:00.123Z', body, payload });

async function row(writers: number): Promise<void> {
  const folder = mkdtempSync(join(where, 'exequatur-bench-'));
  const log = await openAuditLog({
    ...auditConfig.parse({}),
    folder,
    instance: 'bench',
    tenant: 'default',
    randomBytes,
    schedule: timers,
    onEvent: () => undefined,
  });
  const waits: number[] = [];
  const writer = async (name: string, until: number): Promise<void> => {
    for (let turn = 0; performance.now() < until; turn += 1) {
      const start = performance.now();
      await log.append(draft(`${name}-${turn}`));
      waits.push(performance.now() - start);
    }
  };
  const all = async (until: number): Promise<void> => {
    await Promise.all(Array.from({ length: writers }, (_, number) => writer(`w${number}`, until)));
  };
  await all(performance.now() + 500);
  waits.length = 0;
  const cpu = process.cpuUsage();
  const start = performance.now();
  await all(start + seconds * 1000);
  const elapsed = (performance.now() - start) / 1000;
  const used = process.cpuUsage(cpu);
  await log.close();
  rmSync(folder, { recursive: true });
  waits.sort((one, other) => one - other);
  const at = (part: number): string => (waits[Math.floor(part * (waits.length - 1))] ?? 0).toFixed(2);
  const each = (used.user + used.system) / waits.length;
  console.log(
    `${String(writers).padStart(7)} ${Math.round(waits.length / elapsed)
      .toLocaleString('en')
      .padStart(
        10,
      )} ${at(0.5).padStart(8)} ${at(0.99).padStart(8)} ${at(0.999).padStart(8)} ${each.toFixed(1).padStart(10)}`,
  );
}

console.log(`${cpus().length} × ${cpus()[0]?.model}, Linux ${release()}, Node ${process.version}, ${where}`);
console.log('writers  records/s   p50 ms   p99 ms p99.9 ms  cpu µs each');
for (const writers of WRITERS) await row(writers);
