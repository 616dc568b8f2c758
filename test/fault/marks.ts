// Two processes share one Redis and observe checkpoints, raise marks and remember proofs, while either of them and Redis are killed
// (kill -9) at random. Nothing that was acknowledged may be lost: no mark lowered, no split view accepted, no downgrade.
// Usage: node test/fault/marks.ts [SECONDS] [SEED]
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sha256 } from '../../src/model/digest.ts';
import { stateConfig } from '../../src/state/config.ts';
import { initState } from '../../src/state/open.ts';
import type { AdmissionRequest } from '../../src/trust/freshness/freshness.ts';
import type { Proofs } from '../../src/trust/verdict.ts';
import { randomOf } from '../random.ts';
import { ALWAYS, REDIS, startServer } from '../state/server.ts';
import { matchesFor } from '../trust/proved.ts';
import type { Command, Reply } from './marks-protocol.ts';

const seconds = Number(process.argv[2] ?? 35);
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000);
const IN_FLIGHT = 6;
const LOGS = 60;
const DOCUMENTS = 40;
/** Fewer than a log's memory holds, so that everything is remembered. */
const SIZES = 120;
const NO_PROOFS: Proofs = { authorities: 0, logs: 0, timestamps: 0, scts: 0, attestations: [] };
const replicaFile = fileURLToPath(new URL('./marks-replica.ts', import.meta.url));

if (REDIS === undefined) {
  const inCi = process.env.CI === 'true';
  console.log(`${inCi ? 'FAILED' : 'skipped'}: no redis-server is on the PATH (Debian: apt-get install redis-server)`);
  console.log(inCi ? '0 passed, 1 failed, 0 skipped' : '0 passed, 0 failed, 1 skipped');
  process.exit(inCi ? 1 : 0);
}

const random = randomOf(seed);
const upTo = (bound: number): number => Math.floor(random() * bound);

/** What was acknowledged; what is asked later may not contradict it. */
const logs = Array.from({ length: LOGS }, (_, place) => ({
  name: { logId: 'c0d23d6a', origin: `rekor.example - ${place}` },
  /** By size the root that was admitted. */
  admitted: new Map<number, string>(),
  distrusted: false,
  live: 0,
}));
const documents = Array.from({ length: DOCUMENTS }, (_, place) => ({
  name: `document-${place}`,
  authorities: 0,
  /** By log the strict mark. */
  marks: new Map<number, number>(),
}));
const tally = new Map<string, number>();
const problems: string[] = [];
let checks = 0;

function check(holds: boolean, what: () => string): void {
  checks += 1;
  if (!holds) problems.push(what());
}

const server = await startServer(REDIS, ALWAYS);
// Whatever ends this ends the server, too.
process.on('exit', () => {
  void server.kill();
});
await initState(stateConfig.parse({ store: 'redis', url: server.url }), '/', false);
const replicas = [newReplica(), newReplica()];
await Promise.all(replicas.map((replica) => replica.start()));
let running = true;
const until = Date.now() + seconds * 1000;
const kills = { replica: 0, redis: 0 };
const workers = replicas.flatMap((replica) =>
  Array.from({ length: IN_FLIGHT }, async () => {
    while (running) await somethingOf(replica);
  }),
);
while (Date.now() < until) {
  await passed(20 + upTo(400));
  const victim = upTo(5);
  const replica = replicas[victim];
  if (replica !== undefined) {
    kills.replica += 1;
    await replica.kill();
    await replica.start();
  } else if (victim < 4) {
    kills.redis += 1;
    await server.kill();
    await passed(upTo(150));
    await server.start();
  }
}
running = false;
await Promise.all(workers);
// Once more everything from the start: what is left is what was durable.
for (const replica of replicas) await replica.kill();
await server.kill();
await server.start();
const [last] = replicas;
if (last === undefined) throw new Error('there is no replica');
await last.start();
await verifyAll(last);
for (const replica of replicas) await replica.kill();
await server.kill();
rmSync(server.folder, { recursive: true, force: true });

