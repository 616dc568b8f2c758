import { CodedError } from '../errors.ts';

/** What an error says of the write that it ended: `unknown` until the key is read again. */
export type Outcome = 'not_written' | 'unknown';

/** A `state.*` error: where, why, and what to do. */
export function stateFailure(
  what: StateFailureCode,
  message: string,
  options: { cause?: unknown; detail?: Record<string, string | number | boolean>; outcome?: Outcome } = {},
): CodedError {
  const { outcome, detail, ...rest } = options;
  return new CodedError(`state.${what}`, message, {
    ...rest,
    detail: { ...detail, ...(outcome === undefined ? {} : { outcome }) },
  });
}

/** Every way in which shared state fails; docs/state.md says what each means and what to do. */
export type StateFailureCode =
  | 'invalid_key'
  | 'invalid_value'
  | 'full'
  | 'lost'
  | 'torn'
  | 'replaced'
  | 'rolled_back'
  | 'exists'
  | 'locked'
  | 'lock_unavailable'
  | 'permissions'
  | 'unreadable'
  | 'unwritable'
  | 'failed'
  | 'closed'
  | 'unavailable'
  | 'unconfirmed'
  | 'not_persistent'
  | 'unsuitable'
  | 'forbidden'
  | 'nothing_to_keep';
