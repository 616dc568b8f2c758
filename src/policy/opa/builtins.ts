import { CodedError, describeThrown } from '../../errors.ts';
import type { Builtins } from '../builtins/answer.ts';
import { type OpaInstance, startOpa } from './instance.ts';
import { opaModule } from './module.ts';
import { systemHost, type WasiHost } from './wasi.ts';

/** What OPA's builtins run on. */
export type OpaBuiltinsOptions = {
  /** Clocks and randomness of the module. Default: this machine's. */
  readonly host?: WasiHost;
  /** The most that OPA's memory may ever be, megabytes; past it, a call fails. Default 256. */
  readonly maximumMegabytes?: number;
  /** Past this, the instance is replaced after the call, for memory never shrinks. Megabytes. Default 128. */
  readonly recycleMegabytes?: number;
  /** The clock of `deadlineMs`. Default: `performance.now`. */
  readonly now?: () => number;
};

const MEGABYTE = 1024 * 1024;

/**
 * Loads OPA's own builtins, with OPA's own meaning, into this thread and keeps one instance: 0.4 s at first, then 10 to 200 µs a call.
 * Synchronous, as evaluation is. Those that do I/O, read the environment or throw dice are left out.
 *
 * A call never throws: an unknown name, a wrong number of operands, an operand that is no value, OPA's own error, a passed deadline, a
 * trap and exhausted memory are all of kind `error`.
 *
 * @throws CodedError `policy.opa_missing` where the module cannot be loaded.
 */
export function loadOpaBuiltins(options: OpaBuiltinsOptions = {}): Builtins {
  const { host = systemHost, maximumMegabytes = 256, recycleMegabytes = 128, now = () => performance.now() } = options;
  const module = opaModule(maximumMegabytes);
  let deadline = Number.POSITIVE_INFINITY;
  const start = () => startOpa(module, { host, cancelled: () => now() >= deadline });
  let instance: OpaInstance | undefined = start();
  const indices = readNames(instance);

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
        if (instance.memoryBytes() > recycleMegabytes * MEGABYTE) instance = undefined;
        if (answer.kind === 'value') return { kind: 'value', text: answer.text };
        return answer.kind === 'undefined' ? { kind: 'undefined' } : { kind: 'error', message: answer.text };
      } catch (thrown) {
        // Go follows its reason by pages of stacks.
        const lastWords = instance?.captured().split('\n', 1)[0] ?? '';
        instance = undefined;
        return { kind: 'error', message: `${name}: OPA broke off: ${describeThrown(thrown)}: ${lastWords}` };
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
