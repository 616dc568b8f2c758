import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommandLine } from '../../src/cli/main.ts';
import { describeThrown } from '../../src/errors.ts';
import { stateConfig } from '../../src/state/config.ts';
import { openState } from '../../src/state/open.ts';
import { rejectedWith } from '../thrown.ts';
import { certificateFor } from './certificate.ts';
import { ALWAYS, freePort, needs, REDIS, type RedisServer, startServer } from './server.ts';

describe('opening the configured state', () => {
  let folder: string;
  let server: RedisServer | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'exequatur-open-'));
  });
  afterEach(async () => {
    await server?.kill();
    if (server !== undefined) rmSync(server.folder, { recursive: true });
    server = undefined;
    rmSync(folder, { recursive: true });
  });

  it('begins in memory where nothing is configured, and makes no file', async () => {
    const state = await openState(stateConfig.parse(undefined), folder);
    assert.equal(state.kind, 'memory');
    assert.ok(await state.compareAndSet('mark', 0, 'one'));
    await state.close();
    await rejectedWith('state.closed', state.read('mark'));
  });

  it('speaks TLS with the server that the configured authority vouches for, and with no other', async function () {
    const program = needs(this, REDIS, 'redis-server');
    const ours = certificateFor('localhost', 'ours');
    const theirs = certificateFor('localhost', 'theirs');
    const files = { 'ca.pem': ours.ca, 'other.pem': theirs.ca, 'server.pem': ours.certificate, 'server.key': ours.key };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    writeFileSync(join(folder, 'password'), 'a secret\n');
    const port = await freePort();
    const tls = ['--tls-port', String(port), '--tls-auth-clients', 'no', '--requirepass', 'a secret'];
    const keys = ['--tls-cert-file', join(folder, 'server.pem'), '--tls-key-file', join(folder, 'server.key')];
    const authority = ['--tls-ca-cert-file', join(folder, 'ca.pem')];
    server = await startServer(program, [...ALWAYS, ...tls, ...keys, ...authority]).catch((error: unknown) => {
      // Some are built without TLS.
      if (!/Bad directive|Failed finding TLS support/.test(describeThrown(error))) throw error;
      return undefined;
    });
    if (server === undefined) needs(this, undefined, 'redis-server with TLS');
    const config = (changes: Record<string, unknown>) =>
      stateConfig.parse({ store: 'redis', url: `rediss://localhost:${port}`, password_file: 'password', ...changes });
    await rejectedWith('state.lost', openState(config({ ca_file: 'ca.pem' }), folder));
    const named = { url: `rediss://127.0.0.1:${port}`, ca_file: 'ca.pem' };
    await rejectedWith('state.unavailable', openState(config(named), folder));
    await rejectedWith('state.unavailable', openState(config({ ca_file: 'other.pem' }), folder));
    await rejectedWith('state.unavailable', openState(config({}), folder));
    await rejectedWith('state.unreadable', openState(config({ ca_file: 'none.pem' }), folder));
    writeFileSync(join(folder, 'empty'), '\n');
    await rejectedWith('state.unreadable', openState(config({ ca_file: 'ca.pem', password_file: 'empty' }), folder));
  });

  it('is made and shown by the command line', async () => {
    const file = join(folder, 'config.yaml');
    const root = new URL('../..', import.meta.url).pathname;
    const configured = (state: string) =>
      writeFileSync(
        file,
        `policy: { bundle: ${root}wasm/exequatur.tar.gz }\ncatalogue: { folders: [${root}catalogue] }\nauthentication: { dangerously_trust_asserted_subjects: true }\n${state}`,
      );
    configured('state: { store: file, path: marks.json }\n');
    assert.deepEqual(await run(['state', 'show', '-c', file, '--json']), [2, 'state.lost']);
    const [code, made] = await run(['state', 'init', '-c', file, '--json']);
    assert.equal(code, 0);
    assert.deepEqual(await run(['state', 'show', '-c', file, '--json']), [0, made]);
    assert.deepEqual(await run(['state', 'init', '-c', file, '--json']), [2, 'state.exists']);
    const state = await openState(stateConfig.parse({ store: 'file', path: 'marks.json' }), folder);
    assert.ok(await state.compareAndSet('mark', 0, 'one'));
    assert.deepEqual(await run(['state', 'init', '-c', file, '--json', '--dangerously-forget-state']), [
      2,
      'state.locked',
    ]);
    const [, shown] = await run(['state', 'show', '-c', file, '--json']);
    assert.match(shown, /"revision":1,"entries":1/);
    await state.close();
    const [again, other] = await run(['state', 'init', '-c', file, '--json', '--dangerously-forget-state']);
    assert.equal(again, 0);
    assert.notEqual(other, made);
    // The advice that comes with a torn store does what it says.
    writeFileSync(join(folder, 'marks.json'), '{');
    const torn = await rejectedWith(
      'state.torn',
      openState(stateConfig.parse({ store: 'file', path: 'marks.json' }), folder),
    );
    const advised = /"exequatur ([^"]*)"/.exec(torn.message)?.[1]?.split(' ') ?? [];
    const [anew] = await run([...advised, '-c', file, '--json']);
    assert.equal(anew, 0);
    configured('');
    assert.deepEqual(await run(['state', 'init', '-c', file, '--json']), [2, 'state.nothing_to_keep']);
    const [missing] = await run(['state', 'init']);
    assert.equal(missing, 2);
  });
});

/** How a command line ended, and the code of its error or its output. */
async function run(words: readonly string[]): Promise<readonly [number, string]> {
  let code = 2;
  let out = '';
  await runCommandLine(words, {
    out: (text) => {
      out += text;
    },
    err: () => undefined,
    colour: false,
    cwd: tmpdir(),
    interrupted: new AbortController().signal,
    setExit: (given) => {
      code = given;
    },
  });
  return [code, /"code":"([^"]+)"/.exec(out)?.[1] ?? out];
}
