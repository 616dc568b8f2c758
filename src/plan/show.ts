import type { DocumentStanding } from '../document/shelved.ts';
import { type Milliseconds, rfc3339 } from '../model/clock.ts';
import type { JsonObject } from '../model/json.ts';
import type { Ledger, Spent } from './ledger/ledger.ts';
import { type FoundPlan, ledgerPlan } from './look-up.ts';

/**
 * What is known of a plan, step by step: whether it counts and by whose signatures, what has been spent and by which decision last.
 * Arguments of steps are left out: whoever has the plan has them.
 *
 * @throws CodedError `state.*`, `plan.ledger_torn`
 */
export async function describePlan(
  plan: FoundPlan,
  time: Milliseconds,
  standing: (plan: Exclude<FoundPlan, { readonly state: string }>, time: Milliseconds) => DocumentStanding,
  ledger: Pick<Ledger, 'look'>,
): Promise<JsonObject> {
  if ('state' in plan) {
    const { digest, state, failed, message, since, parsed } = plan;
    return {
      hash: digest,
      state,
      failed,
      message,
      since: rfc3339(since),
      ...(parsed !== undefined && { id: parsed.header.id, version: parsed.header.version }),
    };
  }
  const { digest, header, content, since } = plan;
  const { counts, ...grounds } = standing(plan, time);
  const { plan: spent } = await ledger.look(ledgerPlan(plan), undefined);
  return {
    hash: digest,
    state: counts ? 'active' : 'withdrawn',
    ...grounds,
    since: rfc3339(since),
    id: header.id,
    version: header.version,
    issued: rfc3339(header.issued),
    expires: rfc3339(header.expires),
    audience: content.audience,
    agent: { ...content.agent },
    order: content.order,
    steps: content.steps.map(({ id, server, tool, effect, runs }, place) => ({
      id,
      server,
      tool,
      effect,
      runs,
      ...stepState(spent, place),
    })),
  };
}

/** `spent` counts those `under_way`, of whose record nobody knows yet. */
function stepState({ spent, last, open }: Spent['plan'], place: number): JsonObject {
  const by = last[place] ?? '';
  return {
    spent: spent[place] ?? 0,
    under_way: open.filter(({ step }) => step === place).length,
    ...(by !== '' && { last_decision: by }),
  };
}
