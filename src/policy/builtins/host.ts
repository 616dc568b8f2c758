import type { BuiltinAnswer, BuiltinContext, Builtins } from './answer.ts';
import { Offsets } from './local-time.ts';
import { clock, date, type FastBuiltin, format, parseRfc3339, weekday } from './time.ts';

/** Builtins of one operand that are called on the way of a decision, each held against OPA's own by test/property/builtins.test.ts. */
const FAST: ReadonlyMap<string, FastBuiltin> = new Map([
  ['time.clock', clock],
  ['time.date', date],
  ['time.format', format],
  ['time.parse_rfc3339_ns', parseRfc3339],
  ['time.weekday', weekday],
]);

/** The one builtin that needs no OPA at all: time is the decision's, and constant. */
const TIME_NOW = 'time.now_ns';

/** Whether a policy that calls these needs OPA loaded: 0.4 s and some 60 MB. */
export function needsOpa(names: Iterable<string>): boolean {
  for (const name of names) if (name !== TIME_NOW) return true;
  return false;
}

/** Who answers where no policy needs OPA. */
export const NO_OPA: Builtins = {
  names: new Set([TIME_NOW]),
  call: (name) => ({ kind: 'error', message: `${name}: OPA is not loaded` }),
};

/** All that the host answers: the short ways first, and OPA's own code for everything else. */
export function hostBuiltins(opa: Builtins): Builtins {
  const offsets = new Offsets(opa);
  return {
    names: new Set([...opa.names, TIME_NOW]),
    call: (name: string, operands: readonly string[], context: BuiltinContext): BuiltinAnswer => {
      if (name === TIME_NOW && operands.length === 0) return { kind: 'value', text: String(context.timeNs) };
      const text = operands.length === 1 ? FAST.get(name)?.(operands, context, offsets) : undefined;
      return text === undefined ? opa.call(name, operands, context) : { kind: 'value', text };
    },
  };
}
