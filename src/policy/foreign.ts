import { CodedError } from '../errors.ts';
import { isJsonObject, type JsonObject } from '../model/json.ts';
import type { Verdict } from '../model/verdict.ts';
import { parseObligations } from './result.ts';
import { withObligations } from './verdict.ts';

/** A bundle that was not written for Exequatur: its entrypoint, and what that returns. Named by the operator, never guessed. */
export type ForeignPolicy = {
  readonly entrypoint: string;
  /** `boolean`: true or false. `allow`: `{"allow": boolean}`. `authzen`: `{"decision": boolean, "context"?: {}}` (AuthZEN 1.0, 5.5). */
  readonly result: 'boolean' | 'allow' | 'authzen';
};

/**
 * Narrows a foreign policy's answer. It has no controls, so its word alone makes the permit, and a denial has no better reason than
 * that it denied. Members that it has besides are its own; obligations count.
 *
 * @throws CodedError `engine.result_shape`, `engine.result_bounds`.
 */
export function foreignVerdict(value: unknown, policy: ForeignPolicy, context: JsonObject): Verdict {
  const { permit, obligations } = read(value, policy.result);
  if (permit) return withObligations({ permit, controls: {}, reasons: [], obligations }, context);
  const reason = { control: 'policy', code: 'policy.denied', message: 'The policy denied.' };
  return { permit, controls: {}, reasons: [reason], obligations };
}

function read(value: unknown, form: ForeignPolicy['result']): Pick<Verdict, 'permit' | 'obligations'> {
  switch (form) {
    case 'boolean':
      return { permit: boolean(value), obligations: [] };
    case 'allow':
      return { permit: boolean(member(value, 'allow')), obligations: [] };
    case 'authzen': {
      const context = member(value, 'context');
      const permit = boolean(member(value, 'decision'));
      if (context === undefined) return { permit, obligations: [] };
      if (!isJsonObject(context))
        throw new CodedError('engine.result_shape', "the policy's answer: context is no object");
      const obligations = member(context, 'obligations');
      return { permit, obligations: obligations === undefined ? [] : parseObligations(obligations) };
    }
  }
}

function member(value: unknown, name: string): unknown {
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function boolean(value: unknown): boolean {
  if (typeof value !== 'boolean')
    throw new CodedError('engine.result_shape', "the policy's answer: no boolean decision");
  return value;
}
