// Revokes the key that signed the catalogue while 1,000 requests a second run: in the log, no permit on its word stands behind the first
// record that knows of the revocation; and how long that took from the file's change.
// Usage: node test/fault/revoke.ts [SECONDS] [REQUESTS A SECOND]
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { catalogueOf, deploy, SIGNERS } from '../e2e/deployment.ts';
import { startService } from './service-process.ts';
import { askToRead } from './spend-calls.ts';

const seconds = Number(process.argv[2] ?? 6);
const perSecond = Number(process.argv[3] ?? 1000);
const place = deploy(SIGNERS, 'state: { store: memory }\nlimits: { in_flight: 5000 }\n');
place.put('catalogue', 'tools', catalogueOf({ git: { git_status: 'read' } }), 'release');
const service = await startService(place.config);
const agent = new Agent({ keepAlive: true, maxSockets: 256 });

type Heard = { readonly sent: number; readonly heard: number; readonly permit: boolean };
const answers: Heard[] = [];
const pending: Promise<void>[] = [];
let failures = 0;

function send(): void {
  const sent = performance.now();
  pending.push(
    askToRead(agent, service.decisions).then(
      ({ decision }) => void answers.push({ sent, heard: performance.now(), permit: decision }),
      () => {
        failures += 1;
      },
    ),
  );
}

const began = performance.now();
let revoked = 0;
while (performance.now() - began < seconds * 1000) {
  // As many as are due by now, whatever the answers do.
  const due = Math.floor(((performance.now() - began) * perSecond) / 1000);
  while (pending.length < due) send();
  if (revoked === 0 && performance.now() - began > (seconds * 1000) / 2) {
    writeFileSync(`${place.revocations}.new`, `revocations:\n  - { key: "${place.keyOf('release')}" }\n`);
    renameSync(`${place.revocations}.new`, place.revocations);
    revoked = performance.now();
  }
  await new Promise((resolve) => setTimeout(resolve, 1));
}
await Promise.all(pending);
agent.destroy();
await service.end('SIGTERM');

const permits = answers.filter(({ permit }) => permit);
const denials = answers.filter(({ permit }) => !permit);
const firstDenial = Math.min(...denials.map(({ heard }) => heard));
const lastPermit = Math.max(...permits.map(({ heard }) => heard));
const { behind, known } = recordsBehind();
const problems = [
  ...(permits.length === 0 || denials.length === 0 ? ['the run shows nothing: permits or denials are missing'] : []),
  ...(denials.some(({ heard }) => heard < revoked) ? ['a denial came before the revocation'] : []),
  ...(permits.some(({ sent }) => sent > firstDenial)
    ? ['a request that was sent after the first denial was permitted']
    : []),
  ...(behind > 0 ? [`${behind} permits stand in the log behind the first record that knows of the revocation`] : []),
  ...(known === 0 ? ['no record knows of the revocation'] : []),
  ...(failures > 0 ? [`${failures} requests failed`] : []),
];
for (const problem of problems) console.error(problem);
console.log(
  `${answers.length} answers at ${perSecond} a second: ${permits.length} permits, ${denials.length} denials; the first denial ${(firstDenial - revoked).toFixed(1)} ms after the file was renamed, the last permit ${(lastPermit - revoked).toFixed(1)} ms after it; ${problems.length} problems`,
);
place.remove();
process.exit(problems.length === 0 ? 0 : 1);

/** Permits behind the first record of any kind that names the revoked key, and how many name it. */
function recordsBehind(): { behind: number; known: number } {
  let behind = 0;
  let known = 0;
  const lines = readdirSync(place.audit)
    .filter((name) => /^\d{20}\.jsonl$/.test(name))
    .sort()
    .flatMap((name) => readFileSync(join(place.audit, name), 'utf8').split('\n'));
  for (const line of lines.filter((text) => text !== '')) {
    const { record } = JSON.parse(line);
    if (JSON.stringify(record).includes('revoked_key')) known += 1;
    else if (known > 0 && record.kind === 'decision' && record.verdict.permit) behind += 1;
  }
  return { behind, known };
}