const told = [...tally].sort().map(([name, count]) => `${name} ${count}`);
console.log(`seed ${seed}; killed: a replica ${kills.replica} times, Redis ${kills.redis} times`);
console.log(told.join(', '));
// A run in which nothing happened shows nothing.
for (const [name, least] of Object.entries({
  admitted: 100,
  split_view: 20,
  downgraded: 10,
  behind_mark: 10,
  raised: 20,
})) {
  check((tally.get(name) ?? 0) >= least, () => `only ${tally.get(name) ?? 0} times ${name}: the run shows too little`);
}
for (const problem of problems.slice(0, 20)) console.error(problem);
console.log(`${checks} answers compared, ${problems.length} of them wrong`);
process.exit(problems.length === 0 ? 0 : 1);

type Replica = ReturnType<typeof newReplica>;

function newReplica() {
  let child: ChildProcess | undefined;
  let nextId = 0;
  const waiting = new Map<number, (reply: Reply | undefined) => void>();

  async function start(): Promise<void> {
    // While Redis is away it cannot start: an operator would start it again.
    for (;;) {
      const started = fork(replicaFile, [server.url], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
      const ready = new Promise<boolean>((resolve) => {
        started.once('exit', () => resolve(false));
        started.on('message', (reply: Reply) => {
          if (reply.id === -1) resolve(true);
          waiting.get(reply.id)?.(reply);
          waiting.delete(reply.id);
        });
      });
      if (await ready) {
        child = started;
        return;
      }
    }
  }

  async function kill(): Promise<void> {
    const victim = child;
    child = undefined;
    if (victim !== undefined && victim.exitCode === null && victim.signalCode === null) {
      const ended = once(victim, 'exit');
      victim.kill('SIGKILL');
      await ended;
    }
    // Whoever waits never learns how it went.
    for (const resolve of waiting.values()) resolve(undefined);
    waiting.clear();
  }

  async function ask(command: WithoutId<Command>): Promise<Reply | undefined> {
    while (child === undefined) {
      if (!running) return undefined;
      await passed(5);
    }
    const to = child;
    const id = nextId;
    nextId += 1;
    return new Promise((resolve) => {
      waiting.set(id, resolve);
      to.send({ ...command, id }, (error) => {
        if (error === null) return;
        waiting.delete(id);
        resolve(undefined);
      });
    });
  }

  return { start, kill, ask };
}

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

/** One command, checked against what had been acknowledged before it was sent. */
async function somethingOf(replica: Replica): Promise<void> {
  const what = upTo(10);
  // A few logs at a time, so that both processes meet there; every one's turn comes.
  const elapsed = 1 - Math.max(0, until - Date.now()) / (seconds * 1000);
  const place = Math.min(LOGS - 1, Math.floor(elapsed * LOGS * 0.95) + upTo(4));
  const log = logs[place];
  if (log === undefined) throw new Error('there is no such log');
  if (what < 2) await raiseLive(replica, log);
  else {
    const authorities = upTo(20) === 0 ? 1 + upTo(3) : 4;
    await admitOne(replica, place, 1 + upTo(SIZES), upTo(100) === 0, upTo(DOCUMENTS), authorities, upTo(3) === 0);
  }
}

async function raiseLive(replica: Replica, log: (typeof logs)[number]): Promise<void> {
  const before = { live: log.live, distrusted: log.distrusted };
  const size = 1 + upTo(SIZES);
  const root = rootOf(log.name.origin, size, false);
  const reply = await replica.ask({ do: 'raise', log: log.name, to: { size: `${size}`, root } });
  count(reply);
  if (reply?.result === 'raised') {
    check(size > before.live, () => `${log.name.origin}: the live mark went from ${before.live} down to ${size}`);
    check(!before.distrusted, () => `${log.name.origin}: raised although it was distrusted`);
    acknowledge(log, size, root);
    log.live = Math.max(log.live, size);
  }
  if (reply?.result === 'split_view') log.distrusted = true;
  const least = log.live;
  const read = await replica.ask({ do: 'read', log: log.name });
  if (read?.live !== undefined) {
    check((read.live ?? 0) >= least, () => `${log.name.origin}: the live mark is ${read.live}, it was ${least}`);
  }
}

async function admitOne(
  replica: Replica,
  place: number,
  size: number,
  forged: boolean,
  which: number,
  authorities: number,
  strictMark: boolean,
): Promise<void> {
  const [log, document] = [logs[place], documents[which]];
  if (log === undefined || document === undefined) throw new Error('there is no such log or document');
  const root = rootOf(log.name.origin, size, forged);
  const before = {
    distrusted: log.distrusted,
    authorities: document.authorities,
    mark: document.marks.get(place) ?? 0,
  };
  const reply = await replica.ask({
    do: 'admit',
    request: { ...requestFor(log.name, document.name, size, root, authorities), strictMark },
  });
  count(reply);
  if (reply?.result === 'split_view') log.distrusted = true;
  if (reply?.result !== 'admitted') return;
  check(!before.distrusted, () => `${log.name.origin}: admitted although it was distrusted`);
  check(
    authorities >= before.authorities,
    () => `${document.name}: ${authorities} authorities, seen with ${before.authorities}`,
  );
  check(
    !strictMark || size >= before.mark,
    () => `${document.name}: size ${size} of ${log.name.origin}, marked at ${before.mark}`,
  );
  acknowledge(log, size, root);
  document.authorities = Math.max(document.authorities, authorities);
  if (strictMark) document.marks.set(place, Math.max(document.marks.get(place) ?? 0, size));
}

function acknowledge(log: (typeof logs)[number], size: number, root: string): void {
  const other = log.admitted.get(size);
  check(other === undefined || other === root, () => `${log.name.origin}: two roots were accepted at ${size}`);
  log.admitted.set(size, root);
}

/** Asks about everything that was acknowledged, by what must be refused. */
async function verifyAll(replica: Replica): Promise<void> {
  running = true;
  const result = async (request: AdmissionRequest) => (await replica.ask({ do: 'admit', request }))?.result;
  for (const log of logs) {
    const read = await replica.ask({ do: 'read', log: log.name });
    check(
      (read?.live ?? -1) >= log.live,
      () => `${log.name.origin}: the live mark is ${read?.live}, it was ${log.live}`,
    );
    if (log.distrusted) {
      const found = await result(requestFor(log.name, 'a new one', SIZES + 1, rootOf('new', 1, false), 1));
      check(found === 'split_view', () => `${log.name.origin}: ${found} although it was distrusted`);
    }
  }
  for (const document of documents) {
    for (const [place, mark] of document.marks) {
      const log = logs[place];
      if (log === undefined || log.distrusted || mark < 2) continue;
      const request = requestFor(log.name, document.name, mark - 1, rootOf(log.name.origin, mark - 1, false), 4);
      const found = await result(request);
      const refused = found === 'behind_mark' || found === 'split_view';
      check(refused, () => `${document.name}: ${found} at ${mark - 1}, marked at ${mark}`);
    }
    if (document.authorities > 1) {
      const matches = matchesFor({ ...NO_PROOFS, authorities: document.authorities - 1 });
      const request = { ...requestFor(logName(0), document.name, 1, '', 0), matches };
      const found = await result(request);
      check(found === 'downgraded', () => `${document.name}: ${found} with fewer authorities`);
    }
  }
  for (const log of logs) {
    // One is enough to be distrusted for good, so the last: each tree has to be there for it, whichever it is.
    const sizes = [...log.admitted.keys()];
    const size = sizes[upTo(sizes.length)];
    if (size === undefined || log.distrusted) continue;
    const found = await result(requestFor(log.name, 'a new one', size, rootOf('other', size, true), 1));
    check(found === 'split_view', () => `${log.name.origin}: ${found} for another root at ${size}`);
  }
}

function requestFor(
  log: { logId: string; origin: string },
  name: string,
  size: number,
  root: string,
  authorities: number,
) {
  return {
    kind: 'catalogue',
    name,
    document: sha256(name),
    matches: matchesFor({ ...NO_PROOFS, authorities, logs: 1 }, [{ ...log, size: `${size}`, root }]),
    struck: [],
    strictMark: true,
  } satisfies AdmissionRequest;
}

function logName(place: number): { logId: string; origin: string } {
  return { logId: 'c0d23d6a', origin: `rekor.example - ${place}` };
}

function rootOf(origin: string, size: number, forged: boolean): string {
  return sha256(`${origin} ${size} ${forged}`).slice('sha256:'.length);
}

function count(reply: Reply | undefined): void {
  const name = reply?.result ?? 'never answered';
  tally.set(name, (tally.get(name) ?? 0) + 1);
}

function passed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
