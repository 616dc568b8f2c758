import type { JsonObject } from '../model/json.ts';
import type { Obligation, Reason, Verdict } from '../model/verdict.ts';
import { denial, denialMessage, type EngineDenialCode } from './codes.ts';
import type { PolicyResult } from './result.ts';

/**
 * The verdict, with the permit computed here and not by the policy: it says permit, every control passed or was skipped, exactly the
 * controls of the manifest reported, and the caller supports every obligation. A denial has at least one reason.
 *
 * @param controls Those of the bundle's manifest.
 * @param context The request's, of which `supported_obligations` counts.
 */
export function toVerdict(result: PolicyResult, controls: ReadonlySet<string>, context: JsonObject): Verdict {
  const names = Object.keys(result.controls);
  if (names.length !== controls.size || !names.every((name) => controls.has(name))) {
    return denial('engine.controls_mismatch');
  }
  const failed = names.filter((name) => result.controls[name] !== 'pass' && result.controls[name] !== 'not_applicable');
  if (result.permit && failed.length === 0) return withObligations({ ...result, permit: true }, context);
  const reasons = [...result.reasons];
  for (const control of failed) {
    if (!reasons.some((reason) => reason.control === control)) {
      reasons.push({ control, code: `${control}.failed`, message: `The control ${control} failed.` });
    }
  }
  if (result.permit) reasons.push(engineReason('engine.permit_despite_failure'));
  else if (failed.length === 0) reasons.push(engineReason('engine.permit_withheld'));
  return { permit: false, controls: result.controls, reasons, obligations: result.obligations };
}

/** A permit stands only while the caller supports each of its obligations (AuthZEN, Obligations): one that it does not know means deny. */
function withObligations(verdict: Verdict, context: JsonObject): Verdict {
  const unsupported = verdict.obligations.some((obligation) => !supports(context, obligation));
  if (!unsupported) return verdict;
  return { ...verdict, permit: false, reasons: [...verdict.reasons, engineReason('engine.obligation_unsupported')] };
}

function supports(context: JsonObject, obligation: Obligation): boolean {
  const supported = Object.hasOwn(context, 'supported_obligations') ? context.supported_obligations : undefined;
  return Array.isArray(supported) && supported.includes(obligation.type);
}

function engineReason(code: EngineDenialCode): Reason {
  return { control: 'engine', code, message: denialMessage(code) };
}
