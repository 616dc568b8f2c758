/**
 * Bounds the work of one synchronous check, in steps of well under a microsecond each. Neither the schemas nor the values checked
 * are ours: together they can ask for exponential work (references that branch at every level), which no bound on either's size
 * prevents.
 */
export type Budget = {
  /** Starts the next check with the whole budget. */
  readonly renew: () => void;
  /** @throws RangeError when the check has used up its budget. */
  readonly spend: (steps: number) => void;
};

/** Some 0.2 s at worst; arguments of 256 KiB with a reference a member, or a pattern on all of it, need a third. */
const STEPS = 8_000_000;

/** One budget serves all checks of a compiler: they run one after the other. */
export function createBudget(steps: number = STEPS): Budget {
  let left = steps;
  return {
    renew: () => {
      left = steps;
    },
    spend: (cost) => {
      left -= cost;
      if (left < 0) throw new RangeError('the check takes too much work');
    },
  };
}
