// The stores under kill -9, of whoever uses them and of Redis itself, under torn files and faulty disks: no write that was confirmed is lost,
// no revision that was seen is lowered, nothing removed is found again, and what was lost, torn or rolled back is refused.
// The seed repeats what is chosen here, not how processes happen to meet. Usage: node test/fault/state.ts [ROUNDS] [SEED]
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeOf } from '../../src/errors.ts';
import { PASSING_PREFIX } from '../../src/model/shared-state.ts';
import { stateConfig } from '../../src/state/config.ts';
import { initFileState, openFileState } from '../../src/state/file.ts';
import { initRedisState, openRedisState } from '../../src/state/redis/store.ts';
import { faultyFiles, type Operation } from '../durable/faulty-files.ts';
import { randomOf } from '../random.ts';
import { command, redisConfig } from '../state/make.ts';
import { ALWAYS, EVERY_SECOND, REDIS, startServer, WAITAOF_SERVER } from '../state/server.ts';
import { type Ledger, ledger, startWorker, type Worker } from './state-ledger.ts';

const rounds = Number(process.argv[2] ?? 15);
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);
const KEYS = 3;
let passed = 0;
let failed = 0;
let skipped = 0;
console.log(`${rounds} rounds, seed ${seed}`);

if (REDIS === undefined) skip('Redis', 'no redis-server is on the PATH (Debian: apt-get install redis-server)');
else await redisRounds(REDIS, ALWAYS, 'appendfsync always');
if (WAITAOF_SERVER === undefined) skip('WAITAOF', 'no server with it (Redis 7.2, Valkey) is on the PATH');
else await redisRounds(WAITAOF_SERVER, EVERY_SECOND, 'WAITAOF');
await fileRounds();
await faultyDisks();
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed === 0 ? 0 : 1;

/** Two processes share a Redis; one of them, both, or Redis is killed, and started again. */
async function redisRounds(server: string, settings: readonly string[], by: string): Promise<void> {
  const random = randomOf(seed);
  const redis = await startServer(server, settings);
  const config = redisConfig(redis, { timeout_ms: 5000 });
  await initRedisState(config, {}, false);
  const watcher = await openRedisState(config, async () => ({}));
  const book = ledger(['state.unavailable']);
  const start = (name: string): Worker => startWorker(config, redis.folder, name, KEYS, book);
  let workers = [start('a0'), start('b0')];
  let kills = 0;
  for (let round = 1; round <= rounds; round += 1) {
    await Promise.all(workers.map((worker) => worker.first));
    await pause(50 + random() * 300);
    const victims = 1 + (round % 7);
    if ((victims & 4) !== 0) await redis.kill();
    const restarted = workers.map(async (worker, index) => {
      if ((victims & (1 << index)) === 0) return worker;
      await worker.kill();
      return undefined;
    });
    const left = await Promise.all(restarted);
    if ((victims & 4) !== 0) await redis.start();
    workers = left.map((worker, index) => worker ?? start(`${'ab'[index]}${round}`));
    kills += victims.toString(2).replaceAll('0', '').length;
    await book.compare(watcher);
  }
  await Promise.all(workers.map((worker) => worker.first));
  const marks = `${book.acknowledged()} changes confirmed, ${told(book)}`;
  report(`${server} by ${by}, ${kills} kills: ${marks}`, book.acknowledged() > rounds ? book.offences : ['no work']);

  // An old copy in place of the state: both refuse from then on, and nothing is confirmed to them any more.
  const copy = mkdtempSync(join(tmpdir(), 'exequatur-fault-copy-'));
  await redis.kill();
  cpSync(redis.folder, copy, { recursive: true });
  await redis.start();
  const before = book.acknowledged();
  while (book.acknowledged() < before + 50) await pause(5);
  await redis.kill();
  rmSync(redis.folder, { recursive: true });
  cpSync(copy, redis.folder, { recursive: true });
  rmSync(copy, { recursive: true });
  const confirmed = book.acknowledged();
  await redis.start();
  while ((book.errors.get('state.rolled_back') ?? 0) < 20) await pause(5);
  const more = book.acknowledged() - confirmed;
  report(`${server}: an old copy is refused`, more === 0 ? [] : [`${more} writes were confirmed upon it`]);
  await watcher.close();
  for (const worker of workers) await worker.kill();

  // Emptied: nobody begins anew.
  const empty = ledger([]);
  const pair = [
    startWorker(config, redis.folder, 'c', KEYS, empty),
    startWorker(config, redis.folder, 'd', KEYS, empty),
  ];
  await Promise.all(pair.map((worker) => worker.first));
  await command(redis, 'FLUSHALL');
  while ((empty.errors.get('state.lost') ?? 0) < 20) await pause(5);
  for (const worker of pair) await worker.kill();
  const exists = await command(redis, 'EXISTS', 'exequatur:state');
  report(`${server}: an emptied one is refused`, exists === 0 ? [] : ['a store was begun anew']);
  await redis.kill();
  rmSync(redis.folder, { recursive: true });
}

