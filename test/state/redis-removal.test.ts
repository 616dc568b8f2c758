import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SharedState } from '../../src/model/shared-state.ts';
import { initRedisState, openRedisState, showRedisState } from '../../src/state/redis/store.ts';
import { rejectedWith } from '../thrown.ts';
import { command, redisConfig } from './make.ts';
import { startProxy } from './proxy.ts';
import { ALWAYS, needs, REDIS, type RedisServer, startServer } from './server.ts';

const KEY = 'exequatur:state';

describe('removal from Redis', () => {
  let server: RedisServer;
  let program: string;
  const opened: SharedState[] = [];
  const proxies: { readonly close: () => Promise<void> }[] = [];
  before(function () {
    program = needs(this, REDIS, 'redis-server');
  });
  beforeEach(async () => {
    server = await startServer(program, ALWAYS);
    await initRedisState(redisConfig(server), {}, false);
  });
  afterEach(async () => {
    for (const state of opened.splice(0)) await state.close();
    for (const proxy of proxies.splice(0)) await proxy.close();
    await server.kill();
    rmSync(server.folder, { recursive: true });
  });

  async function open(changes: Record<string, unknown> = {}, password?: string): Promise<SharedState> {
    const secrets = password === undefined ? {} : { password };
    const state = await openRedisState(redisConfig(server, changes), async () => secrets);
    opened.push(state);
    return state;
  }
  async function restart(settings?: readonly string[]): Promise<void> {
    await server.kill();
    await server.start(settings);
  }
  const counts = () => command(server, 'HMGET', KEY, 'revision', 'count', 'bytes');

  it('outlives kill -9 once it is confirmed, is counted, and gives the bounds back', async () => {
    const state = await open({ max_entries: 2 });
    assert.ok(await state.compareAndSet('mark', 0, 'one'));
    assert.ok(await state.compareAndSet('passing/a', 0, 'ü:'));
    assert.ok(await state.compareAndSet('passing/a', 1, 'longer: ü'));
    await rejectedWith('state.full', state.compareAndSet('passing/b', 0, ''));
    assert.equal(await state.remove('passing/a', 1), false);
    assert.equal(await state.remove('passing/b', 1), false);
    assert.deepEqual(await counts(), ['3', '2', String(7 + 9 + 10)]);
    assert.ok(await state.remove('passing/a', 2));
    assert.deepEqual(await counts(), ['4', '1', '7']);
    await restart();
    assert.equal(await state.read('passing/a'), undefined);
    assert.equal(await state.remove('passing/a', 2), false);
    assert.deepEqual(await state.list('', 10), ['mark']);
    assert.deepEqual(await state.list('passing/', 10), []);
    assert.ok(await state.compareAndSet('passing/b', 0, 'x'));
    assert.equal((await showRedisState(redisConfig(server), {})).revision, 5);
  });

  it('by another replica is no rollback, and what begins anew is none either', async () => {
    const [one, other] = [await open(), await open()];
    for (let revision = 0; revision < 3; revision += 1) {
      assert.ok(await one.compareAndSet('passing/a', revision, `${revision}`));
    }
    assert.equal((await one.read('passing/a'))?.revision, 3);
    assert.ok(await other.remove('passing/a', 3));
    assert.equal(await one.read('passing/a'), undefined);
    assert.equal(await one.compareAndSet('passing/a', 3, 'late'), false);
    assert.equal(await one.remove('passing/a', 3), false);
    assert.ok(await other.compareAndSet('passing/a', 0, 'anew'));
    assert.deepEqual(await one.read('passing/a'), { revision: 1, value: 'anew' });
    assert.equal(await one.remove('passing/a', 3), false);
    assert.ok(await one.compareAndSet('passing/a', 1, 'on'));
    assert.ok(await one.remove('passing/a', 2));
    assert.ok(await one.compareAndSet('passing/a', 0, 'once more'));
  });

  it('is confirmed to one of many who ask', async () => {
    const clients = await Promise.all([open(), open(), open()]);
    assert.ok(await clients[0]?.compareAndSet('passing/a', 0, 'x'));
    const results = await Promise.all(Array.from({ length: 30 }, (_, n) => clients[n % 3]?.remove('passing/a', 1)));
    assert.equal(results.filter(Boolean).length, 1);
    assert.deepEqual(await counts(), ['2', '0', '0']);
  });

  it('by hand shows: of marks also where the numbers were made to fit', async () => {
    const state = await open();
    assert.ok(await state.compareAndSet('mark', 0, 'one'));
    assert.ok(await state.compareAndSet('passing/a', 0, 'one'));
    for (const member of ['e:mark', 'e:passing/a']) {
      await command(server, 'HDEL', KEY, member);
      for (const key of ['mark', 'passing/a']) await rejectedWith('state.torn', state.read(key));
      await rejectedWith('state.torn', state.remove('passing/a', 1));
      await command(server, 'HSET', KEY, member, '1:one');
    }
    assert.ok(await state.remove('passing/a', 1));
    assert.ok(await state.compareAndSet('mark', 1, 'two'));
    await command(server, 'HDEL', KEY, 'e:mark');
    await command(server, 'HSET', KEY, 'count', '0', 'bytes', '0', 'revision', '5');
    await rejectedWith('state.rolled_back', state.read('mark'));
    await rejectedWith('state.rolled_back', state.compareAndSet('mark', 0, 'anew'));
  });

  it('refuses what does not fit together, and changes nothing then', async () => {
    const state = await open();
    assert.ok(await state.compareAndSet('passing/a', 0, 'one'));
    const damages: readonly (readonly [string, string, string])[] = [
      ['e:passing/a', 'one', '1:one'],
      ['e:passing/a', '01:one', '1:one'],
      ['count', '2', '1'],
      ['bytes', 'x', '12'],
      ['bytes', '11', '12'],
      ['format', '2', '1'],
    ];
    for (const [member, damage, repair] of damages) {
      await command(server, 'HSET', KEY, member, damage);
      await rejectedWith('state.torn', state.remove('passing/a', 1));
      await command(server, 'HSET', KEY, member, repair);
      assert.deepEqual(await state.read('passing/a'), { revision: 1, value: 'one' }, `${member} ${damage}`);
      assert.deepEqual(await counts(), ['1', '1', '12']);
    }
    await initRedisState(redisConfig(server), {}, true);
    await rejectedWith('state.replaced', state.remove('passing/a', 1));
    await command(server, 'FLUSHALL');
    await rejectedWith('state.lost', state.remove('passing/a', 1));
  });

  it('that was confirmed shows an old copy for what it is', async () => {
    const state = await open();
    assert.ok(await state.compareAndSet('passing/a', 0, 'one'));
    await server.kill();
    const copy = mkdtempSync(join(tmpdir(), 'exequatur-redis-copy-'));
    cpSync(server.folder, copy, { recursive: true });
    await server.start();
    assert.ok(await state.remove('passing/a', 1));
    await server.kill();
    rmSync(server.folder, { recursive: true });
    cpSync(copy, server.folder, { recursive: true });
    rmSync(copy, { recursive: true });
    await server.start();
    await rejectedWith('state.rolled_back', state.read('passing/a'));
    await rejectedWith('state.rolled_back', state.remove('passing/a', 1));
  });

  it('is unknown where its answer was lost, and reading again tells', async () => {
    const proxy = await startProxy(server.port);
    proxies.push(proxy);
    const state = await open({ url: proxy.url });
    assert.ok(await state.compareAndSet('passing/a', 0, 'one'));
    proxy.cutAnswerTo('e:passing/a');
    const error = await rejectedWith('state.unavailable', state.remove('passing/a', 1));
    assert.equal(error.detail.outcome, 'unknown');
    assert.equal(await state.read('passing/a'), undefined);
    assert.equal(await state.remove('passing/a', 1), false);
  });

  it('is not confirmed by a server that no longer keeps what it confirms', async () => {
    const state = await open();
    assert.ok(await state.compareAndSet('passing/a', 0, 'one'));
    await command(server, 'CONFIG', 'SET', 'appendonly', 'no');
    const error = await rejectedWith('state.not_persistent', state.remove('passing/a', 1));
    assert.notEqual(error.detail.outcome, 'not_written');
  });

  it('is forbidden to a user without HDEL, who loses nothing by it', async () => {
    const user = ['on', '>pw', '~exequatur:state', '+@all', '-hdel'];
    await command(server, 'ACL', 'SETUSER', 'state', ...user);
    const state = await open({ url: server.url.replace('//', '//state@'), password_file: 'unused' }, 'pw');
    assert.ok(await state.compareAndSet('passing/a', 0, 'one'));
    await rejectedWith('state.forbidden', state.remove('passing/a', 1));
    assert.deepEqual(await state.read('passing/a'), { revision: 1, value: 'one' });
    await command(server, 'ACL', 'SETUSER', 'state', '+hdel');
    assert.ok(await state.remove('passing/a', 1));
  });
});
