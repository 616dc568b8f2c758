import { CodedError } from '../../errors.ts';
import type { Milliseconds } from '../../model/clock.ts';
import type { Sha256Digest } from '../../model/digest.ts';
import type { SharedState, StateEntry } from '../../model/shared-state.ts';
import { createUpdate, type Update } from '../../trust/freshness/update.ts';
import { createReads } from './reads.ts';
import {
  callKey,
  MAX_OPEN,
  planKey,
  type Reservation,
  readCall,
  readPlan,
  type StoredCall,
  type StoredPlan,
  unspent,
  writeCall,
  writePlan,
} from './stored.ts';

/** A plan as the ledger needs it. */
export type LedgerPlan = {
  readonly hash: Sha256Digest;
  /** How often each step may run, in the plan's order. */
  readonly runs: readonly number[];
  readonly strict: boolean;
  readonly expires: Milliseconds;
};

/** A step that is to be spent for a call, by the decision with this id. */
export type Claim = {
  readonly plan: LedgerPlan;
  readonly step: number;
  /** See `callDigest`. */
  readonly call: string;
  readonly binding: string;
  /** Of this claim alone. */
  readonly token: string;
  /** The decision's. */
  readonly id: string;
  readonly time: Milliseconds;
  readonly expires: Milliseconds;
};

/** What has been spent of a plan, and what its caller's call has come to. */
export type Spent = {
  readonly plan: StoredPlan;
  /** Absent where the call has spent nothing; `pending`: it is spending, and how that ends is not known yet. */
  readonly call?: StoredCall | 'pending';
};

/**
 * Who spent which step of a plan, over a store that replicas share. A step is spent by one compare-and-set of the plan's entry; the call's
 * own entry keeps its name from standing for another request. Both are reserved before the record is written, and confirmed, or given
 * free, after it.
 *
 * All of it throws CodedError `state.*` as the store does, `plan.ledger_torn` for an entry that was not written here, and
 * `trust.state_unavailable` where others change an entry without end.
 */
export type Ledger = {
  readonly look: (plan: LedgerPlan, call: string | undefined) => Promise<Spent>;
  /** False where the step is spent, out of its turn, or the call's name is taken: then nothing is. */
  readonly claim: (claim: Claim) => Promise<boolean>;
  readonly confirm: (held: Held) => Promise<void>;
  /**
   * Gives free what is held, if anything is.
   *
   * @param sure false: the claim may be on its way to the store still. Then both entries are written in any case, so that it comes too late.
   */
  readonly release: (held: Held, sure: boolean) => Promise<void>;
};

/** What a claim holds, as far as it must be known to end it. */
export type Held = {
  readonly plan: Pick<LedgerPlan, 'hash' | 'runs' | 'expires'>;
  readonly step: number;
  readonly call: string;
  readonly token: string;
  readonly id: string;
};

/** Of this process's own log. */
export type LedgerLog = {
  /** See `AuditLog.id`. */
  readonly id: string;
  /** The index behind the last record that is durable: no later record can come to stand before it, whatever happens. */
  readonly durableIndex: () => number;
};

/** Too many reservations are open, or this one is contended: the caller is to ask again. */
export class LedgerBusy extends CodedError {
  override readonly name = 'LedgerBusy';
}

export function createLedger(state: SharedState, log: LedgerLog): Ledger {
  const read = createReads(state);
  const update = createUpdate(state);

  async function look(plan: LedgerPlan, call: string | undefined): Promise<Spent> {
    const [planEntry, callEntry] = await Promise.all([
      read(planKey(plan.hash)),
      call === undefined ? undefined : read(callKey(call)),
    ]);
    const stored = planOf(planEntry, plan);
    const known = callOf(callEntry);
    if (call === undefined) return { plan: stored };
    if (known?.state === 'recorded') return { plan: stored, call: known };
    const open = stored.open.some((one) => one.call === call) || known?.state === 'reserved';
    return open ? { plan: stored, call: 'pending' } : { plan: stored };
  }

  async function claim(wanted: Claim): Promise<boolean> {
    if (!(await reserveStep(update, wanted, log))) return false;
    if (await reserveCall(update, wanted)) return true;
    await giveStep(update, wanted, true);
    return false;
  }

  return {
    look,
    claim,
    confirm: async (claimed) => {
      // The call first: whoever finds the plan's reservation gone must find the call's record.
      await update(callKey(claimed.call), (entry) => {
        const known = callOf(entry);
        if (known?.token !== claimed.token || known.state === 'recorded') return { result: undefined };
        return { write: writeCall({ ...known, state: 'recorded' }), result: undefined };
      });
      await update(planKey(claimed.plan.hash), (entry) => {
        const stored = planOf(entry, claimed.plan);
        if (!holds(stored, claimed)) return { result: undefined };
        const open = without(stored, claimed);
        const last = stored.last.map((id, step) => (step === claimed.step ? claimed.id : id));
        return { write: writePlan({ ...stored, last, open }), result: undefined };
      });
    },
    release: async (claimed, sure) => {
      await update(callKey(claimed.call), (entry) => {
        const known = callOf(entry);
        const own = known?.token === claimed.token && known.state === 'reserved';
        if (!own && (sure || (known !== undefined && known.state !== 'released'))) return { result: undefined };
        return { write: writeCall(own ? { ...known, state: 'released' } : released(claimed)), result: undefined };
      });
      await giveStep(update, claimed, sure);
    },
  };
}