/** One process has the file, and is killed; between two of them the file is torn, and mended again. */
async function fileRounds(): Promise<void> {
  const random = randomOf(seed);
  const folder = mkdtempSync(join(tmpdir(), 'exequatur-fault-state-'));
  const path = join(folder, 'state.json');
  const config = stateConfig.parse({ store: 'file', path: 'state.json' });
  await initFileState(path, { overwrite: false });
  const book = ledger([]);
  const offences: string[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const worker = startWorker(config, folder, `f${round}`, KEYS, book);
    await worker.first;
    await pause(10 + random() * 150);
    await worker.kill();
    const left = readdirSync(folder).filter((name) => name.endsWith('.tmp')).length;
    if (left > 1) offences.push(`${left} temporary files were left`);
    const whole = readFileSync(path);
    const torn = Buffer.from(whole.subarray(0, Math.floor(random() * whole.length)));
    const edited = Buffer.from(whole);
    const at = Math.floor(random() * whole.length);
    edited[at] = (whole[at] ?? 0) ^ (1 + Math.floor(random() * 255));
    for (const bytes of [torn, edited]) {
      writeFileSync(path, bytes);
      const code = await openFileState(path, config).then(
        () => 'opened',
        (error: unknown) => codeOf(error),
      );
      if (code !== 'state.torn') offences.push(`a torn file gave ${code}`);
    }
    writeFileSync(path, whole);
    const state = await openFileState(path, config);
    await book.compare(state);
    await state.close();
  }
  const problems = [...offences, ...book.offences, ...(book.acknowledged() > rounds ? [] : ['no work'])];
  report(
    `a file, ${rounds} kills, ${2 * rounds} torn: ${book.acknowledged()} changes confirmed, ${told(book)}`,
    problems,
  );
  rmSync(folder, { recursive: true });
}

/** Operations fail at random; after each failure that leaves doubt, the store is opened anew. */
async function faultyDisks(): Promise<void> {
  const random = randomOf(seed);
  const folder = mkdtempSync(join(tmpdir(), 'exequatur-fault-disk-'));
  const path = join(folder, 'state.json');
  const config = stateConfig.parse({ store: 'file', path });
  const faults: readonly (readonly [Operation, string])[] = [
    ['open', 'EMFILE'],
    ['write', 'ENOSPC'],
    ['write', 'EIO'],
    ['fsync', 'EIO'],
    ['rename', 'EIO'],
    ['rename', 'ENOSPC'],
    ['syncFolder', 'EIO'],
  ];
  await initFileState(path, { overwrite: false });
  const disk = faultyFiles();
  const book = ledger([]);
  const offences: string[] = [];
  let state = await openFileState(path, config, disk.files);
  let injected = 0;
  for (let n = 0; n < 100 * rounds; n += 1) {
    const fault = random() < 0.3 ? faults[Math.floor(random() * faults.length)] : undefined;
    const removing = n % 4 === 3;
    const key = removing ? `${PASSING_PREFIX}${n}` : `key-${n % KEYS}`;
    if (removing) await state.compareAndSet(key, 0, `v${n}`);
    const entry = await state.read(key);
    if (entry !== undefined && !removing) book.take(`saw ${key} ${entry.revision} ${entry.value}`);
    const revision = entry?.revision ?? 0;
    if (fault !== undefined) {
      disk.break(...fault);
      injected += 1;
    }
    try {
      if (removing) {
        if (await state.remove(key, revision)) book.take(`gone ${key}`);
      } else if (await state.compareAndSet(key, revision, `v${n}`)) book.take(`ack ${key} ${revision + 1} v${n}`);
      if (fault !== undefined) offences.push(`confirmed in spite of ${fault.join(' ')}`);
    } catch (error) {
      const code = codeOf(error);
      if (fault === undefined) offences.push(`${code} without a fault`);
      if (code !== 'state.failed' && code !== 'state.unwritable') offences.push(`${fault?.join(' ')} gave ${code}`);
      disk.heal();
      if (code === 'state.failed') {
        await state.close();
        state = await openFileState(path, config, disk.files);
      }
      await book.compare(state);
    }
  }
  await state.close();
  offences.push(...disk.writtenAfterFailedSync().map((name) => `${name} was written after a failed sync`));
  const left = readdirSync(folder).filter((name) => name.endsWith('.tmp'));
  report(`a faulty disk, ${injected} faults: ${book.acknowledged()} changes confirmed`, [
    ...offences,
    ...book.offences,
    ...left.map((name) => `${name} was left`),
  ]);
  rmSync(folder, { recursive: true });
}

function report(what: string, offences: readonly string[]): void {
  if (offences.length === 0) passed += 1;
  else failed += 1;
  console.log(`${offences.length === 0 ? 'passed' : 'FAILED'}  ${what}`);
  for (const offence of offences.slice(0, 10)) console.log(`        ${offence}`);
}

/** What is asked for in CI must be there. */
function skip(what: string, why: string): void {
  if (process.env.CI === 'true') {
    report(what, [why]);
    return;
  }
  skipped += 1;
  console.log(`skipped ${what}: ${why}`);
}

function told(book: Ledger): string {
  const all = [...book.errors].map(([code, times]) => `${times} × ${code}`);
  return all.length === 0 ? 'no error' : all.join(', ');
}

/** Lets the workers work: the moment of a kill is random, and nothing is waited for. */
function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
