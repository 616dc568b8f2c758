import type { PlanQuestion, PlanReading, ReadPlan } from '../decision/ports.ts';
import type { ActiveDocument, DocumentStanding, IdleDocument } from '../document/shelved.ts';
import type { Milliseconds } from '../model/clock.ts';
import { isDecisionId } from '../model/decision.ts';
import type { CallState, DocumentFailure, KnownPlan, UnknownPlan, UnknownPlanCode } from '../model/facts.ts';
import { toolArguments } from '../model/request.ts';
import { agentMatches } from './agent.ts';
import type { Plan } from './document.ts';
import { type Claim, inOrder, type Ledger, LedgerBusy, type LedgerPlan, type Spent } from './ledger/ledger.ts';
import { callDigest, type StoredCall } from './ledger/stored.ts';
import type { Unsettled } from './ledger/unsettled.ts';
import { environmentMatches, stepMatches } from './step.ts';

/** What a plan is found as, by its hash. */
export type FoundPlan = ActiveDocument<Plan> | IdleDocument<Plan>;

export type PlanReaderOptions = {
  /** The name of this deployment, which a plan's audience must be. */
  readonly audience: string;
  /** Looks among those that are held, and those that were submitted elsewhere. */
  readonly find: (hash: string) => Promise<FoundPlan | undefined>;
  readonly standing: (plan: ActiveDocument<Plan>, time: Milliseconds) => DocumentStanding;
  /** Whether another replica has accepted a later version of a plan that counts here. */
  readonly superseded: (plan: ActiveDocument<Plan>) => Promise<boolean>;
  readonly ledger: Pick<Ledger, 'look' | 'claim'>;
  readonly unsettled: Pick<Unsettled, 'settle'>;
  readonly durableIndex: () => number;
  /** A text that no other claim has: at most 64 characters. */
  readonly newToken: () => string;
  /** Resolves after so many milliseconds. */
  readonly pause: (milliseconds: number) => Promise<void>;
  /** Told why what was spent could not be known, or spent. */
  readonly onFailure: (error: unknown) => void;
};

/** How long a call waits for the same call that is under way, here or at another replica. */
const PAUSES_MS: readonly number[] = [2, 5, 10, 20, 40, 80, 160, 320, 640, 700];

/** Finds what can be known of the plan that a call names, and spends its step when it is told to. */
export function createPlanReader(options: PlanReaderOptions): ReadPlan {
  return async (question) => {
    try {
      return await readHeld(question, options);
    } catch (error) {
      options.onFailure(error);
      return { facts: unknownPlan(question, 'state_unavailable') };
    }
  };
}

async function readHeld(question: PlanQuestion, options: PlanReaderOptions): Promise<PlanReading> {
  const named = question.request.asserted.plan;
  if (named === undefined) return { facts: { named: false, known: false, code: 'no_plan_named' } };
  const found = await options.find(named.hash);
  if (found === undefined) return { facts: unknownPlan(question, 'plan_unknown') };
  if ('state' in found) return { facts: unknownPlan(question, CODES[found.state], found.failed) };
  const standing = options.standing(found, question.time);
  if (!standing.counts) return { facts: unknownPlan(question, 'plan_withdrawn', standing.failed) };

  const plan: LedgerPlan = ledgerPlan(found);
  const { call } = question.request.asserted;
  const digest =
    call === undefined ? undefined : callDigest(question.identified.caller, question.request.asserted.session, call);
  const spent = await settled(options, plan, digest);
  if (spent === undefined) return { facts: unknownPlan(question, 'state_unavailable') };
  // Last, since waiting for the same call takes its time.
  if (await options.superseded(found)) return { facts: unknownPlan(question, 'plan_superseded') };
  const facts = knownPlan(question, found, plan, spent, options.audience, standing.signatures);
  const step = found.content.steps.findIndex(({ id }) => id === facts.step);
  if (facts.call === 'repeated' && !facts.used && spent.call !== undefined) return repeated(facts, spent.call);
  const until = found.header.expires;
  if (digest === undefined || !isSpendable(facts)) return { facts, until };
  return {
    facts,
    until,
    spend: async ({ id, expiresAt }) => {
      const claim: Claim = {
        plan,
        step,
        call: digest,
        binding: question.bindingHash,
        token: options.newToken(),
        id,
        time: question.time,
        expires: expiresAt,
      };
      const from = options.durableIndex();
      try {
        if (await claimed(options, claim)) {
          return { kind: 'spent', settle: (record) => options.unsettled.settle(claim, from, record) };
        }
      } catch (error) {
        options.onFailure(error);
        // It may have been written all the same: what it holds must not stay spent.
        await options.unsettled.settle(claim, from, 'not_recorded', false);
        return { kind: 'failed', facts: unknownPlan(question, 'state_unavailable') };
      }
      return { kind: 'lost' };
    },
  };
}

