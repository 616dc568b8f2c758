import type { Shelf } from '../document/shelf.ts';
import { CodedError } from '../errors.ts';
import { type Sha256Digest, sha256 } from '../model/digest.ts';
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
  const turns = new Map<Sha256Digest, Promise<unknown>>();

  /** One after the other for each plan: what one submission puts on the shelf, another one's refusal must not take away. */
  async function inTurn<Result>(hash: Sha256Digest, run: () => Promise<Result>): Promise<Result> {
    const before = turns.get(hash) ?? Promise.resolve();
    const turn = before.then(run, run);
    turns.set(hash, turn);
    try {
      return await turn;
    } finally {
      if (turns.get(hash) === turn) turns.delete(hash);
    }
  }

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
    const source = sourceOfSubmitted(hash);
    return inTurn(hash, async () => {
      const before = await held.find(hash);
      if (before !== undefined && !('state' in before)) return { created: false, plan: before };
      const isNew = await submitted.reserve(caller, hash, submission, header.expires);
      const takeBack = async () => {
        await shelf.retract(source);
        if (isNew) await submitted.giveBack(caller, hash);
      };
      const plan = await shelf.offer({ source, bytes, bundles: [Buffer.from(submission.bundle)] });
      if ('state' in plan) {
        await takeBack();
        throw refused(plan);
      }
      try {
        await submitted.keep(caller, hash, submission, header.expires);
      } catch (error) {
        // Another replica would not find it, and neither would this one after a restart. The room is given back as far as the store can.
        await takeBack().catch(() => undefined);
        throw error;
      }
      return { created: true, plan };
    });
  };
}

function refused({ failed, message }: Extract<FoundPlan, { readonly state: string }>): CodedError {
  // Nothing is wrong with the plan then.
  const passing = failed.find(({ code }) => code === 'state_unavailable' || code === 'record_failed');
  if (passing !== undefined) {
    return new CodedError('state.unavailable', 'the plan cannot be taken now: what was seen before cannot be known');
  }
  const codes = failed.map(({ code, authority }) => (authority === undefined ? code : `${code} (${authority})`));
  return new CodedError('plan.refused', `the plan is refused (${codes.join(', ')}): ${printable(message, 2000)}`, {
    detail: { codes: codes.join(' ') },
  });
}
