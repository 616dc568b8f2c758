import { CodedError } from '../errors.ts';
import type { JsonObject } from '../model/json.ts';
import type { BuiltinAnswer, BuiltinContext, Builtins } from './builtins/answer.ts';
import { hostBuiltins, NO_OPA, needsOpa } from './builtins/host.ts';
import type { EngineDenialCode } from './codes.ts';
import { PAGE_BYTES, PolicyAbort, type PolicyInstance, type Snapshot, startInstance } from './instance.ts';
import { compilePolicy, loadError } from './policy-module.ts';

/** What an evaluation came to. `broken`: nothing that it answered counts. */
export type Outcome =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'undefined' }
  | { readonly kind: 'broken'; readonly code: EngineDenialCode; readonly cause: unknown };

/** What a policy is given to run on. */
export type EvaluatorOptions = {
  /** OPA's own builtins; asked for once, and only where the policy calls one. */
  readonly builtins: () => Builtins;
  /** Most memory of an evaluation, pages of 64 KiB. Default 512. */
  readonly maxMemoryPages?: number;
  /** What OPA's builtins may use in one evaluation where they ask, milliseconds. Default 250. */
  readonly builtinBudgetMs?: number;
};

/**
 * What an error of a builtin that the host supplies means. `deny`: the evaluation is broken, as with OPA's strict builtin errors.
 * `undefined`: no value, as OPA has it otherwise. Never for decisions: within a negation it fails open, `not f(x)` holding because `f`
 * broke. It is there to compare what the engine does with what OPA would.
 */
export type BuiltinErrors = 'deny' | 'undefined';

/** A loaded policy, whichever. `evaluate` is synchronous and never throws. */
export type Evaluator = {
  readonly entrypoints: ReadonlySet<string>;
  readonly evaluate: (input: unknown, entrypoint: string, timeNs: bigint) => Outcome;
  /** The memory that the policy holds now, bytes. */
  readonly memoryBytes: () => number;
};

const DEFAULT_MEMORY_PAGES = 512;
const DEFAULT_BUILTIN_BUDGET_MS = 250;
/** What an instance has beyond its data before its memory needs to grow: 4 MiB. */
const SPARE_PAGES = 64;

/**
 * Loads a compiled policy and its data.
 *
 * What is thrown out of an evaluation never unwinds the module's stack: some 500 such inputs would leave every later one without
 * stack. So the instance is thrown away at once. The next one is started in the same memory from a snapshot, which spares parsing the
 * data again. An instance whose memory grew is thrown away too, with the memory: memory never shrinks, and how much an evaluation may
 * have must not depend on those before it.
 *
 * @param builtinErrors Left out by everything that decides.
 * @throws CodedError of one of `EngineLoadCode`, where the policy may not be loaded; and what `options.builtins` throws.
 */
