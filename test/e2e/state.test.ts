import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lastLines } from '../../src/audit/read.ts';
import { readConfig } from '../../src/config.ts';
import type { Schedule } from '../../src/durable/schedule.ts';
import { isJsonObject, type JsonObject } from '../../src/model/json.ts';
import { createLog } from '../../src/observe/log.ts';
import { type Service, startService } from '../../src/service.ts';
import { initState } from '../../src/state/open.ts';
import { DEMONSTRATION_AUTHORITY, demonstrationFolder } from '../fault/service-process.ts';
import { command } from '../state/make.ts';
import { ALWAYS, needs, REDIS, type RedisServer, startServer } from '../state/server.ts';
import { KEYED, labFolder } from '../trust/lab-folder.ts';

const EVERY_MS = 5000;

const trustWith = (state: string) => `
trust:
  roots: {}
  authorities:
    board:
      keys: [{ path: key.pem }]
      vouches_for: { catalogue: {} }
      scope: { servers: ["*"], tools: ["*"] }
    ${DEMONSTRATION_AUTHORITY}
  rules: [{ name: catalogues, kinds: [catalogue], authorities: [board, demonstration] }]
state: ${state}
`;

type Ready = { readonly status: number; readonly state: JsonObject };

async function readiness(service: Service): Promise<Ready> {
  const response = await fetch(`${service.operations}/readyz`);
  const body: unknown = await response.json();
  assert.ok(isJsonObject(body) && isJsonObject(body.checks) && isJsonObject(body.checks.state));
  return { status: response.status, state: body.checks.state };
}

describe('a service whose store of marks is away', () => {
  let server: RedisServer;
  before(async function () {
    server = await startServer(needs(this, REDIS, 'Redis'), ALWAYS);
  });
  after(async () => {
    await server?.kill();
    if (server !== undefined) rmSync(server.folder, { recursive: true });
  });

  it('is not ready, says why, records one alarm each, and is ready again when it is back', async () => {
    const { folder, config: file, audit } = demonstrationFolder(trustWith(`{ store: redis, url: "${server.url}" }`));
    const lab = labFolder();
    writeFileSync(join(folder, 'key.pem'), lab.made(KEYED).key?.spkiPem ?? '');
    const config = readConfig(file);
    await initState(config.state, config.folder, false);
    let looks: (() => void)[] = [];
    const schedule: Schedule = (delayMs, run) => {
      if (delayMs === EVERY_MS) looks.push(run);
      return () => {
        looks = looks.filter((other) => other !== run);
      };
    };
    const said: string[] = [];
    const log = createLog({ level: 'info' }, { write: (line) => void said.push(line) });
    const stop = new AbortController();
    const service = await startService(config, log, stop.signal, { schedule });
    /** The next look, and readiness once it has its answer. */
    const look = async (): Promise<Ready> => {
      const [run] = looks.splice(0);
      assert.ok(run !== undefined, 'the next look is planned');
      run();
      while (looks.length === 0) await readiness(service);
      return await readiness(service);
    };
    try {
      assert.deepEqual(await readiness(service), { status: 200, state: { status: 'ready' } });
      assert.equal((await look()).status, 200);
      await server.kill();
      for (const { status, state } of [await look(), await look()]) {
        assert.deepEqual([status, state.status, state.code], [503, 'failed', 'state.unavailable']);
      }
      assert.equal((await fetch(`${service.operations}/healthz`)).status, 200);
      await server.start();
      assert.deepEqual(await look(), { status: 200, state: { status: 'ready' } });
      await command(server, 'FLUSHALL');
      assert.deepEqual([(await look()).status, (await look()).state.code], [503, 'state.lost']);
    } finally {
      stop.abort();
      await service.ended;
      lab.remove();
    }
    const events = said.map((line) => JSON.parse(line).event).filter((event) => /^state_/.test(event));
    assert.deepEqual(events, ['state_unavailable', 'state_ready', 'state_lost']);
    const { lines } = await lastLines(audit, 100, {});
    const alarms = lines.flatMap(({ checked }) => (checked.intact ? [checked.line.record] : []));
    assert.deepEqual(
      alarms.filter(({ kind }) => kind === 'alarm').map(({ code }) => code),
      ['state.unavailable', 'state.lost'],
    );
    rmSync(folder, { recursive: true });
  });
});
