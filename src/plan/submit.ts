import type { Shelf } from '../document/shelf.ts';
import { CodedError } from '../errors.ts';
import { sha256 } from '../model/digest.ts';
import type { Caller } from '../model/facts.ts';
import { printable } from '../model/printable.ts';
import type { PlansConfig } from './config.ts';
import { type Plan, parsePlan } from './document.ts';
import type { HeldPlans } from './held.ts';
import type { FoundPlan } from './look-up.ts';
import { type Submission, type SubmittedPlans, sourceOfSubmitted } from './submitted.ts';

/** Takes a plan that a caller hands in. */
export type SubmitPlan = (
  caller: Caller,
  submission: Submission,
) => Promise<{ readonly created: boolean; readonly plan: FoundPlan }>;

/**
 * Takes plans of configured submitters: one counts by its signatures like any other, within the submitter's quota, and is stored durably
 * for all replicas before the submitter is told.
 *
 * @throws CodedError `plan.not_submitter`, `plan.invalid`, `plan.not_json`, `plan.refused` (with the codes), `plan.quota_exceeded`,
 *   `plan.too_large`, `state.*`
 */
export function createSubmitPlan(options: {
  readonly submitters: PlansConfig['submitters'];
  readonly shelf: Pick<Shelf<Plan>, 'offer' | 'retract'>;
  readonly held: Pick<HeldPlans, 'find'>;
  /** Absent where nothing that outlives the process is configured. */
  readonly submitted: Omit<SubmittedPlans, 'find'> | undefined;
}): SubmitPlan {
  const { submitters, shelf, held, submitted } = options;
  return async (caller, submission) => {
    if (submitted === undefined || !submitters.some(({ issuer, id }) => issuer === caller.issuer && id === caller.id)) {
      throw new CodedError(
        'plan.not_submitter',
        'this caller may not submit plans; an operator can list it in plans.submitters, or put the plan into a folder of plans.folders',
      );
    }
    const bytes = Buffer.from(submission.plan);
    const hash = sha256(bytes);
    const { header } = parsePlan(bytes, 'the submitted plan');
    const before = await held.find(hash);
    if (before !== undefined && !('state' in before)) return { created: false, plan: before };

    await submitted.reserve(caller, hash, submission, header.expires);
    const source = sourceOfSubmitted(hash);
    const plan = await shelf.offer({ source, bytes, bundles: [Buffer.from(submission.bundle)] });
    if ('state' in plan) {
      await shelf.retract(source);
      await submitted.giveBack(caller, hash);
      throw refused(plan);
    }
    try {
      await submitted.keep(caller, hash, submission, header.expires);
    } catch (error) {
      // Another replica would not find it, and neither would this one after a restart.
      await shelf.retract(source);
      throw error;
    }
    return { created: true, plan };
  };
}

function refused({ failed, message }: Extract<FoundPlan, { readonly state: string }>): CodedError {
  const codes = failed.map(({ code, authority }) => (authority === undefined ? code : `${code} (${authority})`));
  return new CodedError('plan.refused', `the plan is refused (${codes.join(', ')}): ${printable(message, 2000)}`, {
    detail: { codes: codes.join(' ') },
  });
}
