import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { lastLines } from '../../src/audit/read.ts';
import { readConfig } from '../../src/config.ts';
import { sha256 } from '../../src/model/digest.ts';
import { isJsonObject, type Json, type JsonObject, member, within } from '../../src/model/json.ts';
import { mergePatch } from '../../src/model/merge-patch.ts';
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
  SIGNERS,
  type TestSigner,
  toolDefinition,
} from './deployment.ts';

const json: z.ZodType<Json> = z.json();
const object = z.record(z.string(), json);

const expectation = z.strictObject({
  decision: z.boolean(),
  /** Codes that are among the reasons. */
  reasons: z.array(z.string()),
  /** Codes that the facts, and the messages of the reasons, tell. */
  codes: z.array(z.string()).default([]),
});

const question = z.strictObject({
  plan: z.string().default('plan'),
  step: z.string().default('1'),
  call: z.string().nullable().default('c-1'),
  arguments: object.optional(),
  context: object.optional(),
  definition: object.optional(),
  digest: z.string().nullable().optional(),
  properties: object.optional(),
});

const step = z.union([
  z.strictObject({ start: z.literal(true) }),
  z.strictObject({ restart: z.literal(true) }),
  z.strictObject({
    put: z.strictObject({
      folder: z.enum(['catalogue', 'plans']),
      name: z.string(),
      base: z.enum(['catalogue', 'plan', 'shadow']),
      signer: z.string(),
      patch: object.default({}),
    }),
  }),
  z.strictObject({ alter: z.strictObject({ file: z.string(), from: z.string(), to: z.string() }) }),
  z.strictObject({ copy: z.strictObject({ from: z.string(), to: z.string() }) }),
  z.strictObject({ remove: z.string() }),
  z.strictObject({ revoke: z.string() }),
  z.strictObject({ refused: z.strictObject({ document: z.string(), codes: z.array(z.string()) }) }),
  z.strictObject({ active: z.strictObject({ plan: z.string() }) }),
  z.strictObject({
    until: z.strictObject({ reasons: z.array(z.string()), codes: z.array(z.string()).default([]) }),
  }),
  z.strictObject({ ask: question, expect: expectation }),
]);
type Step = z.infer<typeof step>;
type Question = z.infer<typeof question>;

const cases = z
  .array(z.strictObject({ name: z.string(), steps: z.array(step) }))
  .parse(JSON.parse(readFileSync(new URL('../vectors/e2e/attacks.json', import.meta.url), 'utf8')));

/** Besides those that most tests need, signers of whom each may do less. */
const WHO: readonly TestSigner[] = [
  ...SIGNERS,
  {
    name: 'git-team',
    vouchesFor: ['plan'],
    scope: { servers: ['git'], tools: ['git/*'] },
    highestEffect: 'destructive',
  },
  {
    name: 'git-release',
    vouchesFor: ['catalogue'],
    scope: { servers: ['git'], tools: ['git/*'] },
    highestEffect: 'destructive',
  },
  { name: 'reading-board', vouchesFor: ['plan'] },
];
/** Has a key that no authority lists. */
const STRANGER = deploy([{ name: 'stranger', vouchesFor: ['plan'] }]);

const BASES = {
  catalogue: () =>
    catalogueOf({ kubernetes: { resources_delete: 'destructive' }, git: { git_status: 'read', git_diff: 'read' } }),
  plan: () => planOf(),
  shadow: () => catalogueOf({ kubernetes: { pods_watch: 'read' } }, { id: 'evil' }),
};

type Play = { readonly place: Deployment; readonly hashes: Map<string, string>; service?: Running };
type Running = { readonly url: string; readonly end: () => Promise<void> };

async function start(place: Deployment): Promise<Running> {
  const stop = new AbortController();
  const log = createLog({ level: 'silent' });
  const service: Service = await startService(readConfig(place.config), log, stop.signal);
  return {
    url: service.decisions,
    end: async () => {
      stop.abort();
      await service.ended;
    },
  };
}

function put(play: Play, { folder, name, base, signer, patch }: Extract<Step, { put: unknown }>['put']): void {
  const document = mergePatch(BASES[base](), patch);
  assert.ok(isJsonObject(document));
  const { place } = play;
  const by = signer === 'stranger' ? STRANGER : place;
  // As an operator does it: beside, then by rename.
  const bytes = Buffer.from(JSON.stringify(document, null, 2));
  const at = join(place[folder], name);
  writeFileSync(`${at}.new`, bytes);
  writeFileSync(`${at}.bundle.new`, by.sign(bytes, signer));
  renameSync(`${at}.bundle.new`, `${at}.sigstore.json`);
  renameSync(`${at}.new`, `${at}.json`);
  play.hashes.set(name, sha256(bytes));
}

function requestOf(play: Play, asked: Question): JsonObject {
  const definition = toolDefinition('resources_delete');
  const digest = asked.digest === undefined ? digestOfDefinition(definition) : asked.digest;
  const observed =
    asked.definition !== undefined
      ? { definition: { ...definition, ...asked.definition } }
      : digest === null
        ? {}
        : { digest };
  return {
    subject: { type: 'agent', id: 'release-bot' },
    action: { name: 'tools/call', properties: { arguments: { ...PLANNED, ...asked.arguments } } },
    resource: { type: 'tool', id: 'kubernetes/resources_delete', properties: { ...observed, ...asked.properties } },
    context: {
      session: 's-1',
      plan: { hash: play.hashes.get(asked.plan) ?? '', step: asked.step },
      ...(asked.call !== null && { call: asked.call }),
      ...asked.context,
    },
  };
}

