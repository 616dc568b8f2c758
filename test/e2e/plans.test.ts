import assert from 'node:assert/strict';
import { lastLines } from '../../src/audit/read.ts';
import { verifyLog } from '../../src/audit/verify.ts';
import { readConfig } from '../../src/config.ts';
import { sha256 } from '../../src/model/digest.ts';
import { isJsonObject, type JsonObject, within } from '../../src/model/json.ts';
import { parseStrictJsonText } from '../../src/model/strict-json.ts';
import { createLog } from '../../src/observe/log.ts';
import { type Service, startService } from '../../src/service.ts';
import { initState } from '../../src/state/open.ts';
import {
  catalogueOf,
  type Deployment,
  deploy,
  digestOfDefinition,
  PLANNED,
  planOf,
  toolDefinition,
} from './deployment.ts';

const PLANNER = { type: 'agent', id: 'planner' };
const DIGEST = digestOfDefinition(toolDefinition('resources_delete'));

type Answer = { readonly status: number; readonly body: JsonObject };

async function send(url: string, body?: JsonObject): Promise<Answer> {
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch(url, body === undefined ? {} : { method: 'POST', headers, body: JSON.stringify(body) });
  const parsed = parseStrictJsonText(await response.text());
  assert.ok(isJsonObject(parsed));
  return { status: response.status, body: parsed };
}

/** A plan as it would stand in its file, and its bundle. */
function signed(place: Deployment, document: JsonObject, signer = 'board') {
  const plan = JSON.stringify(document, null, 2);
  return { plan, bundle: place.sign(Buffer.from(plan), signer).toString('utf8'), hash: sha256(plan) };
}