export function createEvaluator(
  wasm: Uint8Array,
  data: JsonObject,
  options: EvaluatorOptions,
  builtinErrors: BuiltinErrors = 'deny',
): Evaluator {
  const policy = compilePolicy(wasm, options.maxMemoryPages ?? DEFAULT_MEMORY_PAGES);
  const budgetMs = options.builtinBudgetMs ?? DEFAULT_BUILTIN_BUDGET_MS;
  const newMemory = (pages: number) => new WebAssembly.Memory({ initial: pages, maximum: policy.maximumPages });

  let builtins: Builtins = NO_OPA;
  let context: BuiltinContext = { timeNs: 0n, deadlineMs: 0 };
  let failure: unknown;
  const call = (name: string, operands: readonly string[]): string | undefined => {
    const answer = ask(builtins, name, operands, context);
    switch (answer.kind) {
      case 'value':
        return answer.text;
      case 'undefined':
        return undefined;
      case 'error':
        failure ??= new Error(`${name}: ${answer.message}`);
        return undefined;
    }
  };

  const startWith = (pages: number): PolicyInstance => {
    const started = startInstance(policy, newMemory(Math.min(pages + SPARE_PAGES, policy.maximumPages)), call);
    const before = started.memory.buffer.byteLength;
    started.setData(data);
    const after = started.memory.buffer.byteLength / PAGE_BYTES;
    return after * PAGE_BYTES === before || after === policy.maximumPages ? started : startWith(after);
  };
  let first: PolicyInstance;
  let snapshot: Snapshot;
  try {
    first = startWith(policy.minimumPages);
    snapshot = first.snapshot();
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    const message = isMemory(cause)
      ? 'the data does not fit into the memory that a policy may have; raise policy.max_memory_pages or shorten the data'
      : 'policy.wasm cannot be started; build the bundle again';
    throw loadError('engine.start_failed', message, cause);
  }
  const { entrypoints } = first;
  const called = [...first.builtins.values()];
  const opa = needsOpa(called) ? options.builtins() : NO_OPA;
  builtins = hostBuiltins(opa);
  const unknown = called.filter((name) => !builtins.names.has(name));
  if (unknown.length > 0) {
    throw loadError(
      'engine.builtin_unknown',
      `the policy calls ${unknown.join(', ')}, which a decision may not or cannot call; write it without`,
    );
  }

  let instance: PolicyInstance | undefined = first;
  let memory = first.memory;
  const replacement = (): PolicyInstance => {
    if (memory.buffer.byteLength !== snapshot.pages * PAGE_BYTES) memory = newMemory(snapshot.pages);
    return startInstance(policy, memory, call, snapshot);
  };

  return {
    entrypoints: new Set(entrypoints.keys()),
    memoryBytes: () => memory.buffer.byteLength,
    evaluate: (input, entrypoint, timeNs) => {
      const index = entrypoints.get(entrypoint);
      if (index === undefined) return broken('engine.undefined', `no entrypoint ${entrypoint}`);
      // The SDK takes bytes for JSON that was checked, and falsy values for no input at all.
      if (input instanceof ArrayBuffer) return broken('engine.input', 'bytes are no input');
      failure = undefined;
      context = { timeNs, deadlineMs: performance.now() + budgetMs };
      let results: unknown;
      try {
        instance ??= replacement();
        results = instance.evaluate(input, index);
      } catch (thrown) {
        instance = undefined;
        return broken(failure === undefined ? codeOfThrown(thrown) : 'engine.builtin_error', failure ?? thrown);
      }
      if (memory.buffer.byteLength !== snapshot.pages * PAGE_BYTES) instance = undefined;
      if (failure !== undefined && builtinErrors === 'deny') return broken('engine.builtin_error', failure);
      return outcome(results);
    },
  };
}

function ask(builtins: Builtins, name: string, operands: readonly string[], context: BuiltinContext): BuiltinAnswer {
  try {
    return builtins.call(name, operands, context);
  } catch (cause) {
    throw new CodedError('engine.builtin_error', `${name} was not answered`, { cause });
  }
}

function outcome(results: unknown): Outcome {
  if (!Array.isArray(results) || results.length > 1) return broken('engine.result_shape', 'not one result');
  if (results.length === 0) return { kind: 'undefined' };
  const entry: unknown = results[0];
  if (typeof entry !== 'object' || entry === null || !Object.hasOwn(entry, 'result') || !('result' in entry)) {
    return broken('engine.result_shape', 'no result');
  }
  return { kind: 'value', value: entry.result };
}

function broken(code: EngineDenialCode, cause: unknown): Outcome {
  return { kind: 'broken', code, cause };
}

/** By what was thrown: the SDK and the module throw Errors, RangeErrors of V8, and in the SDK's own code plain strings. */
function codeOfThrown(thrown: unknown): EngineDenialCode {
  if (thrown instanceof CodedError && thrown.code === 'engine.builtin_error') return 'engine.builtin_error';
  if (isMemory(thrown)) return 'engine.memory';
  if (thrown instanceof PolicyAbort) return 'engine.aborted';
  if (thrown instanceof RangeError) return 'engine.stack';
  // Of JSON.stringify: a cycle, a big integer.
  if (thrown instanceof TypeError) return 'engine.input';
  return 'engine.broken';
}

function isMemory(thrown: unknown): boolean {
  if (thrown instanceof PolicyAbort) return thrown.message.startsWith('opa_malloc');
  return thrown instanceof RangeError && /memory\.grow|Array buffer allocation/i.test(thrown.message);
}