async function ask(play: Play, asked: Question): Promise<{ status: number; body: Json }> {
  assert.ok(play.service);
  const response = await fetch(`${play.service.url}/access/v1/evaluation`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(requestOf(play, asked)),
  });
  return { status: response.status, body: json.parse(await response.json()) };
}

function reasonsOf(body: Json): { codes: readonly string[]; text: string } {
  const reasons = within(body, 'context', 'reasons');
  assert.ok(Array.isArray(reasons));
  return {
    codes: reasons.map((reason: Json) => String(within(reason, 'code'))),
    text: JSON.stringify(reasons),
  };
}

function says(body: Json, { reasons, codes }: { reasons: readonly string[]; codes: readonly string[] }): boolean {
  const told = reasonsOf(body);
  return reasons.every((code) => told.codes.includes(code)) && codes.every((code) => told.text.includes(code));
}

/** Far more than the two seconds take that half a pair is waited for. */
const MOST_QUESTIONS = 20_000;

/** Asks the API about documents until something holds; what is watched takes its time. */
async function until(play: Play, path: string, holds: (body: Json) => boolean): Promise<void> {
  assert.ok(play.service);
  let last: Json = null;
  for (let count = 0; count < MOST_QUESTIONS; count += 1) {
    const response = await fetch(`${play.service.url}${path}`);
    last = json.parse(await response.json());
    if (response.status === 200 && holds(last)) return;
  }
  assert.fail(`it never came to that: ${JSON.stringify(last)}`);
}

async function run(play: Play, one: Step): Promise<void> {
  const { place } = play;
  if ('start' in one || 'restart' in one) {
    await play.service?.end();
    play.service = await start(place);
  } else if ('put' in one) put(play, one.put);
  else if ('alter' in one) {
    const file = join(place.folder, one.alter.file);
    const text = readFileSync(file, 'utf8');
    assert.ok(text.includes(one.alter.from), 'the vector changes nothing');
    writeFileSync(`${file}.new`, text.replace(one.alter.from, one.alter.to));
    renameSync(`${file}.new`, file);
  } else if ('copy' in one) copyFileSync(join(place.folder, one.copy.from), join(place.folder, one.copy.to));
  else if ('remove' in one) rmSync(join(place.folder, one.remove));
  else if ('revoke' in one) place.revoke(place.keyOf(one.revoke));
  else if ('active' in one) {
    await until(play, `/v1/plans/${play.hashes.get(one.active.plan)}`, (body) => within(body, 'state') === 'active');
  } else if ('refused' in one) {
    const { document, codes } = one.refused;
    await until(play, '/v1/catalogue', (body) => {
      const idle = within(body, 'not_active');
      assert.ok(Array.isArray(idle));
      return idle.some((entry: Json) => {
        const source = within(entry, 'source');
        const failed = JSON.stringify(within(entry, 'failed'));
        return typeof source === 'string' && source.endsWith(document) && codes.every((code) => failed.includes(code));
      });
    });
  } else if ('until' in one) {
    let last: Json = null;
    for (let count = 0; count < MOST_QUESTIONS; count += 1) {
      const { body } = await ask(play, question.parse({ call: `u-${count}`, step: '1' }));
      if (within(body, 'decision') === false && says(body, one.until)) return;
      last = body;
    }
    assert.fail(`it never came to that: ${JSON.stringify(last)}`);
  } else if ('ask' in one) {
    const { status, body } = await ask(play, one.ask);
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(within(body, 'decision'), one.expect.decision, JSON.stringify(body, null, 1));
    assert.ok(
      says(body, one.expect),
      `${JSON.stringify(one.expect)}\n${JSON.stringify(within(body, 'context', 'reasons'), null, 1)}`,
    );
    await recorded(place, body);
  }
}

/** The decision that was answered is the last one that stands in the log. */
async function recorded(place: Deployment, body: Json): Promise<void> {
  const { lines } = await lastLines(place.audit, 1, {});
  const checked = lines[0]?.checked;
  assert.ok(checked?.intact === true);
  const { record } = checked.line;
  assert.equal(member(record, 'kind'), 'decision');
  assert.equal(within(record, 'verdict', 'permit'), within(body, 'decision'));
  assert.equal(record.index, within(body, 'context', 'audit', 'index'));
  assert.deepEqual(within(record, 'verdict', 'reasons'), within(body, 'context', 'reasons'));
}

describe('attacks, end to end', () => {
  after(() => STRANGER.remove());

  for (const { name, steps } of cases) {
    it(name, async () => {
      const place = deploy(WHO, 'state: { store: file, path: state.json }\n');
      const play: Play = { place, hashes: new Map() };
      try {
        await initState(readConfig(place.config).state, place.folder, false);
        put(play, { folder: 'catalogue', name: 'tools', base: 'catalogue', signer: 'release', patch: {} });
        put(play, { folder: 'plans', name: 'plan', base: 'plan', signer: 'board', patch: {} });
        for (const one of steps) await run(play, one);
      } finally {
        await play.service?.end();
        place.remove();
      }
    });
  }
});
