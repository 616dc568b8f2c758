/**
 * Bounds the work of one synchronous check, in steps of some 10 ns. Neither the schemas nor the values checked are ours: together
 * they can ask for exponential work (references that branch at every level), and for the product of their sizes without any
 * reference, which no bound on either's size prevents.
 */
export type Budget = {
  /** Starts the next check with the whole budget, or with another than the usual one. */
  readonly renew: (steps?: number) => void;
  /** @throws WorkTooLarge when the check has used up its budget. Pay before the work wherever its size is known before. */
  readonly spend: (steps: number) => void;
};

/** The check was given up: its outcome is unknown, and no outcome is no match. */
export class WorkTooLarge extends RangeError {
  override readonly name = 'WorkTooLarge';
}

/** Some 20 ms; several times that for the patterns and schemas made to be slow. Arguments of 256 KiB with a reference a member, or a pattern on 190 KB of text, fit. */
const STEPS = 2_000_000;

/** One budget serves all checks of a compiler: they run one after the other. */
export function createBudget(steps: number = STEPS): Budget {
  let left = steps;
  return {
    renew: (whole = steps) => {
      left = whole;
    },
    spend: (cost) => {
      left -= cost;
      if (left < 0) throw new WorkTooLarge('the check takes too much work');
    },
  };
}
