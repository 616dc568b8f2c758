import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeOf } from '../../src/errors.ts';
import type { SharedState } from '../../src/model/shared-state.ts';
import { initRedisState, openRedisState, showRedisState } from '../../src/state/redis/store.ts';
import { rejectedWith } from '../thrown.ts';
import { command, redisConfig } from './make.ts';
import { startProxy } from './proxy.ts';
import { ALWAYS, needs, REDIS, type RedisServer, startServer } from './server.ts';

const KEY = 'exequatur:state';

describe('state in Redis', () => {
  let server: RedisServer;
  const opened: SharedState[] = [];
  let program: string;
  before(function () {
    program = needs(this, REDIS, 'redis-server');
  });
  beforeEach(async () => {
    server = await startServer(program, ALWAYS);
  });
  afterEach(async () => {
    for (const state of opened.splice(0)) await state.close();
    await server.kill();
    rmSync(server.folder, { recursive: true });
  });

  const config = (changes: Record<string, unknown> = {}) => redisConfig(server, changes);
  const init = (changes: Record<string, unknown> = {}) => initRedisState(config(changes), {}, false);
  async function open(changes: Record<string, unknown> = {}): Promise<SharedState> {
    const state = await openRedisState(config(changes), async () => ({}));
    opened.push(state);
    return state;
  }
  async function restart(settings?: readonly string[]): Promise<void> {
    await server.kill();
    await server.start(settings);
  }

  it('is never begun anew where it is missing, and made once', async () => {
    await rejectedWith('state.lost', open());
    await rejectedWith('state.lost', showRedisState(config(), {}));
    assert.equal(await command(server, 'EXISTS', KEY), 0);
    const store = await init();
    await rejectedWith('state.exists', init());
    assert.deepEqual(await showRedisState(config(), {}), { store, revision: 0, entries: 0 });
    await command(server, 'SET', 'other:state', 'somebody else');
    await rejectedWith('state.exists', init({ namespace: 'other' }));
    const torn = await rejectedWith('state.torn', open({ namespace: 'other' }));
    assert.match(torn.message, /"exequatur state init --dangerously-forget-state"/);
  });

  it('keeps what it confirmed through kill -9, and its clients find it again', async () => {
    await init();
    const state = await open();
    assert.ok(await state.compareAndSet('mark', 0, 'eins ü 🂡:"'));
    assert.equal(await state.compareAndSet('mark', 0, 'late'), false);
    assert.ok(await state.compareAndSet('mark', 1, 'two'));
    await restart();
    assert.deepEqual(await state.read('mark'), { revision: 2, value: 'two' });
    assert.ok(await state.compareAndSet('mark', 2, 'three'));
    const other = await open();
    assert.deepEqual(await other.read('mark'), { revision: 3, value: 'three' });
    assert.equal(await other.read('none'), undefined);
    await state.close();
    await rejectedWith('state.closed', state.read('mark'));
  });

  it('lets one of many racing clients through', async () => {
    await init();
    const clients = await Promise.all([open(), open(), open()]);
    const results = await Promise.all(
      Array.from({ length: 90 }, async (_, number) => clients[number % 3]?.compareAndSet('mark', 0, String(number))),
    );
    assert.equal(results.filter(Boolean).length, 1);
    assert.equal((await clients[0]?.read('mark'))?.value, String(results.indexOf(true)));
  });

  it('takes answers that were under way together for what they are', async () => {
    await init();
    const state = await open();
    for (let revision = 0; revision < 50; revision += 1) {
      // While the first is under way the others wait, to go out together; the read is answered before the write, and looked at after it.
      const [, entry, written] = await Promise.all([
        state.read('other'),
        state.read('mark'),
        state.compareAndSet('mark', revision, 'v'),
      ]);
      assert.equal(entry?.revision ?? 0, revision);
      assert.ok(written);
    }
  });

  it('calls its scripts anew when the server forgot them', async () => {
    await init();
    const state = await open();
    await command(server, 'SCRIPT', 'FLUSH');
    const writes = await Promise.all(['a', 'b', 'c'].map((key) => state.compareAndSet(key, 0, key)));
    assert.deepEqual(writes, [true, true, true]);
    assert.deepEqual([...(await state.list('', 10))].sort(), ['a', 'b', 'c']);
  });

  it('lists by prefix, through more than one page', async () => {
    await init();
    const state = await open();
    const keys = Array.from({ length: 1500 }, (_, number) => `many/${number}`);
    await Promise.all([...keys, 'one', 'm*ny/0'].map((key) => state.compareAndSet(key, 0, '')));
    assert.deepEqual([...(await state.list('many/', 2000))].sort(), [...keys].sort());
    assert.equal((await state.list('many/', 7)).length, 7);
    assert.deepEqual(await state.list('m*', 10), ['m*ny/0']);
  });

  it('refuses once the store was emptied, deleted or exchanged', async () => {
    await init();
    const state = await open();
    assert.ok(await state.compareAndSet('mark', 0, 'one'));
    for (const words of [['FLUSHALL'], ['DEL', KEY]]) {
      await command(server, ...words);
      await rejectedWith('state.lost', state.read('mark'));
      await rejectedWith('state.lost', state.compareAndSet('mark', 0, 'anew'));
      await rejectedWith('state.lost', state.list('', 10));
      assert.equal(await command(server, 'EXISTS', KEY), 0);
    }
    await init();
    await rejectedWith('state.replaced', state.read('mark'));
    await rejectedWith('state.replaced', state.compareAndSet('mark', 0, 'anew'));
    await restart();
    await rejectedWith('state.replaced', state.read('mark'));
    assert.equal(await (await open()).read('mark'), undefined);
  });

  it('refuses a store whose members do not fit together', async () => {
    await init();
    const state = await open();
    assert.ok(await state.compareAndSet('mark', 0, 'one'));
    const damages: readonly (readonly [readonly string[], readonly string[]])[] = [
      [
        ['HDEL', KEY, 'e:mark'],
        ['HSET', KEY, 'e:mark', '1:one'],
      ],
      [
        ['HSET', KEY, 'e:more', '1:x'],
        ['HDEL', KEY, 'e:more'],
      ],
      [
        ['HSET', KEY, 'e:mark', 'x'],
        ['HSET', KEY, 'e:mark', '1:one'],
      ],
      [
        ['HSET', KEY, 'count', '7'],
        ['HSET', KEY, 'count', '1'],
      ],
      [
        ['HDEL', KEY, 'bytes'],
        ['HSET', KEY, 'bytes', '7'],
      ],
      [
        ['HSET', KEY, 'format', '2'],
        ['HSET', KEY, 'format', '1'],
      ],
    ];
    for (const [damage, repair] of damages) {
      await command(server, ...damage);
      await rejectedWith('state.torn', state.read('mark'));
      await rejectedWith('state.torn', state.compareAndSet('mark', 1, 'two'));
      await command(server, ...repair);
      assert.deepEqual(await state.read('mark'), { revision: 1, value: 'one' }, damage.join(' '));
    }
  });

  it('refuses an entry that was lowered by hand', async () => {
    await init();
    const state = await open();
    assert.ok(await state.compareAndSet('mark', 0, 'one'));
    assert.ok(await state.compareAndSet('mark', 1, 'two'));
    await command(server, 'HSET', KEY, 'e:mark', '1:one');
    await rejectedWith('state.rolled_back', state.read('mark'));
    await rejectedWith('state.rolled_back', state.compareAndSet('mark', 2, 'three'));
  });

  it('refuses an old copy, for good, also for keys that it never saw', async () => {
    await init();
    const state = await open();
    assert.ok(await state.compareAndSet('mark', 0, 'one'));
    await server.kill();
    const copy = mkdtempSync(join(tmpdir(), 'exequatur-redis-copy-'));
    cpSync(server.folder, copy, { recursive: true });
    await server.start();
    assert.ok(await state.compareAndSet('mark', 1, 'two'));
    await server.kill();
    rmSync(server.folder, { recursive: true });
    cpSync(copy, server.folder, { recursive: true });
    rmSync(copy, { recursive: true });
    await server.start();
    await rejectedWith('state.rolled_back', state.read('other'));
    // Another client writes, so that the numbers fit again; the state is not what was confirmed for all that.
    const other = await open();
    assert.ok(await other.compareAndSet('mark', 1, 'two again'));
    await rejectedWith('state.rolled_back', state.read('mark'));
    await rejectedWith('state.rolled_back', state.compareAndSet('mark', 2, 'three'));
  });

  it('says that it is full, writes nothing then, and goes on', async () => {
    await init();
    const state = await open({ max_entries: 2 });
    assert.ok(await state.compareAndSet('a', 0, 'x'));
    assert.ok(await state.compareAndSet('b', 0, 'x'));
    const error = await rejectedWith('state.full', state.compareAndSet('c', 0, ''));
    assert.equal(error.detail.outcome, 'not_written');
    assert.ok(await state.compareAndSet('a', 1, 'y'));
    assert.equal(await state.read('c'), undefined);
    assert.ok(await state.compareAndSet('b', 1, 'x'.repeat(65_536)));
    const big = await open({ max_bytes: 65_536 });
    assert.ok(await big.compareAndSet('b', 2, 'x'.repeat(65_535)), 'an entry may shrink');
    await rejectedWith('state.full', big.compareAndSet('a', 2, 'x'.repeat(65_536)));
    assert.deepEqual(await state.read('a'), { revision: 2, value: 'y' });
  });

  it('takes no key and no value that another store would not take', async () => {
    await init();
    const state = await open();
    await rejectedWith('state.invalid_key', state.read('ü'));
    await rejectedWith('state.invalid_key', state.compareAndSet('', 0, ''));
    await rejectedWith('state.invalid_value', state.compareAndSet('k', 0, 'x'.repeat(65_537)));
    await rejectedWith('state.invalid_value', state.compareAndSet('k', -1, ''));
    assert.ok(await state.compareAndSet('k'.repeat(512), 0, '\0\r\n:'.repeat(16_384)));
    assert.equal((await state.read('k'.repeat(512)))?.value, '\0\r\n:'.repeat(16_384));
  });

  describe('asks whether the server keeps what it confirms, and refuses one', () => {
    const settings: readonly [string, readonly string[], string][] = [
      ['without an append-only file', ['--appendonly', 'no'], 'state.not_persistent'],
      ['that may forget the last second', ['--appendonly', 'yes', '--appendfsync', 'everysec'], 'state.not_persistent'],
      [
        'that leaves fsync out while it rewrites',
        [...ALWAYS, '--no-appendfsync-on-rewrite', 'yes'],
        'state.not_persistent',
      ],
      ['that does not say', [...ALWAYS, '--rename-command', 'CONFIG', ''], 'state.not_persistent'],
      ['that says nothing at all', [...ALWAYS, '--rename-command', 'INFO', ''], 'state.not_persistent'],
      ['that may evict', [...ALWAYS, '--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'], 'state.unsuitable'],
      ['that is a replica', [...ALWAYS, '--replicaof', '127.0.0.1', '1'], 'state.unsuitable'],
      ['that is a cluster', [...ALWAYS, '--cluster-enabled', 'yes'], 'state.unsuitable'],
    ];
    for (const [what, changed, code] of settings) {
      it(what, async () => {
        await init();
        await restart(changed);
        // A server that has WAITAOF is asked by that: how it is set does not matter then.
        const proven = /--(appendfsync everysec|no-appendfsync)|CONFIG/.test(changed.join(' '));
        if (proven && (await hasWaitAof())) await open();
        else await rejectedWith(code, open());
      });
    }

    it('on whose replicas it cannot rely', async () => {
      await init();
      const code = (await hasWaitAof()) ? 'state.unconfirmed' : 'state.unsuitable';
      await rejectedWith(code, open({ replicas: 1, timeout_ms: 100 }));
    });

    it('but goes on where the operator vouches for one that does not say', async () => {
      await restart([...ALWAYS, '--rename-command', 'CONFIG', '', '--rename-command', 'INFO', '']);
      const vouched = { dangerously_assume_persistence: true };
      await init(vouched);
      const state = await open(vouched);
      assert.ok(await state.compareAndSet('mark', 0, 'one'));
      // What it does say still counts.
      await restart(['--appendonly', 'no']);
      await rejectedWith('state.not_persistent', state.read('mark'));
    });

    it('also when it was changed while it runs, and at each connection', async () => {
      await init();
      const state = await open();
      await command(server, 'CONFIG', 'SET', 'appendonly', 'no');
      await rejectedWith('state.not_persistent', state.compareAndSet('mark', 0, 'one'));
      await rejectedWith('state.not_persistent', state.compareAndSet('mark', 0, 'one'));
      await rejectedWith('state.not_persistent', state.read('mark'));
      await restart();
      assert.equal(await state.read('mark'), undefined);
      await restart(['--appendonly', 'no']);
      await rejectedWith('state.not_persistent', state.read('mark'));
      await restart(ALWAYS);
      assert.ok(await state.compareAndSet('mark', 0, 'one'));
    });

    async function hasWaitAof(): Promise<boolean> {
      const found = await command(server, 'COMMAND', 'INFO', 'WAITAOF');
      return Array.isArray(found) && found[0] !== null;
    }
  });

  it('says in bounded time that the server is gone, slow or refuses, and works again afterwards', async () => {
    await init();
    const state = await open({ timeout_ms: 150 });
    process.kill(server.pid(), 'SIGSTOP');
    const slow = await rejectedWith('state.unavailable', state.compareAndSet('mark', 0, 'one'));
    assert.equal(slow.detail.outcome, 'unknown');
    await rejectedWith('state.unavailable', state.read('mark'));
    process.kill(server.pid(), 'SIGCONT');
    const entry = await state.read('mark');
    assert.ok(entry === undefined || entry.value === 'one');
    await server.kill();
    await rejectedWith('state.unavailable', state.read('mark'));
    const gone = await rejectedWith('state.unavailable', state.compareAndSet('mark', 0, 'one'));
    assert.equal(gone.detail.outcome, 'not_written');
    await rejectedWith('state.unavailable', open());
    await server.start();
    await state.compareAndSet('later', 0, 'one');
    assert.equal((await state.read('later'))?.value, 'one');
  });

  it('gives the password from its file, anew at each connection', async () => {
    await init();
    await restart([...ALWAYS, '--requirepass', 'first']);
    let password = 'wrong';
    const secrets = async () => ({ password });
    await rejectedWith('state.forbidden', open());
    await rejectedWith('state.forbidden', openRedisState(config(), secrets));
    password = 'first';
    const state = await openRedisState(config(), secrets);
    opened.push(state);
    assert.ok(await state.compareAndSet('mark', 0, 'one'));
    await restart([...ALWAYS, '--requirepass', 'second']);
    await rejectedWith('state.forbidden', state.read('mark'));
    password = 'second';
    assert.equal((await state.read('mark'))?.value, 'one');
  });

  it('needs of a user what the documentation lists, and nothing more', async () => {
    await init();
    const rules = ['on', '>pw', '~exequatur:state', '-@all', '+info', '+config|get', '+waitaof', '+script|load'];
    const more = ['+evalsha', '+eval', '+exists', '+hmget', '+hlen', '+hget', '+hset', '+hdel', '+hincrby', '+hscan'];
    const known = await command(server, 'COMMAND', 'INFO', 'WAITAOF');
    const usable = Array.isArray(known) && known[0] !== null ? rules : rules.filter((rule) => rule !== '+waitaof');
    await command(server, 'ACL', 'SETUSER', 'state', ...usable, ...more);
    const changes = { url: server.url.replace('//', '//state@'), password_file: 'unused' };
    const state = await openRedisState(config(changes), async () => ({ password: 'pw' }));
    opened.push(state);
    assert.ok(await state.compareAndSet('mark', 0, 'one'));
    assert.equal((await state.read('mark'))?.value, 'one');
    assert.deepEqual(await state.list('', 10), ['mark']);
    assert.ok(await state.compareAndSet('passing/a', 0, 'one'));
    assert.ok(await state.remove('passing/a', 1));
    await command(server, 'ACL', 'SETUSER', 'state', '-hset');
    await rejectedWith('state.forbidden', state.compareAndSet('mark', 1, 'two'));
    await rejectedWith(
      'state.forbidden',
      openRedisState(config({ ...changes, namespace: 'other' }), async () => ({ password: 'pw' })),
    );
  });

  it('keeps stores of several namespaces and databases apart', async () => {
    await init();
    await init({ namespace: 'two' });
    await init({ url: `${server.url}/3` });
    const states = [await open(), await open({ namespace: 'two' }), await open({ url: `${server.url}/3` })];
    for (const [index, state] of states.entries()) assert.ok(await state.compareAndSet('mark', 0, String(index)));
    for (const [index, state] of states.entries()) assert.equal((await state.read('mark'))?.value, String(index));
  });

  it('tells of a write whose answer was lost that nobody knows, and reading again tells', async () => {
    await init();
    const proxy = await startProxy(server.port);
    const state = await open({ url: proxy.url });
    proxy.cutAnswerTo('one');
    const error = await rejectedWith('state.unavailable', state.compareAndSet('mark', 0, 'one'));
    assert.equal(error.detail.outcome, 'unknown');
    assert.deepEqual(await state.read('mark'), { revision: 1, value: 'one' });
    assert.ok(await state.compareAndSet('mark', 1, 'two'));
    await state.close();
    await proxy.close();
  });

  it('lets nobody queue behind a server that has fallen silent', async () => {
    await init();
    const proxy = await startProxy(server.port);
    const state = await open({ url: proxy.url, timeout_ms: 100 });
    proxy.mute();
    const calls = Array.from({ length: 600 }, (_, number) =>
      codeIn(number % 2 === 0 ? state.read('mark') : state.compareAndSet('mark', 0, 'one')),
    );
    assert.deepEqual([...new Set(await Promise.all(calls))], ['state.unavailable']);
    // Each connection costs the time limit: one for each batch of them would have been ten and more.
    assert.ok(proxy.connections() <= 4, `${proxy.connections()} connections`);
    await state.close();
    await proxy.close();
  });

  it('does not trust what answers and is no Redis', async () => {
    for (const answer of [
      'HTTP/1.1 400 Bad Request\r\n\r\n',
      '+OK\r\n',
      ':1\r\n',
      '*1\r\n$2\r\nhi\r\n',
      '$9999999999\r\n',
      '\0\0',
    ]) {
      const imposter = createServer((socket) => {
        socket.on('error', () => undefined);
        socket.on('data', () => socket.write(answer));
      }).listen(0, '127.0.0.1');
      await once(imposter, 'listening');
      const address = imposter.address();
      assert.ok(typeof address === 'object' && address !== null);
      const error = await codeIn(open({ url: `redis://127.0.0.1:${address.port}`, timeout_ms: 150 }));
      assert.ok(
        error === 'state.unavailable' || error === 'state.not_persistent',
        `${JSON.stringify(answer)}: ${error}`,
      );
      imposter.close();
    }
  });
});

async function codeIn(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return codeOf(error) ?? 'no code';
  }
  return 'opened';
}
