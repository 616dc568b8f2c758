import assert from 'node:assert/strict';
import type { Identity, Principal } from '../../src/model/facts.ts';
import { agentMatches, type PlanAgent } from '../../src/plan/agent.ts';

const IDP = 'https://idp.example';
const bot: Identity = { issuer: IDP, id: 'release-bot' };
const [gateway, worker]: readonly [Identity, Identity] = [
  { issuer: IDP, id: 'gateway-1' },
  { issuer: IDP, id: 'worker-1' },
];

function matches(
  agent: PlanAgent,
  call: { readonly who?: Identity; readonly actors?: readonly Identity[]; readonly session?: string } = {},
): boolean {
  const principal: Principal = { authenticated: true, roles: ['deployer'], ...(call.who ?? bot) };
  return agentMatches(agent, { principal, actors: call.actors ?? [] }, call.session);
}

describe("a plan's agent", () => {
  it('is one id of one issuer', () => {
    assert.ok(matches(bot));
    for (const who of [
      { issuer: IDP, id: 'release-bot-2' },
      { issuer: IDP, id: 'Release-bot' },
      { issuer: `${IDP}/`, id: 'release-bot' },
      { issuer: 'asserted', id: 'release-bot' },
      { issuer: 'release-bot', id: IDP },
    ]) {
      assert.ok(!matches(bot, { who }), JSON.stringify(who));
    }
  });

  it('may come by any chain where the plan names none', () => {
    for (const actors of [[], [gateway], [gateway, worker]]) assert.ok(matches(bot, { actors }));
  });

  it('comes by the very chain that the plan names, in its length and order', () => {
    const chained = { ...bot, actors: [gateway, worker] };
    assert.ok(matches(chained, { actors: [gateway, worker] }));
    for (const actors of [
      [],
      [gateway],
      [worker, gateway],
      [gateway, worker, worker],
      [gateway, gateway],
      [{ ...gateway, issuer: 'other' }, worker],
    ]) {
      assert.ok(!matches(chained, { actors }), JSON.stringify(actors));
    }
    const alone = { ...bot, actors: [] };
    assert.ok(matches(alone));
    assert.ok(!matches(alone, { actors: [gateway] }));
  });

  it('is in the session that the plan names, and in any where it names none', () => {
    const bound = { ...bot, session: 'session-7' };
    assert.ok(matches(bound, { session: 'session-7' }));
    for (const session of [undefined, '', 'session-70', 'Session-7']) {
      assert.ok(!matches(bound, session === undefined ? {} : { session }), `${session}`);
    }
    assert.ok(matches(bot, { session: 'session-7' }));
  });
});
