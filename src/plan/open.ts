import { randomUUID } from 'node:crypto';
import type { ReadPlan } from '../decision/ports.ts';
import type { Shelf } from '../document/shelf.ts';
import type { Versions } from '../document/versions.ts';
import type { Schedule } from '../durable/schedule.ts';
import type { Clock } from '../model/clock.ts';
import type { Caller } from '../model/facts.ts';
import type { JsonObject } from '../model/json.ts';
import type { SharedState } from '../model/shared-state.ts';
import type { PlansConfig } from './config.ts';
import type { Plan } from './document.ts';
import { holdPlans } from './held.ts';
import { createClearing } from './ledger/clear.ts';
import { createLedger } from './ledger/ledger.ts';
import { createUnsettled, type Recovered, type UnsettledOptions } from './ledger/unsettled.ts';
import { createPlanReader } from './look-up.ts';
import { describePlan } from './show.ts';
import { createSubmitPlan } from './submit.ts';
import { createSubmittedPlans, type Submission } from './submitted.ts';

/** Plans in use: what decisions read and spend, and what the API submits and shows. */
export type OpenPlans = {
  readonly readPlan: ReadPlan;
  /** @throws what `createSubmitPlan` says */
  readonly submitPlan: (
    caller: Caller,
    submission: Submission,
  ) => Promise<{ readonly created: boolean; readonly plan: JsonObject }>;
  /** @throws CodedError `state.*`, `plan.ledger_torn`, `plan.submission_torn` */
  readonly showPlan: (hash: string) => Promise<JsonObject | undefined>;
  /** Settles what an earlier process with the same log left. Before the first decision. @throws CodedError `state.*` */
  readonly recover: () => Promise<Recovered>;
  /** The log has recovered: what waited for it is settled. */
  readonly poke: () => void;
  readonly close: () => Promise<void>;
};

export type PlansOptions = {
  readonly config: PlansConfig;
  readonly shelf: Shelf<Plan>;
  /** Asked at every call of a plan. */
  readonly versions: Pick<Versions, 'accepted'>;
  readonly state: SharedState;
  readonly log: {
    readonly id: string;
    readonly durableIndex: () => number;
    readonly findPermits: UnsettledOptions['log']['findPermits'];
  };
  readonly now: Clock;
  readonly schedule: Schedule;
  /** Told what went wrong with the store or the log; a decision that needed it is a denial. */
  readonly onFailure: (error: unknown) => void;
};

/** Between two looks for what has ended. */
const CLEAR_MS = 600_000;

export function openPlans({ config, shelf, versions, state, log, now, schedule, onFailure }: PlansOptions): OpenPlans {
  const ledger = createLedger(state, log);
  const unsettled = createUnsettled({ state, ledger, log, schedule, onFailure });
  // What ends with the process is not durable, so nobody may submit to it.
  const submitted = state.kind === 'memory' ? undefined : createSubmittedPlans(state, config, now);
  const held = holdPlans(shelf, submitted, now);
  const submit = createSubmitPlan({ submitters: config.submitters, shelf, held, submitted });
  const describe = (plan: Parameters<typeof describePlan>[0]) => describePlan(plan, now(), shelf.standing, ledger);
  const clearStore = createClearing(state, now);
  let closed = false;
  let clearing: Promise<void> = Promise.resolve();
  let cancel = schedule(CLEAR_MS, clear);

  function clear(): void {
    clearing = Promise.all([clearStore(() => closed), held.clearEnded()]).then(() => undefined, onFailure);
    void clearing.then(() => {
      if (!closed) cancel = schedule(CLEAR_MS, clear);
    });
  }

  return {
    readPlan: createPlanReader({
      audience: config.audience,
      find: held.find,
      standing: shelf.standing,
      superseded: async ({ header: { type, id, version } }) =>
        ((await versions.accepted(type, id))?.highest?.version ?? 0) > version,
      ledger,
      unsettled,
      durableIndex: log.durableIndex,
      newToken: randomUUID,
      pause: (milliseconds) => new Promise((resolve) => void schedule(milliseconds, resolve)),
      onFailure,
    }),
    submitPlan: async (caller, submission) => {
      const { created, plan } = await submit(caller, submission);
      return { created, plan: await describe(plan) };
    },
    showPlan: async (hash) => {
      const plan = await held.find(hash);
      return plan === undefined ? undefined : describe(plan);
    },
    recover: unsettled.recover,
    poke: unsettled.poke,
    close: async () => {
      closed = true;
      cancel();
      held.close();
      await Promise.all([clearing, unsettled.close()]);
    },
  };
}
