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
   * Undefined where nobody has the plan. One that another replica took is fetched, verified and held from then on; also one that does not
   * count here, since it may have been submitted there anew, with other signatures.
   *
   * @throws CodedError `state.*`, `plan.submission_torn`
   */
  readonly find: (hash: string) => Promise<FoundPlan | undefined>;
  /** Lets go of submitted plans that ended long ago. */
  readonly clearEnded: () => Promise<void>;
  readonly close: () => void;
};

/** Of a hash of which no plan counts the store is asked again after so long: whoever invents hashes does not reach it with each. */
const VAIN_MS = 1_000;
const MAX_VAIN = 10_000;

export function holdPlans(
  shelf: Pick<Shelf<Plan>, 'active' | 'idle' | 'offer' | 'retract' | 'onChange'>,
  submitted: Pick<SubmittedPlans, 'find'> | undefined,
  now: Clock,
): HeldPlans {
  let followed: readonly unknown[] | undefined;
  let byHash: ReadonlyMap<string, FoundPlan> = new Map();
  const vain = new Map<Sha256Digest, number>();
  const fetching = new Map<Sha256Digest, Promise<FoundPlan | undefined>>();

  /** What counts is followed at once, by the list that is another one then; what does not, as the shelf tells. */
  function known(hash: string): FoundPlan | undefined {
    const active = shelf.active();
    if (active !== followed) {
      byHash = index(active);
      followed = active;
    }
    return byHash.get(hash);
  }

  function index(active: ReturnType<typeof shelf.active>): ReadonlyMap<string, FoundPlan> {
    const found = new Map<string, FoundPlan>();
    for (const plan of shelf.idle()) found.set(plan.digest, plan);
    // What counts comes last: the same plan may have been refused elsewhere.
    for (const plan of active) found.set(plan.digest, plan);
    return found;
  }

  const end = shelf.onChange(() => {
    followed = undefined;
  });

  async function fetchPlan(hash: Sha256Digest, from: Pick<SubmittedPlans, 'find'>): Promise<FoundPlan | undefined> {
    const pair = await from.find(hash);
    const found = pair === undefined ? known(hash) : await shelf.offer(pair);
    if (counts(found)) return found;
    if (vain.size >= MAX_VAIN) vain.clear();
    vain.set(hash, now() + VAIN_MS);
    return found;
  }

  return {
    find: async (hash) => {
      const found = known(hash);
      if (counts(found) || submitted === undefined || !isSha256Digest(hash)) return found;
      const until = vain.get(hash) ?? 0;
      // Not longer than that, though the clock is set back.
      if (now() < until && until - now() <= VAIN_MS) return found;
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

function counts(plan: FoundPlan | undefined): boolean {
  return plan !== undefined && !('state' in plan);
}
