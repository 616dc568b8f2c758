import { mapAtMost } from '../../durable/at-most.ts';
import type { Schedule } from '../../durable/schedule.ts';
import { CodedError } from '../../errors.ts';
import type { SharedState } from '../../model/shared-state.ts';
import type { Held, Ledger, LedgerLog } from './ledger.ts';
import { hashOfKey, PLAN_PREFIX, readPlan } from './stored.ts';

/** What is known of the record of a permit that holds a step: it is durable, it never will be, or only the log can tell. */
export type RecordKnown = 'recorded' | 'not_recorded' | 'unknown';

/** What became of what was left: confirmed by a record, given free, or still open. */
export type Recovered = { readonly confirmed: number; readonly released: number; readonly open: number };

/** What holds a step and could not be confirmed or given free yet. */
export type Unsettled = {
  /**
   * Settles it now if that can be done, else as soon as it can. Never rejects.
   *
   * @param sure false: whether the claim itself took place is not known
   */
  readonly settle: (held: Held, from: number, known: RecordKnown, sure?: boolean) => Promise<void>;
  /**
   * Settles all that an earlier process with the same log left in the store, before anything is claimed anew. What cannot be settled
   * stays spent, and is tried again.
   *
   * @throws CodedError `state.*`
   */
  readonly recover: () => Promise<Recovered>;
  /** Tries again at once: the log, or the store, is back. */
  readonly poke: () => void;
  readonly size: () => number;
  /** Ends the attempts; resolves once the one under way has ended. What is left is for the next start. */
  readonly close: () => Promise<void>;
};

export type UnsettledOptions = {
  readonly state: Pick<SharedState, 'list' | 'read'>;
  readonly ledger: Pick<Ledger, 'confirm' | 'release'>;
  readonly log: LedgerLog & {
    /**
     * Which of these decisions are permits of their own in the log, at this index or behind. Rejects while the log cannot say: it has
     * failed, and what will be left of it is open; or it is not all here.
     */
    readonly findPermits: (ids: ReadonlySet<string>, from: number) => Promise<ReadonlySet<string>>;
  };
  readonly schedule: Schedule;
  /** Told of an attempt that failed; another follows. */
  readonly onFailure: (error: unknown) => void;
};

type Item = { readonly held: Held; readonly from: number; readonly sure: boolean; known: RecordKnown };

const RETRY_MS = 1_000;
/** Plans that are asked for at the same time. */
const AT_ONCE = 64;
/** More plans than a store holds by default. */
const MAX_PLANS = 1_000_000;

/** Whoever wrote, or did not write, a record settles what its permit holds: nobody else can know. */
export function createUnsettled({ state, ledger, log, schedule, onFailure }: UnsettledOptions): Unsettled {
  const items = new Map<string, Item>();
  let running: Promise<void> | undefined;
  let cancel: () => void = () => undefined;
  let closed = false;

  async function settleOne({ held, sure, known }: Item): Promise<void> {
    await (known === 'recorded' ? ledger.confirm(held) : ledger.release(held, sure));
    items.delete(held.token);
  }

  /** Asks the log, once for all that it can answer: one that it cannot must not keep the others. */
  async function learn(some: readonly Item[]): Promise<void> {
    let open = some.filter(({ known }) => known === 'unknown');
    while (open.length > 0) {
      const from = Math.min(...open.map((item) => item.from));
      try {
        const found = await log.findPermits(new Set(open.map(({ held }) => held.id)), from);
        for (const item of open) item.known = found.has(item.held.id) ? 'recorded' : 'not_recorded';
        return;
      } catch (error) {
        onFailure(error);
        open = open.filter((item) => item.from > from);
      }
    }
  }

  async function run(): Promise<void> {
    await learn([...items.values()]);
    // Each by itself: an entry that somebody tore must not keep the others.
    for (const item of [...items.values()].filter(({ known }) => known !== 'unknown')) {
      await settleOne(item).catch(onFailure);
    }
  }

  function attempt(): void {
    if (closed || running !== undefined) return;
    cancel();
    running = run().finally(() => {
      running = undefined;
      if (items.size > 0 && !closed) cancel = schedule(RETRY_MS, attempt);
    });
  }

  return {
    settle: async (held, from, known, sure = true) => {
      const item: Item = { held, from, sure, known };
      items.set(held.token, item);
      try {
        if (known === 'unknown') attempt();
        else await settleOne(item);
      } catch (error) {
        onFailure(error);
        cancel();
        cancel = schedule(RETRY_MS, attempt);
      }
    },
    recover: async () => {
      const left = await leftBehind(state, log.id);
      // A log that ends before a record's place is not the one that was written, even once it has grown beyond: this stays spent.
      const end = log.durableIndex();
      const answerable = left.filter(({ from }) => from <= end);
      for (const item of answerable) items.set(item.held.token, item);
      if (answerable.length < left.length) onFailure(shorter(left.length - answerable.length, end));
      attempt();
      await running;
      const settled = answerable.filter(({ held }) => !items.has(held.token));
      const confirmed = settled.filter(({ known }) => known === 'recorded').length;
      return { confirmed, released: settled.length - confirmed, open: left.length - settled.length };
    },
    poke: attempt,
    size: () => items.size,
    close: async () => {
      closed = true;
      cancel();
      await running;
    },
  };
}

/** Everything that this log's permits hold in the store. */
async function leftBehind(state: UnsettledOptions['state'], log: string): Promise<readonly Item[]> {
  const keys = await state.list(PLAN_PREFIX, MAX_PLANS);
  const left = await mapAtMost(AT_ONCE, keys, async (key): Promise<readonly Item[]> => {
    const hash = hashOfKey(key);
    const entry = await state.read(key);
    const stored = entry === undefined ? undefined : storedOf(entry.value);
    if (hash === undefined || stored === undefined) return [];
    const plan = { hash, runs: stored.spent, expires: stored.until };
    return stored.open
      .filter((one) => one.log === log)
      .map(({ token, id, step, call, from }) => ({
        held: { plan, step, call, token, id },
        from,
        // A claim of the process that ended may be on its way still.
        sure: false,
        known: 'unknown',
      }));
  });
  return left.flat();
}

function shorter(count: number, end: number): CodedError {
  return new CodedError(
    'audit.incomplete',
    `The log ends at record ${end}, before the records of ${count} permits of plans, whose steps stay spent. Bring back the log that was here before, and start again.`,
  );
}

/** A torn entry holds nothing that could be settled; whoever calls its plan is told. */
function storedOf(text: string) {
  try {
    return readPlan(text);
  } catch {
    return undefined;
  }
}
