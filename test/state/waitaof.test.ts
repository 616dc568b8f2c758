import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import type { SharedState } from '../../src/model/shared-state.ts';
import { initRedisState, openRedisState } from '../../src/state/redis/store.ts';
import { rejectedWith } from '../thrown.ts';
import { command, commands, redisConfig } from './make.ts';
import { EVERY_SECOND, needs, type RedisServer, startServer, WAITAOF_SERVER } from './server.ts';

describe('state in a Redis that is asked by WAITAOF', () => {
  let program: string;
  let server: RedisServer;
  const servers: RedisServer[] = [];
  const opened: SharedState[] = [];
  async function start(...more: readonly string[]): Promise<RedisServer> {
    const started = await startServer(program, [...EVERY_SECOND, ...more]);
    servers.push(started);
    return started;
  }
  async function open(changes: Record<string, unknown> = {}): Promise<SharedState> {
    const state = await openRedisState(redisConfig(server, changes), async () => ({}));
    opened.push(state);
    return state;
  }
  before(function () {
    program = needs(this, WAITAOF_SERVER, 'server with WAITAOF (Valkey, or Redis 7.2 and later)');
  });
  beforeEach(async () => {
    server = await start();
    await initRedisState(redisConfig(server), {}, false);
  });
  afterEach(async () => {
    for (const state of opened.splice(0)) await state.close();
    for (const one of servers.splice(0)) {
      await one.kill();
      rmSync(one.folder, { recursive: true, force: true });
    }
  });

  it('needs no appendfsync always: what was confirmed outlives kill -9', async () => {
    const state = await open();
    const results = await Promise.all(Array.from({ length: 100 }, (_, n) => state.compareAndSet(`k${n}`, 0, 'v')));
    assert.ok(results.every(Boolean));
    await server.kill();
    await server.start();
    assert.equal((await state.list('', 200)).length, 100);
  });

  it('confirms before it answers a read what somebody else wrote and nobody waited for', async () => {
    const writer = await open();
    const reader = await open();
    assert.ok(await writer.compareAndSet('mark', 0, 'one'));
    assert.equal((await reader.read('mark'))?.revision, 1);
    // As a client that is killed before it asks: written, and on no disk yet.
    await command(server, 'HSET', 'exequatur:state', 'e:mark', '2:two', 'revision', '2');
    const touched = await command(server, 'HGET', 'exequatur:state', 'touched');
    assert.deepEqual(await reader.read('mark'), { revision: 2, value: 'two' });
    assert.equal(await command(server, 'HGET', 'exequatur:state', 'touched'), String(Number(touched) + 1));
    // Known to be durable from then on: nothing is written to read it again.
    await reader.read('mark');
    assert.equal(await command(server, 'HGET', 'exequatur:state', 'touched'), String(Number(touched) + 1));
    await server.kill();
    await server.start();
    assert.deepEqual(await reader.read('mark'), { revision: 2, value: 'two' });
  });

  it('confirms a removal with its row, and to whoever finds the entry gone', async () => {
    const writer = await open();
    const reader = await open();
    const touched = async () => Number(await command(server, 'HGET', 'exequatur:state', 'touched'));
    assert.ok(await writer.compareAndSet('passing/a', 0, 'x'));
    assert.equal((await reader.read('passing/a'))?.revision, 1);
    const before = await touched();
    assert.ok(await writer.remove('passing/a', 1));
    assert.equal(await touched(), before);
    // Somebody else's removal may be on no disk yet.
    assert.equal(await reader.read('passing/a'), undefined);
    assert.equal(await touched(), before + 1);
    await server.kill();
    await server.start();
    assert.equal(await reader.read('passing/a'), undefined);
    assert.equal(await writer.remove('passing/a', 1), false);
  });

  it('refuses when the append-only file is switched off while it runs', async () => {
    const state = await open();
    assert.ok(await state.compareAndSet('mark', 0, 'one'));
    await command(server, 'CONFIG', 'SET', 'appendonly', 'no');
    const error = await rejectedWith('state.not_persistent', state.compareAndSet('mark', 1, 'two'));
    assert.notEqual(error.detail.outcome, 'not_written');
    await rejectedWith('state.not_persistent', state.read('mark'));
    await rejectedWith('state.not_persistent', open());
  });

  it('waits for the disks of replicas, and confirms nothing without them', async () => {
    await command(server, 'CONFIG', 'SET', 'appendfsync', 'always', 'repl-diskless-sync-delay', '0');
    const replica = await start('--appendfsync', 'always', '--replicaof', '127.0.0.1', String(server.port));
    // Until the replica has come, and its disk has what it got.
    await commands(server, [
      ['SET', 'unrelated', 'x'],
      ['WAITAOF', '1', '1', '0'],
    ]);
    const state = await open({ replicas: 1, timeout_ms: 10_000 });
    assert.ok(await state.compareAndSet('mark', 0, 'one'));
    const hasty = await open({ replicas: 1, timeout_ms: 200 });
    await replica.kill();
    const error = await rejectedWith('state.unconfirmed', hasty.compareAndSet('mark', 1, 'two'));
    assert.equal(error.detail.outcome, 'unknown');
    await rejectedWith('state.unconfirmed', open({ replicas: 1, timeout_ms: 200 }));
    assert.ok(await (await open()).compareAndSet('other', 0, 'one'));
  });
});
