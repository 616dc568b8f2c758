import * as sdk from '@open-policy-agent/opa-wasm';
import { CodedError } from '../errors.ts';
import type { JsonObject } from '../model/json.ts';
import { ModuleText, type ValueExports } from './module-text.ts';
import { loadError, type PolicyModule } from './policy-module.ts';

/** Called by the policy for a builtin that it leaves to its host: a term's text, or undefined for Rego's undefined. May throw. */
export type HostCall = (name: string, operands: readonly string[]) => string | undefined;

/** One running policy. Not re-entrant; after anything thrown out of it, it must be thrown away. */
export type PolicyInstance = {
  readonly memory: WebAssembly.Memory;
  readonly entrypoints: ReadonlyMap<string, number>;
  /** The builtins that the policy may call, by their number in the module. */
  readonly builtins: ReadonlyMap<number, string>;
  /** The SDK's result set: `[{result}]`, or `[]` where the entrypoint is undefined. Throws anything, strings included. */
  readonly evaluate: (input: unknown, entrypoint: number) => unknown;
  readonly setData: (data: JsonObject) => void;
  /** Its memory as far as it counts between evaluations: code's constants and data. */
  readonly snapshot: () => Snapshot;
};

/** What a new instance needs to be as the one was that this was taken from. */
export type Snapshot = {
  readonly bytes: Uint8Array;
  readonly pages: number;
  readonly dataAddress: number;
};

/** A page of WebAssembly's memory (Core Specification 2.0, 4.2.8). */
export const PAGE_BYTES = 65_536;

/**
 * Starts a policy on an import object of ours and hands it to the SDK.
 *
 * @param memory Of the size that the module or the snapshot asks for. May be that of an instance that was thrown away: what counts in
 *   it is written anew.
 * @throws CodedError `engine.abi_unsupported`, `engine.module_invalid`; and whatever the module throws.
 */
export function startInstance(
  policy: PolicyModule,
  memory: WebAssembly.Memory,
  call: HostCall,
  snapshot?: Snapshot,
): PolicyInstance {
  let host: ((id: number, operands: readonly number[]) => number) | undefined;
  const builtin = (id: number, ...operands: number[]) => {
    if (host === undefined) throw new CodedError('engine.builtin_error', 'the module calls its host while it starts');
    return host(id, operands);
  };
  let text: ModuleText | undefined;
  const { module } = policy;
  const instance = new WebAssembly.Instance(module, {
    env: {
      memory,
      opa_abort: (address: number) => {
        throw new PolicyAbort(text?.string(address) ?? '');
      },
      // Nothing is printed from within a decision: `print` is not compiled in.
      opa_println: () => {},
      opa_builtin0: (id: number) => builtin(id),
      opa_builtin1: (id: number, _context: number, a: number) => builtin(id, a),
      opa_builtin2: (id: number, _context: number, a: number, b: number) => builtin(id, a, b),
      opa_builtin3: (id: number, _context: number, a: number, b: number, c: number) => builtin(id, a, b, c),
      opa_builtin4: (id: number, _context: number, a: number, b: number, c: number, d: number) =>
        builtin(id, a, b, c, d),
    },
  });
  const exported = readExports(instance);
  const values = new ModuleText(memory, exported);
  text = values;
  const names = numbersOf(values.dumpJson(exported.builtins()));
  const builtins = new Map([...names].map(([name, id]) => [id, name]));
  host = (id, operands) => {
    const name = builtins.get(id);
    if (name === undefined) {
      throw new CodedError('engine.builtin_error', `the module calls builtin ${id}, which it does not list`);
    }
    const answer = call(
      name,
      operands.map((operand) => values.dump(operand)),
    );
    if (answer === undefined) return 0;
    const value = values.parse(answer);
    // OPA's own hosts would let this pass for undefined, which within a negation permits.
    if (value === undefined) {
      throw new CodedError('engine.builtin_error', `${name} answered with a text that is no value`);
    }
    return value;
  };
  const loaded = loadPolicy(instance, module, memory, exported.minorVersion);
  if (snapshot !== undefined) {
    new Uint8Array(memory.buffer).set(snapshot.bytes);
    loaded.dataAddr = snapshot.dataAddress;
    loaded.dataHeapPtr = snapshot.bytes.byteLength;
  }
  return {
    memory,
    builtins,
    entrypoints: numbersOf(loaded.entrypoints),
    evaluate: (input, entrypoint) => loaded.evaluate(input, entrypoint),
    setData: (data) => loaded.setData(data),
    snapshot: () => ({
      bytes: new Uint8Array(memory.buffer.slice(0, loaded.dataHeapPtr)),
      pages: memory.buffer.byteLength / PAGE_BYTES,
      dataAddress: loaded.dataAddr,
    }),
  };
}

