import { createShelf, type Shelf } from '../../src/document/shelf.ts';
import type { ShelfEvent } from '../../src/document/shelved.ts';
import { createVersions } from '../../src/document/versions.ts';
import { rfc3339 } from '../../src/model/clock.ts';
import { type Sha256Digest, sha256 } from '../../src/model/digest.ts';
import type { Caller } from '../../src/model/facts.ts';
import type { JsonObject } from '../../src/model/json.ts';
import type { SharedState } from '../../src/model/shared-state.ts';
import { type PlansConfig, plansConfig } from '../../src/plan/config.ts';
import { type Plan, parsePlan } from '../../src/plan/document.ts';
import { type HeldPlans, holdPlans } from '../../src/plan/held.ts';
import { createSubmitPlan, type SubmitPlan } from '../../src/plan/submit.ts';
import { createSubmittedPlans, type Submission, type SubmittedPlans } from '../../src/plan/submitted.ts';
import { type TrustedWorld, trustedWorld, type WorldParts } from '../document/shelf-world.ts';
import { bundlesBy } from '../document/written.ts';
import { type KeyName, publicPem } from '../trust/authority/keys.ts';

/** Who may submit in these tests, and who may not. */
export const PLANNER: Caller = { issuer: 'https://idp.example', id: 'planner', method: 'jwt' };
export const STRANGER: Caller = { issuer: 'asserted', id: 'planner', method: 'asserted' };

const SCOPE = { servers: ['*'], tools: ['*'], plan_agents: ['*'], environments: ['*'] };

/** Trust by which the keys `p256` and `another` sign plans. */
export function planWorld(parts: WorldParts = {}): Promise<TrustedWorld> {
  const signer = (key: KeyName) => ({
    keys: [{ pem: publicPem(key) }],
    vouches_for: { catalogue: {}, plan: {} },
    scope: SCOPE,
    highest_effect: 'destructive',
  });
  return trustedWorld({ ...parts, authorities: { board: signer('p256'), guest: signer('another') } });
}

/** A plan that is valid in these tests, as it would stand in its file, signed. */
export function submission(world: Pick<TrustedWorld, 'time'>, more: JsonObject = {}, key: KeyName = 'p256') {
  const now = world.time.now();
  const text = JSON.stringify({
    type: 'plan',
    id: 'deploy-42',
    version: 1,
    issued: rfc3339(now),
    expires: rfc3339(now + 3_600_000),
    audience: 'production-eu',
    agent: { issuer: 'https://idp.example', id: 'release-bot' },
    order: 'any',
    nonce: '4c1a5d4e-0f3b-4f7b-9f0e-2f1a7f6f2d11',
    steps: [
      { id: '1', server: 'kubernetes', tool: 'pods_list', effect: 'read', arguments: { schema: {} }, runs: 2 },
      {
        id: '2',
        server: 'kubernetes',
        tool: 'pods_delete',
        effect: 'destructive',
        arguments: { exact: { secret: 1 } },
      },
    ],
    ...more,
  });
  return { plan: text, ...signedBy(text, key), hash: sha256(text) } satisfies Submission & { hash: Sha256Digest };
}

/** The bundle of a plan by a key. */
export function signedBy(plan: string, key: KeyName): Pick<Submission, 'bundle'> {
  const [bundle] = bundlesBy(Buffer.from(plan), key);
  return { bundle: Buffer.from(bundle ?? []).toString('utf8') };
}

/** One of several processes that share trust and a store. */
export type Replica = {
  readonly shelf: Shelf<Plan>;
  readonly held: HeldPlans;
  readonly submitted: SubmittedPlans;
  readonly submit: SubmitPlan;
  readonly records: readonly ShelfEvent[];
  readonly failures: readonly unknown[];
  readonly close: () => Promise<void>;
};

export function replica(
  { trust, time }: Pick<TrustedWorld, 'trust' | 'time'>,
  state: SharedState,
  config: Partial<PlansConfig> = {},
): Replica {
  const records: ShelfEvent[] = [];
  const failures: unknown[] = [];
  const shelf = createShelf<Plan>({
    parse: parsePlan,
    trust,
    versions: createVersions(state, time.now),
    record: async (event) => void records.push(event),
    now: time.now,
    schedule: time.schedule,
    onFailure: (error) => failures.push(error),
  });
  const { issuer, id } = PLANNER;
  const plans = plansConfig.unwrap().parse({ audience: 'production-eu', submitters: [{ issuer, id }], ...config });
  const submitted = createSubmittedPlans(state, plans, time.now);
  const held = holdPlans(shelf, submitted, time.now);
  return {
    shelf,
    held,
    submitted,
    submit: createSubmitPlan({ submitters: plans.submitters, shelf, held, submitted }),
    records,
    failures,
    close: async () => {
      held.close();
      await shelf.close();
    },
  };
}
