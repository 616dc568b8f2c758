// 10,000 calls at once for one step that may run once: in one process over memory, and over three processes that share one Redis. Exactly
// one permit, all repetitions of its call agree, and the logs have one record of it and verify.
// Usage: node test/fault/spend-race.ts [CALLS]
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256 } from '../../src/model/digest.ts';
import { isJsonObject } from '../../src/model/json.ts';
import { stateConfig } from '../../src/state/config.ts';
import { initState } from '../../src/state/open.ts';
import { catalogueOf, type Deployment, deploy, PLANNED, planOf, SIGNERS } from '../e2e/deployment.ts';
import { ALWAYS, REDIS, startServer } from '../state/server.ts';
import { type ServiceProcess, startService } from './service-process.ts';
import { type Answer, askFor, permitsIn, says } from './spend-calls.ts';

const calls = Number(process.argv[2] ?? 10_000);
const entry = fileURLToPath(new URL('../../src/cli/entry.ts', import.meta.url));
const LIMITS = 'limits: { in_flight: 20000, connections: 20000, request_ms: 120000 }\n';
const MANY = 500;
const STEP = {
  id: '1',
  server: 'kubernetes',
  tool: 'resources_delete',
  effect: 'destructive',
  arguments: { exact: PLANNED },
};
const problems: string[] = [];

await race('one process, memory', 1, 'state: { store: memory }\n');
if (REDIS === undefined) {
  problems.push('no redis-server is on the PATH (Debian: apt-get install redis-server)');
} else {
  const server = await startServer(REDIS, ALWAYS);
  process.on('exit', () => void server.kill());
  await initState(stateConfig.parse({ store: 'redis', url: server.url }), '/', false);
  await race('three processes, one Redis', 3, `state: { store: redis, url: "${server.url}", timeout_ms: 20000 }\n`);
  await server.kill();
  rmSync(server.folder, { recursive: true, force: true });
}
for (const problem of problems) console.error(problem);
console.log(problems.length === 0 ? 'exactly one permit each time' : `${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);

async function race(name: string, replicas: number, state: string): Promise<void> {
  const place = deploy(SIGNERS, `${state}${LIMITS}`);
  place.put('catalogue', 'tools', catalogueOf({ kubernetes: { resources_delete: 'destructive' } }), 'release');
  const plan = sha256(place.put('plans', 'plan', planOf(), 'board'));
  const services: ServiceProcess[] = [];
  for (const replica of Array.from({ length: replicas }).keys()) {
    services.push(await startService(replicaConfig(place, replica)));
  }
  const agent = new Agent({ keepAlive: true, maxSockets: 6000 });
  const ask = (index: number, call: string, hash: string = plan) => {
    const service = services[index % services.length];
    if (service === undefined) throw new Error('there is no replica');
    return askFor(agent, service.decisions, { plan: hash, step: '1', call });
  };
  const isHeld = async (hash: string) => {
    const found = await Promise.all(
      services.map(async ({ decisions }): Promise<unknown> => (await fetch(`${decisions}/v1/plans/${hash}`)).json()),
    );
    return found.every((plan) => isJsonObject(plan) && plan.state === 'active');
  };

  // First each call under a name of its own, then the one that won again and again, everywhere at once.
  const began = performance.now();
  const first = await Promise.all(Array.from({ length: calls }, (_, index) => ask(index, `call-${index}`)));
  const took = Math.round(performance.now() - began);
  const won = first.flatMap((answer, index) => (answer.decision ? [{ index, answer }] : []));
  check(won.length === 1, `${name}: ${won.length} permits for ${calls} calls`);
  const winner = won[0];
  if (winner !== undefined) {
    const again = await Promise.all(Array.from({ length: 300 }, (_, index) => ask(index, `call-${winner.index}`)));
    const same = (one: Answer) => one.decision && one.context.evaluation_id === winner.answer.context.evaluation_id;
    check(again.every(same), `${name}: ${again.filter((one) => !same(one)).length} of 300 repetitions disagree`);
    const other = await ask(0, 'yet another');
    check(!other.decision && says(other, 'plan.used'), `${name}: ${JSON.stringify(other.context.reasons)} afterwards`);
  }
  const used = first.filter((one) => !one.decision && says(one, 'plan.used')).length;
  check(used === calls - 1, `${name}: only ${used} of ${calls} calls were told that the step is used`);

  // A step that may run often: more calls at once than reservations may be open.
  const many = sha256(place.put('plans', 'many', planOf({ id: 'many', steps: [{ ...STEP, runs: MANY }] }), 'board'));
  while (!(await isHeld(many))) await new Promise((resolve) => setTimeout(resolve, 20));
  const often = await Promise.all(Array.from({ length: MANY + 50 }, (_, index) => ask(index, `often-${index}`, many)));
  const taken = often.filter(({ decision }) => decision).length;
  check(taken === MANY, `${name}: ${taken} permits for a step that may run ${MANY} times`);
  const over = often.filter((answer) => !answer.decision && says(answer, 'plan.used')).length;
  check(over === 50, `${name}: ${over} of the 50 calls too many were told that the step is used`);
  agent.destroy();
  for (const service of services) await service.end('SIGTERM');
  let permits = 0;
  for (const replica of Array.from({ length: replicas }).keys()) {
    const folder = join(place.folder, `audit-${replica}`);
    execFileSync(process.execPath, [entry, 'audit', 'verify', '--folder', folder], { stdio: 'ignore' });
    permits += permitsIn(folder).filter(({ refers_to }) => refers_to === undefined).length;
  }
  check(permits === 1 + MANY, `${name}: the logs have ${permits} permits of their own`);
  console.log(`${name}: ${calls} calls in ${took} ms, ${won.length} permit, ${used} times plan.used`);
  place.remove();
}

function check(holds: boolean, what: string): void {
  if (!holds) problems.push(what);
}

/** The same deployment under another name, with a log of its own. */
function replicaConfig({ config, folder }: Deployment, replica: number): string {
  const text = readFileSync(config, 'utf8').replace('audit: { folder: audit }', `audit: { folder: audit-${replica} }`);
  const file = join(folder, `config-${replica}.yaml`);
  writeFileSync(file, `instance: replica-${replica}\n${text}`);
  return file;
}