/** Claims as soon as there is room: what others have reserved is settled within moments. */
async function claimed({ ledger, pause }: PlanReaderOptions, claim: Claim): Promise<boolean> {
  for (const milliseconds of PAUSES_MS) {
    try {
      return await ledger.claim(claim);
    } catch (error) {
      if (!(error instanceof LedgerBusy)) throw error;
      await pause(milliseconds);
    }
  }
  return ledger.claim(claim);
}

const CODES = {
  refused: 'plan_refused',
  withdrawn: 'plan_withdrawn',
  superseded: 'plan_superseded',
} as const satisfies Record<IdleDocument<Plan>['state'], UnknownPlanCode>;

/** A plan as the ledger needs it. */
export function ledgerPlan({ digest, content, header }: ActiveDocument<Plan>): LedgerPlan {
  return {
    hash: digest,
    runs: content.steps.map(({ runs }) => runs),
    strict: content.order === 'strict',
    expires: header.expires,
  };
}

/** What was spent, once the call itself is not under way any more; undefined where that takes too long. */
async function settled(
  { ledger, pause }: PlanReaderOptions,
  plan: LedgerPlan,
  call: string | undefined,
): Promise<(Omit<Spent, 'call'> & { readonly call?: StoredCall }) | undefined> {
  for (const milliseconds of [...PAUSES_MS, undefined]) {
    const { plan: stored, call: known } = await ledger.look(plan, call);
    if (known === undefined) return { plan: stored };
    if (known !== 'pending') return { plan: stored, call: known };
    if (milliseconds !== undefined) await pause(milliseconds);
  }
  return undefined;
}

function knownPlan(
  { request, identified, tool, environment, time, bindingHash }: PlanQuestion,
  found: ActiveDocument<Plan>,
  plan: LedgerPlan,
  spent: Omit<Spent, 'call'> & { readonly call?: StoredCall },
  audience: string,
  signatures: KnownPlan['signatures'],
): KnownPlan {
  const { content, header, digest } = found;
  const { asserted } = request;
  const place = content.steps.findIndex(({ id }) => id === asserted.plan?.step);
  const step = content.steps[place];
  const call = callState(asserted.call, spent.call, digest, bindingHash);
  // A call that was answered before is not another run, and never becomes one: its permit holds, or it is over.
  const again = call === 'repeated' && spent.call !== undefined;
  const used = again ? time >= spent.call.expires : (spent.plan.spent[place] ?? 0) >= (plan.runs[place] ?? 0);
  return {
    named: true,
    known: true,
    hash: digest,
    document: { id: header.id, version: header.version },
    signatures,
    valid: time >= header.issued && time < header.expires,
    agent_matches: agentMatches(content.agent, identified, asserted.session),
    audience_matches: content.audience === audience,
    step: step?.id ?? null,
    step_matches:
      step !== undefined &&
      environmentMatches(content, environment) &&
      stepMatches(step, tool, request.action.name === 'tools/call' ? toolArguments(request) : undefined),
    in_order: again || (step !== undefined && inOrder(spent.plan, plan, place)),
    used: step === undefined ? false : used,
    call,
  };
}

function callState(
  call: string | undefined,
  known: StoredCall | undefined,
  hash: string,
  bindingHash: string,
): CallState {
  if (call === undefined) return 'missing';
  if (known === undefined) return 'new';
  return known.plan === hash && known.binding === bindingHash ? 'repeated' : 'conflict';
}

/** The permit that the call got before. */
function repeated(facts: KnownPlan, { id, time, expires }: StoredCall): PlanReading {
  if (!isDecisionId(id)) throw new TypeError('the id of the first decision is none');
  return { facts, repeats: { id, time, expiresAt: expires } };
}

/** Only what a plan really covers is spent: a policy may permit on other grounds. */
function isSpendable(facts: KnownPlan): boolean {
  return (
    facts.valid &&
    facts.agent_matches &&
    facts.audience_matches &&
    facts.step_matches &&
    facts.in_order &&
    !facts.used &&
    facts.call === 'new'
  );
}

/** A plan that does not count, as a fact that says why. */
export function unknownPlan(
  { request: { asserted } }: Pick<PlanQuestion, 'request'>,
  code: UnknownPlanCode,
  failed: readonly DocumentFailure[] = [],
): UnknownPlan {
  const call: CallState = asserted.call === undefined ? 'missing' : 'new';
  return { named: true, known: false, hash: asserted.plan?.hash ?? '', code, failed, call };
}