/** The module gave up by itself: rules in conflict, text that is no Unicode, memory that it could not get. */
export class PolicyAbort extends Error {
  override readonly name = 'PolicyAbort';
}

type Exports = ValueExports & { readonly builtins: () => number; readonly minorVersion: number };

function readExports(instance: WebAssembly.Instance): Exports {
  const major = globalOf(instance, 'opa_wasm_abi_version');
  const minorVersion = globalOf(instance, 'opa_wasm_abi_minor_version');
  if (major !== 1 || minorVersion === undefined || minorVersion < 2) {
    const found = `${major ?? 'none'}.${minorVersion ?? 'none'}`;
    throw loadError(
      'engine.abi_unsupported',
      `policy.wasm has the ABI ${found}; build it with an OPA that writes 1.2 or later 1.x`,
    );
  }
  return {
    minorVersion,
    builtins: functionOf(instance, 'builtins', 0),
    opa_malloc: functionOf(instance, 'opa_malloc', 1),
    opa_value_dump: functionOf(instance, 'opa_value_dump', 1),
    opa_value_parse: functionOf(instance, 'opa_value_parse', 2),
    opa_json_dump: functionOf(instance, 'opa_json_dump', 1),
  };
}

function globalOf(instance: WebAssembly.Instance, name: string): number | undefined {
  const exported = instance.exports[name];
  const value = exported instanceof WebAssembly.Global ? exported.value : undefined;
  return typeof value === 'number' ? value : undefined;
}

function functionOf(instance: WebAssembly.Instance, name: string, parameters: number): (...args: number[]) => number {
  const exported = instance.exports[name];
  if (!takesNumbers(exported, parameters)) {
    throw loadError('engine.module_invalid', `policy.wasm exports no function ${name}; build it with OPA's compiler`);
  }
  return exported;
}

/** WebAssembly types its functions itself: one of the right arity converts each argument to a number and answers with one. */
function takesNumbers(exported: unknown, parameters: number): exported is (...args: number[]) => number {
  return typeof exported === 'function' && exported.length === parameters;
}

/** What of the SDK's class counts here; its own declarations say `any`. */
type LoadedPolicy = {
  readonly evaluate: (input: unknown, entrypoint: number) => unknown;
  readonly setData: (data: unknown) => void;
  readonly entrypoints: unknown;
  dataAddr: number;
  dataHeapPtr: number;
};

/** The SDK is CommonJS, and its declarations name exports that its ES entry does not have: both are checked here, at run time. */
function loadPolicy(
  instance: WebAssembly.Instance,
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  minorVersion: number,
): LoadedPolicy {
  const exported: unknown = 'default' in sdk ? sdk.default : undefined;
  const Loaded: unknown =
    typeof exported === 'object' && exported !== null && 'LoadedPolicy' in exported ? exported.LoadedPolicy : undefined;
  if (typeof Loaded !== 'function') throw new TypeError('the SDK exports no LoadedPolicy');
  const loaded: unknown = Reflect.construct(Loaded, [{ instance, module }, memory, minorVersion]);
  if (!isLoadedPolicy(loaded)) throw new TypeError("the SDK's LoadedPolicy is not of the known form");
  return loaded;
}

function isLoadedPolicy(value: unknown): value is LoadedPolicy {
  return (
    typeof value === 'object' &&
    value !== null &&
    'evaluate' in value &&
    typeof value.evaluate === 'function' &&
    'setData' in value &&
    typeof value.setData === 'function' &&
    'entrypoints' in value &&
    'dataAddr' in value &&
    typeof value.dataAddr === 'number' &&
    'dataHeapPtr' in value &&
    typeof value.dataHeapPtr === 'number'
  );
}

function numbersOf(value: unknown): Map<string, number> {
  const numbers = new Map<string, number>();
  if (typeof value !== 'object' || value === null) {
    throw new CodedError('engine.module_invalid', 'policy.wasm lists its parts in an unknown form; build it again');
  }
  for (const [name, number] of Object.entries(value)) if (typeof number === 'number') numbers.set(name, number);
  return numbers;
}
