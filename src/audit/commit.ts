import type { CodedError } from '../errors.ts';
import type { Sha256Digest } from '../model/digest.ts';
import type { WrittenLine } from './line.ts';

/** Lines that go to the disk together. */
export type Batch = {
  readonly first: number;
  readonly nextIndex: number;
  /** The leaf hash of its last record. */
  readonly leaf: Sha256Digest;
  readonly bytes: Uint8Array;
};

type Waiting = {
  readonly index: number;
  readonly line: WrittenLine;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
};

/** Group commit: while one batch is on its way to the disk, the next one gathers. */
export type GroupCommit = {
  /** Takes a line in its turn; resolves once it is durable. */
  readonly submit: (index: number, line: WrittenLine) => Promise<void>;
  /** What was submitted and is not durable yet. */
  readonly records: () => number;
  readonly bytes: () => number;
  /** Resolves once nothing waits any more. */
  readonly idle: () => Promise<void>;
};

/** How batches are written, and what their failure means. */
export type CommitOptions = {
  /** Makes a batch durable. */
  readonly write: (batch: Batch) => Promise<void>;
  /** Told of a failed batch before any of its promises is rejected. Its error is what they are rejected with. */
  readonly onFailure: (error: unknown) => CodedError;
  /** Bytes of a batch; one line may exceed them. */
  readonly batchBytes: number;
};

/** One batch at a time, in the order of submission. After a failure everything that waits is rejected: its places are gone. */
export function groupCommit(options: CommitOptions): GroupCommit {
  let queue: Waiting[] = [];
  let records = 0;
  let bytes = 0;
  let running = false;
  let idlers: (() => void)[] = [];

  function settle(batch: readonly Waiting[], error?: CodedError): void {
    records -= batch.length;
    for (const waiting of batch) {
      bytes -= waiting.line.bytes;
      if (error === undefined) waiting.resolve();
      else waiting.reject(error);
    }
  }

  function take(): Waiting[] {
    let sum = 0;
    let count = 0;
    for (const { line } of queue) {
      if (count > 0 && sum + line.bytes > options.batchBytes) break;
      sum += line.bytes;
      count += 1;
    }
    const taken = count === queue.length ? queue : queue.slice(0, count);
    queue = count === queue.length ? [] : queue.slice(count);
    return taken;
  }

  async function run(): Promise<void> {
    let batch = take();
    while (batch.length > 0) {
      try {
        await options.write(assemble(batch));
      } catch (error) {
        const refused = options.onFailure(error);
        const rest = queue;
        queue = [];
        settle(batch, refused);
        settle(rest, refused);
        break;
      }
      settle(batch);
      batch = take();
    }
    running = false;
    const waiting = idlers;
    idlers = [];
    for (const resume of waiting) resume();
  }

  return {
    submit: (index, line) =>
      new Promise((resolve, reject) => {
        queue.push({ index, line, resolve, reject });
        records += 1;
        bytes += line.bytes;
        if (running) return;
        running = true;
        // After this turn of the event loop: requests that arrived together share the first write.
        setImmediate(run);
      }),
    records: () => records,
    bytes: () => bytes,
    idle: () => (running ? new Promise((resolve) => idlers.push(resolve)) : Promise.resolve()),
  };
}

function assemble(batch: readonly Waiting[]): Batch {
  const first = batch[0];
  const last = batch.at(-1);
  if (first === undefined || last === undefined) throw new TypeError('an empty batch is not written');
  let text = '';
  for (const { line } of batch) text += line.text;
  return { first: first.index, nextIndex: last.index + 1, leaf: last.line.leaf, bytes: Buffer.from(text) };
}