/** One compare-and-set: whoever loses it looks again. */
function reserveStep(update: Update, { plan, step, call, token, id }: Claim, log: LedgerLog): Promise<boolean> {
  const from = log.durableIndex();
  return update(planKey(plan.hash), (entry) => {
    const stored = planOf(entry, plan);
    const taken = (stored.spent[step] ?? 0) >= (plan.runs[step] ?? 0);
    if (taken || !inOrder(stored, plan, step) || stored.open.some((one) => one.call === call)) return { result: false };
    if (stored.open.length >= MAX_OPEN) {
      throw new LedgerBusy('plan.busy', `more than ${MAX_OPEN} calls of one plan are under way; ask again`);
    }
    const reservation: Reservation = { token, id, step, call, log: log.id, from };
    const spent = stored.spent.map((count, place) => (place === step ? count + 1 : count));
    return { write: writePlan({ ...stored, spent, open: [...stored.open, reservation] }), result: true };
  });
}

function reserveCall(update: Update, claim: Claim): Promise<boolean> {
  const { plan, step, binding, token, id, time, expires } = claim;
  return update(callKey(claim.call), (entry) => {
    const known = callOf(entry);
    if (known !== undefined && known.state !== 'released') return { result: false };
    const stored: StoredCall = {
      until: plan.expires,
      state: 'reserved',
      plan: plan.hash,
      step,
      binding,
      token,
      id,
      time,
      expires,
    };
    return { write: writeCall(stored), result: true };
  });
}

function giveStep(update: Update, held: Held, sure: boolean): Promise<void> {
  return update(planKey(held.plan.hash), (entry) => {
    const stored = planOf(entry, held.plan);
    // Only what is still reserved by this claim: giving free twice would give away somebody else's.
    if (!holds(stored, held)) return sure ? { result: undefined } : { write: writePlan(stored), result: undefined };
    const spent = stored.spent.map((count, place) => (place === held.step ? count - 1 : count));
    return { write: writePlan({ ...stored, spent, open: without(stored, held) }), result: undefined };
  });
}

function holds({ open }: StoredPlan, { token }: Pick<Held, 'token'>): boolean {
  return open.some((one) => one.token === token);
}

function without({ open }: StoredPlan, { token }: Pick<Held, 'token'>): readonly Reservation[] {
  return open.filter((one) => one.token !== token);
}

/** What stands for a call that has spent nothing. */
function released({ plan, step, token, id }: Held): StoredCall {
  const { hash, expires: until } = plan;
  return { until, state: 'released', plan: hash, step, binding: '', token, id, time: 0, expires: 0 };
}

/**
 * Whether it is a step's turn: in a strict plan every step before has been carried out, by a permit whose record is known, and none
 * behind it has been begun.
 */
export function inOrder(
  { spent, open }: Pick<StoredPlan, 'spent' | 'open'>,
  { strict }: Pick<LedgerPlan, 'strict'>,
  step: number,
): boolean {
  if (!strict) return true;
  return spent.every((count, place) => {
    if (place === step) return true;
    if (place > step) return count === 0;
    return count > open.filter((one) => one.step === place).length;
  });
}

/** The entry of a plan, which must fit the plan: it has as many steps. */
export function planOf(entry: StateEntry | undefined, plan: Held['plan']): StoredPlan {
  if (entry === undefined) return unspent(plan.runs.length, plan.expires);
  const stored = parsed(entry, readPlan);
  if (stored.spent.length !== plan.runs.length) throw torn('its steps are not those of the plan');
  return stored;
}

/** The entry of a call. */
export function callOf(entry: StateEntry | undefined): StoredCall | undefined {
  return entry === undefined ? undefined : parsed(entry, readCall);
}

function parsed<T>(entry: StateEntry, read: (text: string) => T): T {
  try {
    return read(entry.value);
  } catch (cause) {
    throw torn('it has another form', cause);
  }
}

function torn(why: string, cause?: unknown): CodedError {
  return new CodedError(
    'plan.ledger_torn',
    `what the store holds of a plan is not what was written there (${why}); find out who writes to it`,
    { cause },
  );
}
