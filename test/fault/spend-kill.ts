// kill -9 at every point between verdict, spending, record and answer of a permit that spends a step: never two permits, and never a step
// that is lost for good. Over a file and over Redis.
// Usage: node test/fault/spend-kill.ts
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readConfig } from '../../src/config.ts';
import { sha256 } from '../../src/model/digest.ts';
import { initState } from '../../src/state/open.ts';
import { catalogueOf, type Deployment, deploy, planOf, SIGNERS } from '../e2e/deployment.ts';
import { ALWAYS, REDIS, startServer } from '../state/server.ts';
import { type Answer, askFor, permitsIn } from './spend-calls.ts';

const replica = fileURLToPath(new URL('./spend-replica.ts', import.meta.url));
const entry = fileURLToPath(new URL('../../src/cli/entry.ts', import.meta.url));
/** So that a replica starts in a moment: there are dozens of starts. */
const compiled = mkdtempSync(join(tmpdir(), 'exequatur-compiled-'));
const problems: string[] = [];
let kills = 0;
let points = 0;

await Promise.all([everyPoint('a file', 'state: { store: file, path: state.json }\n'), overRedis()]);
rmSync(compiled, { recursive: true, force: true });
for (const problem of problems) console.error(problem);
console.log(`${points} points, ${kills} of them reached and ended there: ${problems.length} problems`);
process.exit(problems.length === 0 && kills >= 20 ? 0 : 1);

async function overRedis(): Promise<void> {
  if (REDIS === undefined) {
    problems.push('no redis-server is on the PATH (Debian: apt-get install redis-server)');
    return;
  }
  const server = await startServer(REDIS, ALWAYS);
  process.on('exit', () => void server.kill());
  await everyPoint('Redis', `instance: one\nstate: { store: redis, url: "${server.url}" }\n`);
  await server.kill();
  rmSync(server.folder, { recursive: true, force: true });
}

async function everyPoint(store: string, state: string): Promise<void> {
  const place = deploy(SIGNERS, state);
  await initState(readConfig(place.config).state, place.folder, false);
  place.put('catalogue', 'tools', catalogueOf({ kubernetes: { resources_delete: 'destructive' } }), 'release');
  // What an operation left is seen by ending before the next one; of the log's last one, which the answer follows, also behind it.
  for (const [when, what] of [
    ['before', 'store'],
    ['before', 'log'],
    ['after', 'log'],
  ] as const) {
    // Further on until the call is over before the point is reached.
    for (let number = 0; ; number += 1) {
      points += 1;
      if (!(await onePoint(place, points, store, [when, what, String(number)]))) break;
      kills += 1;
    }
  }
  const { folder } = place;
  execFileSync(process.execPath, [entry, 'audit', 'verify', '--folder', place.audit], { cwd: folder, stdio: 'ignore' });
  place.remove();
}

/** False where the process outlived the call. */
async function onePoint(place: Deployment, id: number, store: string, point: readonly string[]): Promise<boolean> {
  const name = `${store}, ${point.join(' ')}`;
  const document = planOf({ id: `plan-${id}`, nonce: `the nonce of plan ${id}`.replaceAll(' ', '-') });
  const plan = sha256(place.put('plans', `plan-${id}`, document, 'board'));
  const before = new Set(permitsIn(place.audit).map(({ id }) => id));
  const called = { plan, step: '1', call: `call-${id}` };

  const first = await start(place, point);
  await tell(first.child);
  const answer = await askFor(false, first.decisions, called).catch(() => undefined);
  if (answer !== undefined && first.child.exitCode === null && first.child.signalCode === null) {
    await end(first.child);
    return false;
  }
  await gone(first.child);

  // The caller asks again, as whoever got no answer does; another one tries to take the step before.
  const second = await start(place, ['none']);
  const stranger = await askFor(false, second.decisions, { ...called, call: `stranger-${id}` });
  const again = await askFor(false, second.decisions, called);
  const late = await askFor(false, second.decisions, { ...called, call: `late-${id}` });
  await end(second.child);

  const answers: readonly Answer[] = [...(answer === undefined ? [] : [answer]), stranger, again, late];
  const permitted = new Set(answers.filter(({ decision }) => decision).map(({ context }) => context.evaluation_id));
  const own = permitsIn(place.audit).filter(({ id, refers_to }) => !before.has(id) && refers_to === undefined);
  if (permitted.size !== 1) problems.push(`${name}: ${permitted.size} permits were answered`);
  if (own.length !== 1) problems.push(`${name}: the log has ${own.length} permits of their own`);
  // Whoever's record was durable has the step: the caller gets it by asking again, and nobody else does.
  const recorded = own.some(({ call }) => call === called.call);
  if (recorded !== again.decision || recorded === stranger.decision) problems.push(`${name}: the step went astray`);
  return true;
}

type Running = { readonly child: ChildProcess; readonly decisions: string };

function start(place: Deployment, point: readonly string[]): Promise<Running> {
  const env = { ...process.env, NODE_COMPILE_CACHE: compiled };
  const child = fork(replica, [place.config, ...point], { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`a replica ended with ${code}`)));
    child.once('message', (message: { decisions: string }) => resolve({ child, ...message }));
  });
}

async function tell(child: ChildProcess): Promise<void> {
  const armed = once(child, 'message');
  child.send('arm');
  await armed;
}

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await gone(child);
}

async function gone(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
