import { Worker } from 'node:worker_threads';
import { refusal } from '../failure.ts';
import { isAnswer, isReady } from './protocol.ts';

/** What a pool of threads may take. Times in milliseconds. */
export type PoolLimits = {
  readonly threads: number;
  /** From when a thread that is ready takes a task to its answer. */
  readonly deadlineMs: number;
  /** For a thread to load its code. Default 30,000. */
  readonly startMs?: number;
  /** Heap of each thread, megabytes. */
  readonly megabytes: number;
  /** Tasks that wait for a thread. */
  readonly queue: number;
};

/** Threads of one program, each at one task at a time, killed when they take too long. */
export type Pool = {
  /**
   * Runs a task in a thread; it is copied there. What comes back is whatever the thread says: the caller checks it.
   *
   * @throws CodedError `trust.timed_out`, `trust.verifier_failed`: the thread died, broke off, answered out of turn, or the queue is full
   */
  readonly run: (task: unknown) => Promise<unknown>;
  /** Tasks that wait or run. */
  readonly pending: () => number;
  /** Ends the threads; what waits or runs is refused. */
  readonly close: () => Promise<void>;
};

type Task = {
  readonly task: unknown;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
};

/** One place for a thread. A thread that ended is replaced when the next task comes, so one that cannot start costs no more than its tasks. */
type Slot = {
  worker?: Worker;
  ready: boolean;
  running?: Task;
  number: number;
  timer?: NodeJS.Timeout;
  ending: boolean;
};

const START_MS = 30_000;

/**
 * A pool of worker threads that run `entry`, a module that speaks protocol.ts. Nothing of the process's environment reaches them, and an
 * idle thread does not keep the process alive.
 */
export function createPool(entry: URL, limits: PoolLimits): Pool {
  const slots: Slot[] = Array.from({ length: limits.threads }, () => ({ ready: false, number: 0, ending: false }));
  const waiting: Task[] = [];
  let closed = false;

  function dispatch(): void {
    for (const slot of slots) {
      if (waiting.length === 0 || closed) return;
      if (slot.running === undefined && !slot.ending) take(slot);
    }
  }

  function take(slot: Slot): void {
    const next = waiting.shift();
    if (next === undefined) return;
    slot.running = next;
    slot.number += 1;
    try {
      slot.worker ??= start(slot);
      slot.worker.ref();
      slot.worker.postMessage({ number: slot.number, task: next.task });
    } catch (cause) {
      // No thread to be had, or a task that cannot be copied: this task fails, the others go on.
      end(slot, refusal('verifier_failed', 'the document could not be handed to a thread', cause));
      return;
    }
    if (slot.ready) watch(slot, limits.deadlineMs);
  }

  function start(slot: Slot): Worker {
    const worker = new Worker(entry, {
      env: {},
      execArgv: [],
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: limits.megabytes, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 },
    });
    // Libraries may print; nobody is meant to read it, and what nobody reads would be held in memory.
    worker.stdout.resume();
    worker.stderr.resume();
    slot.ready = false;
    watch(slot, limits.startMs ?? START_MS);
    worker.on('message', (message: unknown) => hear(slot, worker, message));
    worker.on('messageerror', (cause) => died(slot, worker, cause));
    worker.on('error', (cause) => died(slot, worker, cause));
    worker.on('exit', (code) => died(slot, worker, new Error(`the thread ended with ${code}`)));
    return worker;
  }

  function hear(slot: Slot, worker: Worker, message: unknown): void {
    if (slot.worker !== worker || slot.ending) return;
    if (isReady(message) && !slot.ready) {
      slot.ready = true;
      clearTimeout(slot.timer);
      if (slot.running !== undefined) watch(slot, limits.deadlineMs);
      return;
    }
    const { running } = slot;
    if (!isAnswer(message) || running === undefined || message.number !== slot.number) {
      end(slot, refusal('verifier_failed', 'the verifier answered what nobody asked'));
      return;
    }
    clearTimeout(slot.timer);
    delete slot.running;
    worker.unref();
    running.resolve(message.answer);
    dispatch();
  }

  function watch(slot: Slot, ms: number): void {
    clearTimeout(slot.timer);
    slot.timer = setTimeout(() => {
      end(slot, refusal('timed_out', `verification took longer than ${ms} ms and was broken off`));
    }, ms);
  }

  function died(slot: Slot, worker: Worker, cause: unknown): void {
    if (slot.worker === worker && !slot.ending) end(slot, refusal('verifier_failed', 'the verifier broke off', cause));
  }

  /** Its task is refused at once; the place is free when the thread is really gone, so never more run than allowed. */
  function end(slot: Slot, error: Error): void {
    clearTimeout(slot.timer);
    const { running, worker } = slot;
    delete slot.running;
    slot.ending = true;
    running?.reject(error);
    void (worker?.terminate() ?? Promise.resolve(0))
      .catch(() => 0)
      .then(() => {
        if (slot.worker === worker) delete slot.worker;
        slot.ready = false;
        slot.ending = false;
        dispatch();
      });
  }

  return {
    run: (task) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(refusal('verifier_failed', 'the verifier is closed'));
        if (waiting.length >= limits.queue) {
          return reject(refusal('verifier_failed', `more than ${limits.queue} documents wait for verification`));
        }
        waiting.push({ task, resolve, reject });
        dispatch();
      }),
    pending: () => waiting.length + slots.filter((slot) => slot.running !== undefined).length,
    close: async () => {
      closed = true;
      const error = refusal('verifier_failed', 'the verifier is closed');
      for (const task of waiting.splice(0)) task.reject(error);
      await Promise.all(
        slots.map(async (slot) => {
          clearTimeout(slot.timer);
          const { running, worker } = slot;
          delete slot.running;
          slot.ending = true;
          running?.reject(error);
          await worker?.terminate();
        }),
      );
    },
  };
}
