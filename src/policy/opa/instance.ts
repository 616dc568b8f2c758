import { systemHost, type WasiHost, wasiImports } from './wasi.ts';

/** What came back from one call into OPA. */
export type OpaAnswer = { readonly kind: 'value' | 'undefined' | 'error'; readonly text: string };

/** One running OPA. Not re-entrant; after anything thrown out of it, it must be thrown away. */
export type OpaInstance = {
  /** One operation, JSON to JSON (wasm/opa/operations.go). Throws where the module traps. */
  readonly operate: (request: string) => OpaAnswer;
  /** The builtin with that place in the list that the operation `builtins` gives. Throws where the module traps. */
  readonly builtin: (index: number, operands: readonly string[], timeNs: bigint) => OpaAnswer;
  /** How much memory it holds now, bytes. */
  readonly memoryBytes: () => number;
  /** What it wrote, the first 16 KiB: Go's last words. For logs, never for clients. */
  readonly captured: () => string;
};

/** What an instance reaches outside of itself. */
export type InstanceOptions = {
  /** Clocks and randomness. Default: this machine's. */
  readonly host?: WasiHost;
  /** Asked by OPA's long-running builtins: true ends the call with an error. Default: never. */
  readonly cancelled?: () => boolean;
};

const KINDS = ['value', 'undefined', 'error'] as const;
const HEADER_BYTES = 8;
const INITIAL_REQUEST_BYTES = 64 * 1024;

/** Starts OPA: about 0.1 s, Go's own start. */
export function startOpa(module: WebAssembly.Module, options: InstanceOptions = {}): OpaInstance {
  const host = options.host ?? systemHost;
  const cancelled = options.cancelled ?? (() => false);
  let view = new DataView(new ArrayBuffer(0));
  // Growing the memory detaches the old buffer.
  const memory = () => {
    if (view.buffer !== exported.memory.buffer) view = new DataView(exported.memory.buffer);
    return view;
  };
  const wasi = wasiImports(memory, host);
  const instance = new WebAssembly.Instance(module, {
    wasi_snapshot_preview1: complete(module, wasi.functions),
    exequatur: { cancelled: () => (cancelled() ? 1 : 0) },
  });
  const exported = exportsOf(instance);
  exported.initialize();

  let capacity = INITIAL_REQUEST_BYTES;
  let request = exported.buffer(capacity);
  const reserve = (bytes: number) => {
    if (bytes <= capacity) return;
    capacity = bytes * 2;
    request = exported.buffer(capacity);
  };
  const answerAt = (address: number): OpaAnswer => {
    const at = address >>> 0;
    const kind = KINDS[memory().getUint32(at, true)];
    const length = memory().getUint32(at + 4, true);
    if (kind === undefined) throw new TypeError('OPA answered with an unknown kind');
    return { kind, text: decode(exported.memory.buffer, at + HEADER_BYTES, length) };
  };

  return {
    operate: (text) => {
      reserve(text.length * 3);
      const length = encode(text, exported.memory.buffer, request, capacity);
      return answerAt(exported.operate(length));
    },
    builtin: (index, operands, timeNs) => {
      let needed = 0;
      for (const operand of operands) needed += 4 + operand.length * 3;
      reserve(needed);
      let length = 0;
      for (const operand of operands) {
        const written = encode(operand, exported.memory.buffer, request + length + 4, capacity - length - 4);
        memory().setUint32(request + length, written, true);
        length += 4 + written;
      }
      return answerAt(exported.builtin(index, operands.length, length, timeNs));
    },
    memoryBytes: () => exported.memory.buffer.byteLength,
    captured: wasi.captured,
  };
}

/** The imports, with ENOSYS for every other function of WASI that the module names: Go links more than it calls. */
function complete(module: WebAssembly.Module, functions: Record<string, unknown>): Record<string, unknown> {
  const all: Record<string, unknown> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    if (from === 'wasi_snapshot_preview1') all[name] = functions[name] ?? (() => 52);
  }
  return all;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function encode(text: string, memory: ArrayBuffer, offset: number, room: number): number {
  return encoder.encodeInto(text, new Uint8Array(memory, offset, room)).written;
}

function decode(memory: ArrayBuffer, offset: number, length: number): string {
  return decoder.decode(new Uint8Array(memory, offset, length));
}

type Exports = {
  readonly memory: WebAssembly.Memory;
  readonly initialize: () => void;
  readonly buffer: (bytes: number) => number;
  readonly operate: (length: number) => number;
  readonly builtin: (index: number, count: number, length: number, timeNs: bigint) => number;
};

function exportsOf(instance: WebAssembly.Instance): Exports {
  const { memory } = instance.exports;
  if (!(memory instanceof WebAssembly.Memory)) throw new TypeError('the module exports no memory');
  const initialize = functionNamed(instance, '_initialize');
  const buffer = functionNamed(instance, 'exequatur_buffer');
  const operate = functionNamed(instance, 'exequatur_operate');
  const builtin = functionNamed(instance, 'exequatur_builtin');
  return {
    memory,
    initialize: () => {
      initialize();
    },
    // Addresses come as signed 32 bits.
    buffer: (bytes) => Number(buffer(bytes)) >>> 0,
    operate: (length) => Number(operate(length)),
    builtin: (index, count, length, timeNs) => Number(builtin(index, count, length, timeNs)),
  };
}

function functionNamed(instance: WebAssembly.Instance, name: string): (...args: (number | bigint)[]) => unknown {
  const exported = instance.exports[name];
  if (typeof exported !== 'function') throw new TypeError(`the module exports no function ${name}`);
  return (...args) => Reflect.apply(exported, undefined, args);
}
