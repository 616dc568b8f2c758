import { CodedError, describeThrown } from '../../errors.ts';
import { type OpaInstance, startOpa } from './instance.ts';
import { opaModule } from './module.ts';
import { systemHost, type WasiHost } from './wasi.ts';

/** What a builtin answered. `text` is a Rego term as `opa_value_parse` reads it: JSON, and sets, and keys that are no strings. */
export type BuiltinAnswer =
  | { readonly kind: 'value'; readonly text: string }
  | { readonly kind: 'undefined' }
  | { readonly kind: 'error'; readonly message: string };

export type BuiltinContext = {
  /** What `time.now_ns` answers, nanoseconds since 1970; must fit 64 bits with sign. */
  readonly timeNs: bigint;
  /** When to give up, on the clock of `performance.now()`, milliseconds. Held by those of OPA's builtins that ask (expansions, replacements). */
  readonly deadlineMs: number;
};

/** OPA's own builtins, with OPA's own meaning. */
export type OpaBuiltins = {
  /** Every builtin that can be called. Those that do I/O, read the environment or throw dice are left out. */
  readonly names: ReadonlySet<string>;
  /**
   * Calls one. Never throws: an unknown name, a wrong number of operands, an operand that is no value, OPA's own error, a passed deadline, a trap
   * and exhausted memory are all of kind `error`. Operands are Rego terms as `opa_value_dump` prints them.
   */
  readonly call: (name: string, operands: readonly string[], context: BuiltinContext) => BuiltinAnswer;
};

export type OpaBuiltinsOptions = {
  readonly host?: WasiHost;
  /** The most that OPA's memory may ever be, megabytes; past it, a call fails. Default 256. */
  readonly maximumMegabytes?: number;
  /** Past this, the instance is replaced after the call, for memory never shrinks. Megabytes. Default 128. */
  readonly recycleMegabytes?: number;
  /** Told, for the log, each time an instance had to be thrown away. Default: nobody. */
  readonly onReplaced?: (event: { readonly reason: 'trap' | 'size'; readonly detail: string }) => void;
  /** The clock of `deadlineMs`. Default: `performance.now`. */
  readonly now?: () => number;
};

const MEGABYTE = 1024 * 1024;

/**
 * Loads OPA into this thread and keeps one instance: 0.4 s at first, then 10 to 200 µs a call. Synchronous, as evaluation is.
 *
 * @throws CodedError `policy.opa_missing` where the module cannot be loaded.
 */
export function loadOpaBuiltins(options: OpaBuiltinsOptions = {}): OpaBuiltins {
  const { host = systemHost, maximumMegabytes = 256, recycleMegabytes = 128, now = () => performance.now() } = options;
  const module = opaModule(maximumMegabytes);
  let deadline = Number.POSITIVE_INFINITY;
  const start = () => startOpa(module, { host, cancelled: () => now() >= deadline });
  let instance: OpaInstance | undefined = start();
  const indices = readNames(instance);
  const replace = (reason: 'trap' | 'size', detail: string) => {
    instance = undefined;
    options.onReplaced?.({ reason, detail });
  };

  return {
    names: new Set(indices.keys()),
    call: (name, operands, context) => {
      const index = indices.get(name);
      if (index === undefined) return { kind: 'error', message: `${name}: no such builtin` };
      if (now() >= context.deadlineMs) return { kind: 'error', message: `${name}: the deadline has passed` };
      deadline = context.deadlineMs;
      try {
        instance ??= start();
        const answer = instance.builtin(index, operands, context.timeNs);
        if (instance.memoryBytes() > recycleMegabytes * MEGABYTE) replace('size', `after ${name}`);
        if (answer.kind === 'value') return { kind: 'value', text: answer.text };
        return answer.kind === 'undefined' ? { kind: 'undefined' } : { kind: 'error', message: answer.text };
      } catch (thrown) {
        // Go follows its reason by pages of stacks.
        const lastWords = instance?.captured().split('\n', 1)[0] ?? '';
        replace('trap', `${name}: ${describeThrown(thrown)}: ${lastWords}`);
        return { kind: 'error', message: `${name}: OPA broke off` };
      }
    },
  };
}

function readNames(instance: OpaInstance): Map<string, number> {
  const answer = instance.operate('{"operation":"builtins"}');
  const names: unknown = answer.kind === 'value' ? JSON.parse(answer.text) : undefined;
  if (!Array.isArray(names)) throw new CodedError('policy.opa_missing', 'OPA does not tell the names of its builtins.');
  const indices = new Map<string, number>();
  for (const [index, name] of names.entries()) {
    if (typeof name === 'string') indices.set(name, index);
  }
  return indices;
}
