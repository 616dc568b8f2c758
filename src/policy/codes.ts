import { engineDenial, type Verdict } from '../model/verdict.ts';

/**
 * Every way in which the engine itself denies, with the message that an agent may read. What exactly broke goes to the operators'
 * log by `EngineOptions.report`, for it can name files of the policy.
 */
const DENIALS = {
  /** `facts.time` is no RFC 3339 time in UTC with milliseconds, so the policy would have no clock. */
  'engine.time': 'The time of the decision is missing or malformed.',
  /** The input has no JSON form: too deep, cyclic, a big integer. */
  'engine.input': 'The request cannot be brought into the form that the policy reads.',
  /** The entrypoint is undefined for this input. */
  'engine.undefined': 'The policy gave no answer.',
  /** The answer is not of the policy contract's shape. */
  'engine.result_shape': 'The policy gave an answer of an unknown form.',
  /** The answer is of the right shape and larger than a record may hold. */
  'engine.result_bounds': 'The policy gave an answer that is too large.',
  /** The controls that reported are not exactly those of the bundle's manifest. */
  'engine.controls_mismatch': 'The controls that answered are not those that the policy is made of.',
  /** The policy says permit although a control failed. */
  'engine.permit_despite_failure': 'The policy permits although a control failed.',
  /** The policy does not permit although no control failed: nothing was granted. */
  'engine.permit_withheld': 'No control failed, but the policy grants nothing.',
  /** A permit carries an obligation whose type `context.supported_obligations` does not list. */
  'engine.obligation_unsupported': 'The permit carries an obligation that the caller does not support.',
  /** A builtin that the host supplies erred, in strict mode; what it would have decided is not known. */
  'engine.builtin_error': 'A function that the policy called failed.',
  /** The policy's own code gave up: conflicting rules, a string that is no Unicode. */
  'engine.aborted': 'The policy broke off.',
  /** The evaluation needed more memory than `policy.max_memory_pages`. */
  'engine.memory': 'The policy needed more memory than it may have.',
  /** Nesting or recursion went deeper than the stack. */
  'engine.stack': 'The request nests deeper than the policy can follow.',
  /** The module trapped, or something that nobody foresaw was thrown. */
  'engine.broken': 'The policy could not be evaluated.',
} as const satisfies Record<`engine.${string}`, string>;

/** Codes of the engine's own denials. */
export type EngineDenialCode = keyof typeof DENIALS;

/** Why no permit may rest on the plan that the call names, whatever the policy says, with the message that an agent may read. */
const GUARDS = {
  /** The call has no name, or the facts do not show that it has one of its own. */
  'call.missing':
    'The call names a plan and has no name itself. Name the call in context.call, so that the step can be spent for it.',
  /** Its name stands for another request already. */
  'call.conflict': 'The name in context.call stands for another request already. Name each call anew.',
  /** The step has been spent as often as it may be, or the permit of the repeated call is over. */
  'plan.used':
    'The step of the plan has been carried out as often as it may be, or the permit of this call is over. Name a new call where the step has runs left, or have a new plan signed.',
} as const satisfies Record<`${string}.${string}`, string>;

/** Codes of the denials that the engine adds to any policy. */
export type GuardDenialCode = keyof typeof GUARDS;

/** What the engine says for a code of these, for people. */
export function guardMessage(code: GuardDenialCode): string {
  return GUARDS[code];
}

/** Codes of the CodedErrors that loading a bundle into the engine throws, each with its remedy in the message. */
export type EngineLoadCode =
  | 'engine.module_invalid'
  | 'engine.module_imports'
  | 'engine.abi_unsupported'
  | 'engine.memory_minimum'
  | 'engine.entrypoint_missing'
  | 'engine.builtin_unknown'
  | 'engine.controls_unlisted'
  | 'engine.required_control_missing'
  | 'engine.data_overrules_policy'
  | 'engine.start_failed';

/** What the engine says for a code, for people. */
export function denialMessage(code: EngineDenialCode): string {
  return DENIALS[code];
}

/** The whole verdict where the policy gave none that counts. */
export function denial(code: EngineDenialCode): Verdict {
  return engineDenial(code, DENIALS[code]);
}
