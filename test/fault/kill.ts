// 200 times kill -9 under load: no acknowledged decision without its record, and the log verifies.
// Usage: node test/fault/kill.ts [ROUNDS] [SEED]
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomOf } from '../random.ts';
import { shippedDigest } from '../shipped-tools.ts';
import { demonstrationFolder, startService } from './service-process.ts';

const rounds = Number(process.argv[2] ?? 200);
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);
const CLIENTS = 16;
const entry = fileURLToPath(new URL('../../src/cli/entry.ts', import.meta.url));
const { folder, config, audit } = demonstrationFolder();
/** Audit index by evaluation id, of every decision that a client has received whole. */
const acknowledged = new Map<string, number>();
const digest = shippedDigest('filesystem', 'read_text_file');
/** Every request is for another file. */
let asked = 0;

console.log(`${rounds} rounds, seed ${seed}`);
const moment = randomOf(seed);

for (let round = 1; round <= rounds; round++) {
  const service = await startService(config);
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  let running = true;
  const clients = Array.from({ length: CLIENTS }, async () => {
    while (running) {
      const answer = await ask(agent, service.decisions).catch(() => undefined);
      if (answer === undefined) return;
      acknowledged.set(answer.context.evaluation_id, answer.context.audit.index);
    }
  });
  // Somewhere between the first requests and a full pipeline; another moment each round.
  await new Promise((resolve) => setTimeout(resolve, 5 + moment() * 400));
  await service.end('SIGKILL');
  running = false;
  await Promise.all(clients);
  agent.destroy();
  if (round % 20 === 0) console.log(`${round} kills, ${acknowledged.size} acknowledged decisions`);
}

// One more start repairs what the last kill left; a stop in good order follows.
const last = await startService(config);
const code = await last.end('SIGTERM');
const recorded = recordedDecisions();
const missing = [...acknowledged].filter(([id, index]) => recorded.get(id) !== index);
execFileSync(process.execPath, [entry, 'audit', 'verify', '--folder', audit], { stdio: 'inherit' });
console.log(
  `${rounds} kills under load: ${acknowledged.size} decisions acknowledged, ${recorded.size} recorded, ${missing.length} acknowledged but missing; the last stop ended with ${code}`,
);
if (missing.length > 0 || acknowledged.size < rounds || code !== 0) {
  console.error(`the log is kept in ${folder}`);
  process.exit(1);
}
rmSync(folder, { recursive: true });

type Answer = { context: { evaluation_id: string; audit: { index: number } } };

function ask(agent: Agent, decisions: string): Promise<Answer> {
  const body = JSON.stringify({
    subject: { type: 'agent', id: 'alice' },
    action: { name: 'tools/call', properties: { arguments: { path: `/workspace/${asked++}` } } },
    resource: { type: 'tool', id: 'filesystem/read_text_file', properties: { digest } },
  });
  return new Promise((resolve, reject) => {
    const sent = request(
      `${decisions}/access/v1/evaluation`,
      {
        agent,
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (piece: string) => {
          text += piece;
        });
        response.on('error', reject);
        response.on('end', () => {
          if (response.statusCode !== 200 || !response.complete)
            reject(new Error(`status ${response.statusCode}: ${text}`));
          else resolve(JSON.parse(text));
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

function recordedDecisions(): Map<string, number> {
  const found = new Map<string, number>();
  for (const name of readdirSync(audit).filter((file) => /^\d{20}\.jsonl$/.test(file))) {
    for (const line of readFileSync(join(audit, name), 'utf8').split('\n')) {
      if (line === '') continue;
      const { record } = JSON.parse(line);
      if (record.kind === 'decision') found.set(record.id, record.index);
    }
  }
  return found;
}
