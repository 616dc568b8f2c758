import type { JsonObject } from './json.ts';

/** What one control said. `not_applicable`: skipped, on positive evidence. */
export type ControlState = 'pass' | 'fail' | 'not_applicable';

/** Why a control failed. `message` is what an agent may read. `control` is `engine` where the engine itself denied. */
export type Reason = { readonly control: string; readonly code: string; readonly message: string };

/** AuthZEN's obligations draft: what an enforcement point must do; one that it does not know means deny. */
export type Obligation = { readonly id: string; readonly type: string; readonly properties: JsonObject };

/**
 * What the policy returned, parsed, with `permit` computed by the engine. A verdict that is no permit has at least one reason.
 */
export type Verdict = {
  readonly permit: boolean;
  readonly controls: Readonly<Record<string, ControlState>>;
  readonly reasons: readonly Reason[];
  readonly obligations: readonly Obligation[];
};

/** A denial by the engine itself: the policy gave no verdict that may be trusted. */
export function engineDenial(code: string, message: string): Verdict {
  return { permit: false, controls: {}, reasons: [{ control: 'engine', code, message }], obligations: [] };
}
