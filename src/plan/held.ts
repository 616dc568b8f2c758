import type { Shelf } from '../document/shelf.ts';
import type { Clock } from '../model/clock.ts';
import { isSha256Digest, type Sha256Digest } from '../model/digest.ts';
import type { Plan } from './document.ts';
import { CLEAR_AFTER_MS } from './ledger/clear.ts';
import type { FoundPlan } from './look-up.ts';

import { isSubmitted, type SubmittedPlans } from './submitted.ts';

/** Plans by their hash: those on the shelf, and those that were submitted at another replica. */
export type HeldPlans = {
  /**
   * Undefined where nobody has the plan. One that another replica took is fetched, verified and held from then on.
   *
   * @throws CodedError `state.*`, `plan.submission_torn`
   */
  readonly find: (hash: string) => Promise<FoundPlan | undefined>;
  /** Lets go of submitted plans that ended long ago. */
  readonly clearEnded: () => Promise<void>;
  readonly close: () => void;
};

/** A hash that nobody knows is asked for again after so long: whoever invents hashes does not reach the store with each. */
const ABSENT_MS = 1_000;
const MAX_ABSENT = 10_000;

export function holdPlans(
  shelf: Pick<Shelf<Plan>, 'active' | 'idle' | 'offer' | 'retract' | 'onChange'>,
  submitted: Pick<SubmittedPlans, 'find'> | undefined,
  now: Clock,
): HeldPlans {
  let known = index();
  const absent = new Map<Sha256Digest, number>();
  const fetching = new Map<Sha256Digest, Promise<FoundPlan | undefined>>();

  function index(): ReadonlyMap<string, FoundPlan> {
    const byHash = new Map<string, FoundPlan>();
    for (const plan of shelf.idle()) byHash.set(plan.digest, plan);
    // What counts comes last: the same plan may have been refused elsewhere.
    for (const plan of shelf.active()) byHash.set(plan.digest, plan);
    return byHash;
  }

  const end = shelf.onChange(() => {
    known = index();
  });

  async function fetchPlan(hash: Sha256Digest, from: Pick<SubmittedPlans, 'find'>): Promise<FoundPlan | undefined> {
    const pair = await from.find(hash);
    if (pair !== undefined) return shelf.offer(pair);
    if (absent.size >= MAX_ABSENT) absent.clear();
    absent.set(hash, now() + ABSENT_MS);
    return undefined;
  }

  return {
    find: async (hash) => {
      const found = known.get(hash);
      if (found !== undefined || submitted === undefined || !isSha256Digest(hash)) return found;
      if (now() < (absent.get(hash) ?? 0)) return undefined;
      const underWay = fetching.get(hash);
      if (underWay !== undefined) return underWay;
      const fetched = fetchPlan(hash, submitted).finally(() => fetching.delete(hash));
      fetching.set(hash, fetched);
      return fetched;
    },
    clearEnded: async () => {
      const ended = [...shelf.active(), ...shelf.idle()].filter((plan) => {
        const header = 'header' in plan ? plan.header : plan.parsed?.header;
        return isSubmitted(plan.source) && now() > (header?.expires ?? 0) + CLEAR_AFTER_MS;
      });
      for (const { source } of ended) await shelf.retract(source);
    },
    close: end,
  };
}