describe('plans by the API of a service', () => {
  let place: Deployment;
  let service: Service | undefined;
  let stop: AbortController;

  async function start(): Promise<void> {
    stop = new AbortController();
    service = await startService(readConfig(place.config), createLog({ level: 'silent' }), stop.signal);
  }
  async function end(): Promise<void> {
    stop.abort();
    await service?.ended;
    service = undefined;
  }
  const at = (path: string): string => `${service?.decisions ?? ''}${path}`;
  const submit = ({ plan, bundle }: { readonly plan: string; readonly bundle: string }, subject = PLANNER) =>
    send(at('/v1/plans'), { subject, plan, bundle });
  const show = (hash: string) => send(at(`/v1/plans/${hash}`));
  const call = (hash: string, name: string, args: JsonObject = PLANNED) =>
    send(at('/access/v1/evaluation'), {
      subject: { type: 'agent', id: 'release-bot' },
      action: { name: 'tools/call', properties: { arguments: args } },
      resource: { type: 'tool', id: 'kubernetes/resources_delete', properties: { digest: DIGEST } },
      context: { call: name, plan: { hash, step: '1' } },
    });
  /** The decision, and what the control of plans has against it. */
  const decided = ({ body }: Answer) => {
    const reasons = within(body, 'context', 'reasons');
    assert.ok(Array.isArray(reasons), JSON.stringify(body));
    return [body.decision, ...reasons.filter(({ control }) => control === 'plan').map(({ code }) => code)];
  };

  async function records(): Promise<readonly JsonObject[]> {
    const { lines } = await lastLines(place.audit, 1000, {});
    return lines.map(({ checked }) => {
      assert.ok(checked.intact);
      return checked.line.record;
    });
  }

  beforeEach(async () => {
    place = deploy(undefined, 'state: { store: file, path: state.json }\nlimits: { permit_ms: 3600000 }\n');
    place.put('catalogue', 'tools', catalogueOf({ kubernetes: { resources_delete: 'destructive' } }), 'release');
    await initState(readConfig(place.config).state, place.folder, false);
    await start();
  });
  afterEach(async () => {
    await end();
    assert.deepEqual((await verifyLog(place.audit)).problems, []);
    place.remove();
  });

  it('is submitted, used, shown step by step, and still there after a restart, spent', async () => {
    const one = signed(place, planOf());
    assert.deepEqual(decided(await call(one.hash, 'c-1')), [false, 'plan.unknown']);
    assert.equal((await show(one.hash)).status, 404);

    const created = await submit(one);
    assert.deepEqual([created.status, created.body.hash, created.body.state], [201, one.hash, 'active']);
    const again = await submit(one);
    assert.deepEqual([again.status, again.body], [200, created.body]);
    assert.deepEqual(within(created.body, 'steps', 0), {
      id: '1',
      server: 'kubernetes',
      tool: 'resources_delete',
      effect: 'destructive',
      runs: 1,
      spent: 0,
      under_way: 0,
    });
    assert.equal(within(created.body, 'signatures', 'by', 0, 'authority'), 'board');

    const permit = await call(one.hash, 'c-1');
    assert.deepEqual(decided(permit), [true], JSON.stringify(permit.body));
    const id = within(permit.body, 'context', 'evaluation_id');
    assert.deepEqual(decided(await call(one.hash, 'c-2')), [false, 'plan.used']);
    assert.deepEqual(decided(await call(one.hash, 'c-1', { ...PLANNED, name: 'shop' })), [
      false,
      'plan.another_step',
      'plan.call_conflict',
      'plan.used',
    ]);
    const other = await call(one.hash, 'c-1', { ...PLANNED, name: 'shop' });
    assert.equal(within(other.body, 'context', 'reason'), 'call.conflict');
    const repeated = await call(one.hash, 'c-1');
    for (const name of ['evaluation_id', 'evaluated_at', 'expires_at', 'binding_hash']) {
      assert.deepEqual(within(repeated.body, 'context', name), within(permit.body, 'context', name), name);
    }
    assert.notDeepEqual(within(repeated.body, 'context', 'audit'), within(permit.body, 'context', 'audit'));

    for (const restarted of [false, true]) {
      if (restarted) {
        await end();
        await start();
      }
      const { status, body } = await show(one.hash);
      const { spent, under_way, last_decision } = Object(within(body, 'steps', 0));
      assert.deepEqual(
        { status, state: body.state, spent, under_way, last_decision },
        { status: 200, state: 'active', spent: 1, under_way: 0, last_decision: id },
      );
    }
    assert.deepEqual(decided(await call(one.hash, 'c-3')), [false, 'plan.used']);
    assert.equal(within((await call(one.hash, 'c-1')).body, 'context', 'evaluation_id'), id);
    assert.equal((await submit(one)).status, 200);

    const all = await records();
    const repeats = all.filter(({ refers_to }) => refers_to !== undefined);
    assert.deepEqual(
      repeats.map(({ refers_to, verdict }) => [refers_to, within(verdict, 'permit')]),
      [
        [id, true],
        [id, true],
      ],
    );
    for (const { id: own } of repeats) assert.notEqual(own, id);
    // At its submission, and after the restart when it was asked for first.
    const activations = all.filter(({ kind, document }) => kind === 'activation' && document !== undefined);
    assert.deepEqual(
      activations.map(({ document }) => within(document, 'kind')),
      ['catalogue', 'plan', 'catalogue', 'plan'],
    );
  });

  it('is refused with a code where it does not count, and each refusal is recorded', async () => {
    const one = signed(place, planOf());
    const step = { id: '1', server: 's', tool: 't', effect: 'read' };
    const refused: readonly (readonly [Promise<Answer>, number, string])[] = [
      [submit(one, { type: 'agent', id: 'release-bot' }), 403, 'plan.not_submitter'],
      [submit(signed(place, planOf({ steps: [] }))), 400, 'plan.invalid'],
      [submit({ ...one, plan: 'x' }), 400, 'plan.not_json'],
      [submit({ ...one, plan: `${one.plan} ` }), 400, 'plan.refused'],
      [submit(signed(place, planOf(), 'release')), 400, 'plan.refused'],
      [submit(signed(place, planOf({ expires: '2026-01-01T00:00:01Z' }))), 400, 'plan.refused'],
      [
        submit(signed(place, planOf({ steps: [{ ...step, arguments: { exact: { x: 'x'.repeat(65_536) } } }] }))),
        400,
        'plan.too_large',
      ],
    ];
    for (const [answer, status, code] of refused) {
      const { status: got, body } = await answer;
      assert.deepEqual([got, within(body, 'error', 'code')], [status, code], JSON.stringify(body));
    }
    const codes = (await records()).flatMap(({ kind, code }) =>
      kind === 'refusal' && code !== undefined ? [code] : [],
    );
    assert.deepEqual(codes.toSorted(), refused.map(([, , code]) => code).toSorted());
    const ofPlans = (await records()).filter(({ kind, document }) => kind === 'refusal' && document !== undefined);
    assert.equal(ofPlans.length, 3);
    assert.equal((await show(one.hash)).status, 404);
    assert.equal((await submit(one)).status, 201, 'nothing was taken by the others');
  });

  it('is in order step by step where that is strict', async () => {
    const [first] = [within(planOf(), 'steps', 0)];
    assert.ok(isJsonObject(first));
    const second = { ...first, id: '2', arguments: { exact: { ...PLANNED, name: 'shop-2' } } };
    const strict = signed(place, planOf({ order: 'strict', steps: [second, first] }));
    assert.equal((await submit(strict)).status, 201);
    assert.deepEqual(decided(await call(strict.hash, 'c-1')), [false, 'plan.out_of_order']);
  });

  it('counts no more once its signer is revoked, and GET says so', async () => {
    const one = signed(place, planOf());
    await submit(one);
    place.revoke(place.keyOf('board'));
    for (;;) {
      const { body } = await show(one.hash);
      if (body.state !== 'withdrawn') continue;
      assert.match(JSON.stringify(body.failed), /"code":"revoked_key"/);
      break;
    }
    assert.deepEqual(decided(await call(one.hash, 'c-1')), [false, 'plan.withdrawn']);
  });

  it('stands beside the catalogue, which is shown with whose it is and since when', async () => {
    const { status, body } = await send(at('/v1/catalogue'));
    assert.equal(status, 200);
    assert.deepEqual(body.not_active, []);
    assert.ok(Array.isArray(body.active) && body.active.length === 1);
    const { signatures, source, since, digest, ...rest } = Object(body.active[0]);
    assert.deepEqual(rest, {
      kind: 'catalogue',
      id: 'tools',
      version: 1,
      owner: 'Tests',
      issued: '2026-01-01T00:00:00.000Z',
      expires: '2036-01-01T00:00:00.000Z',
      servers: [
        {
          name: 'kubernetes',
          identity: { package: 'pkg:npm/kubernetes@1.0.0', digest: sha256('kubernetes') },
          tools: 1,
        },
      ],
    });
    assert.ok(source.endsWith('/catalogue/tools.json') && Date.parse(since) <= Date.now());
    assert.deepEqual([signatures.verified, signatures.by[0].authority], [true, 'release']);
    assert.match(digest, /^sha256:[0-9a-f]{64}$/);
    const { tools } = { tools: place.put('catalogue', 'broken', { type: 'catalogue' }, 'release') };
    for (;;) {
      const { body: now } = await send(at('/v1/catalogue'));
      if (!Array.isArray(now.not_active) || now.not_active.length === 0) continue;
      const { since: _since, message, source: where, ...refused } = Object(now.not_active[0]);
      assert.deepEqual(refused, { state: 'refused', digest: sha256(tools), failed: [{ code: 'document_invalid' }] });
      assert.ok(where.endsWith('/catalogue/broken.json') && message.includes('/version'));
      break;
    }
    assert.equal((await send(at('/v1/catalogue'))).status, 200);
  });
});
