// Tries ranges of mutations that its parent sends, one after the other.
import { parentPort, workerData } from 'node:worker_threads';
import { BundleFuzzer } from './fuzz.ts';

const { seed }: { seed: number } = workerData;
const fuzzer = new BundleFuzzer(seed);
parentPort?.on('message', ({ first, count }: { first: number; count: number }) => {
  parentPort?.postMessage({ first, count, ...fuzzer.run(first, count) });
});
parentPort?.postMessage({ first: 0, count: 0, refused: 0, verified: 0, failures: [] });
