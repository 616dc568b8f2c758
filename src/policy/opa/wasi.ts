import { randomFillSync } from 'node:crypto';

/** What the module may ask of its host. Everything is injected: the module reaches no file, no terminal, no network. */
export type WasiHost = {
  /** Wall clock, nanoseconds since 1970. Default: this machine's. */
  readonly realtimeNs: () => bigint;
  /** A clock that never goes back, nanoseconds. Default: this process's. */
  readonly monotonicNs: () => bigint;
  /** Fills the bytes. Default: the operating system's randomness, so that nobody can prepare colliding keys for Go's maps. */
  readonly random: (bytes: Uint8Array) => void;
};

/** The host as the product runs it. */
export const systemHost: WasiHost = {
  realtimeNs: () => BigInt(Date.now()) * 1_000_000n,
  monotonicNs: () => process.hrtime.bigint(),
  random: (bytes) => {
    randomFillSync(bytes);
  },
};

/** Thrown out of the module when its program ends: a reactor never does so of its own will, so Go's runtime gave up. */
class WasiExit extends Error {
  override readonly name = 'WasiExit';
}

const ERRNO = { success: 0, badf: 8, inval: 28, nosys: 52 } as const;
const CAPTURED_AT_MOST = 16 * 1024;
const LONGEST_SLEEP_MS = 1000;

type Memory = () => DataView;

/**
 * The functions of `wasi_snapshot_preview1` (https://github.com/WebAssembly/WASI, preview 1) that a Go program needs in order to run: clocks, randomness, output,
 * which is captured, and sleep. The rest answers ENOSYS. Not `node:wasi`: it warns on the terminal, and lets Go write its panics there.
 */
export function wasiImports(
  memory: Memory,
  host: WasiHost,
): { readonly functions: Record<string, (...args: never[]) => number>; readonly captured: () => string } {
  let output = '';
  const decoder = new TextDecoder();
  const bytesAt = (pointer: number, length: number) => {
    const { buffer } = memory();
    return new Uint8Array(buffer, pointer >>> 0, length >>> 0);
  };
  const now = (clock: number) => (clock === 0 ? host.realtimeNs() : host.monotonicNs());
  const functions = {
    args_sizes_get: (count: number, size: number) => writeTwoZeros(memory(), count, size),
    args_get: () => ERRNO.success,
    environ_sizes_get: (count: number, size: number) => writeTwoZeros(memory(), count, size),
    environ_get: () => ERRNO.success,
    clock_time_get: (clock: number, _precision: bigint, pointer: number) => {
      memory().setBigUint64(pointer >>> 0, now(clock), true);
      return ERRNO.success;
    },
    random_get: (pointer: number, length: number) => {
      host.random(bytesAt(pointer, length));
      return ERRNO.success;
    },
    fd_write: (_descriptor: number, vectors: number, count: number, written: number) => {
      const view = memory();
      let total = 0;
      for (let index = 0; index < count; index++) {
        const at = (vectors >>> 0) + index * 8;
        const bytes = bytesAt(view.getUint32(at, true), view.getUint32(at + 4, true));
        if (output.length < CAPTURED_AT_MOST)
          output += decoder.decode(bytes).slice(0, CAPTURED_AT_MOST - output.length);
        total += bytes.length;
      }
      view.setUint32(written >>> 0, total, true);
      return ERRNO.success;
    },
    fd_fdstat_get: (descriptor: number, pointer: number) => {
      if (descriptor < 0 || descriptor > 2) return ERRNO.badf;
      const { buffer } = memory();
      new Uint8Array(buffer, pointer >>> 0, 24).fill(0);
      return ERRNO.success;
    },
    fd_prestat_get: () => ERRNO.badf,
    sched_yield: () => ERRNO.success,
    poll_oneoff: (subscriptions: number, events: number, count: number, happened: number) =>
      sleep(memory(), host, {
        subscriptions: subscriptions >>> 0,
        events: events >>> 0,
        count,
        happened: happened >>> 0,
      }),
    proc_exit: (code: number): number => {
      throw new WasiExit(`the module ended itself with ${code}`);
    },
  };
  return { functions, captured: () => output };
}

function writeTwoZeros(view: DataView, first: number, second: number): number {
  view.setUint32(first >>> 0, 0, true);
  view.setUint32(second >>> 0, 0, true);
  return ERRNO.success;
}

/** Go sleeps by waiting for one clock. Other subscriptions are about descriptors, which there are none of. */
function sleep(
  view: DataView,
  host: WasiHost,
  at: { subscriptions: number; events: number; count: number; happened: number },
): number {
  if (at.count !== 1 || view.getUint8(at.subscriptions + 8) !== 0) return ERRNO.inval;
  const absolute = (view.getUint16(at.subscriptions + 40, true) & 1) === 1;
  const clock = view.getUint32(at.subscriptions + 16, true);
  const timeout = view.getBigUint64(at.subscriptions + 24, true);
  const now = clock === 0 ? host.realtimeNs() : host.monotonicNs();
  const milliseconds = Number(absolute ? timeout - now : timeout) / 1e6;
  // Waking early is allowed: Go looks at the clock again.
  if (milliseconds > 0) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.min(milliseconds, LONGEST_SLEEP_MS));
  }
  view.setBigUint64(at.events, view.getBigUint64(at.subscriptions, true), true);
  view.setBigUint64(at.events + 8, 0n, true);
  view.setUint32(at.happened, 1, true);
  return ERRNO.success;
}
