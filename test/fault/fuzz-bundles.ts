// Mutates valid bundles of every form: none verifies unless it means the same, none breaks the verifier, none hangs it.
// Usage: node test/fault/fuzz-bundles.ts [MUTATIONS] [SEED]
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { describeThrown } from '../../src/errors.ts';
import type { Tally } from './bundles/fuzz.ts';

const mutations = Number(process.argv[2] ?? 100_000);
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);
const AT_ONCE = 250;
/** A range takes a second or two; a thread that is silent for this long hangs in one of its mutations. */
const SILENCE_MS = 60_000;

type Range = { readonly first: number; readonly count: number };

let next = 0;
let refused = 0;
let verified = 0;
let shown = 0;
const failures: string[] = [];
console.log(`${mutations} mutations, seed ${seed}`);
const started = Date.now();

await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, supervise));

for (const failure of failures.slice(0, 50)) console.log(`FAIL  ${failure}`);
console.log(
  `${refused} refused, ${verified} verified and meant the same, in ${Math.round((Date.now() - started) / 1000)} s`,
);
console.log(`${refused + verified} mutations taken as they should be, ${failures.length} failures`);
process.exit(failures.length === 0 && refused + verified === mutations ? 0 : 1);

/** One thread at work until nothing is left; where it hangs, it is ended, its range counts as failed, and another takes over. */
async function supervise(): Promise<void> {
  while (next < mutations) {
    const stuck = await work();
    if (stuck === undefined) return;
    failures.push(`a mutation of ${stuck.first} to ${stuck.first + stuck.count - 1} hangs or ends the thread`);
  }
}

/** Undefined once all is done, or the range with which the thread was lost. */
function work(): Promise<Range | undefined> {
  const { promise, resolve } = Promise.withResolvers<Range | undefined>();
  const worker = new Worker(new URL('./bundles/worker.ts', import.meta.url), { workerData: { seed } });
  let range: Range = { first: next, count: 0 };
  const end = (lost: Range | undefined): void => {
    clearTimeout(watchdog);
    resolve(lost);
    worker.terminate();
  };
  const watchdog = setTimeout(() => end(range), SILENCE_MS);
  worker.on('message', (tally: Tally) => {
    watchdog.refresh();
    refused += tally.refused;
    verified += tally.verified;
    failures.push(...tally.failures);
    progress();
    if (next >= mutations) return end(undefined);
    range = { first: next, count: Math.min(AT_ONCE, mutations - next) };
    next += range.count;
    worker.postMessage(range);
  });
  worker.on('error', (error) => {
    console.log(`a thread ended: ${describeThrown(error)}`);
    end(range);
  });
  return promise;
}

function progress(): void {
  const done = refused + verified + failures.length;
  if (done - shown < 10_000) return;
  shown = done;
  console.log(`${done} done, ${failures.length} failed`);
}
