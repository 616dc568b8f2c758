import assert from 'node:assert/strict';
import {
  infoProblem,
  parseInfo,
  parseSettings,
  settingsProblem,
  waitAofProblem,
} from '../../src/state/redis/persistence.ts';
import { count, parseEntry, parseReply } from '../../src/state/redis/reply.ts';

const GOOD = [
  ...['# Server', 'redis_version:7.0.15', '# Persistence', 'loading:0', 'aof_enabled:1'],
  ...['# Replication', 'role:master', 'maxmemory_policy:noeviction', 'cluster_enabled:0', ''],
].join('\r\n');

describe('what Redis says of itself', () => {
  it('holds where it keeps what it confirms', () => {
    assert.equal(infoProblem(parseInfo(GOOD), 'here'), undefined);
    assert.equal(infoProblem(parseInfo(GOOD.replace('noeviction', 'volatile-lru')), 'here'), undefined);
  });

  const bad: readonly [string, string, string][] = [
    ['aof_enabled:1', 'aof_enabled:0', 'state.not_persistent'],
    ['loading:0', 'loading:1', 'state.unavailable'],
    ['role:master', 'role:slave', 'state.unsuitable'],
    ['cluster_enabled:0', 'cluster_enabled:1', 'state.unsuitable'],
    ['noeviction', 'allkeys-lru', 'state.unsuitable'],
    ['noeviction', 'allkeys-random', 'state.unsuitable'],
  ];
  for (const [from, to, code] of bad) {
    it(`is refused with ${to}`, () => {
      assert.ok(GOOD.includes(from));
      assert.equal(infoProblem(parseInfo(GOOD.replace(from, to)), 'here')?.code, code);
    });
  }

  it('proves a write only by settings under which the answer comes after the fsync', () => {
    const good = [
      'appendonly',
      'yes',
      'appendfsync',
      'always',
      'no-appendfsync-on-rewrite',
      'no',
      'appendfilename',
      'x',
    ];
    const problem = (settings: readonly string[]) => {
      const parsed = parseSettings(settings);
      assert.ok(parsed !== undefined);
      return settingsProblem(parsed, 'here');
    };
    assert.equal(problem(good), undefined);
    for (const at of [1, 3, 5]) {
      const changed = [...good];
      changed[at] = changed[at] === 'no' ? 'yes' : 'everysec';
      const error = problem(changed);
      assert.equal(error?.code, 'state.not_persistent');
      assert.ok(error.message.includes(`Set ${good[at - 1]} ${good[at]}`), error.message);
      assert.equal(problem(good.filter((_, index) => index !== at && index !== at - 1))?.code, 'state.not_persistent');
    }
    for (const reply of [undefined, null, 'OK', ['appendonly'], ['appendonly', 1], {}]) {
      assert.equal(parseSettings(reply), undefined);
    }
  });

  it('confirms by WAITAOF only with the counts that were asked for', () => {
    const confirmed: readonly [unknown, number][] = [
      [[1, 0], 0],
      [[1, 2], 1],
      [[1, 1], 1],
    ];
    for (const [reply, replicas] of confirmed) assert.equal(waitAofProblem(reply, replicas, 'here'), undefined);
    const not: readonly [unknown, number][] = [
      [[0, 0], 0],
      [[1, 0], 1],
      [[0, 3], 1],
      [[1], 0],
      [[], 0],
      [['1', '0'], 0],
      ['OK', 0],
      [null, 0],
      [undefined, 0],
      [1, 0],
    ];
    for (const [reply, replicas] of not) {
      const error = waitAofProblem(reply, replicas, 'here');
      assert.equal(error?.code, 'state.unconfirmed', JSON.stringify(reply));
      assert.equal(error.detail.outcome, 'unknown');
    }
  });

  it('answers in the words of the scripts, or is not believed', () => {
    const codes = (reply: unknown) => {
      const parsed = parseReply(reply, 'here');
      return 'code' in parsed ? parsed.code : `${parsed.word} ${parsed.revision}`;
    };
    assert.equal(codes(['written', '7', '3']), 'written 7');
    assert.equal(codes(['lost']), 'state.lost');
    assert.equal(codes(['torn']), 'state.torn');
    assert.equal(codes(['other_format']), 'state.torn');
    assert.equal(codes(['replaced']), 'state.replaced');
    for (const strange of [
      null,
      'OK',
      1,
      [],
      ['written'],
      ['written', 7],
      ['written', '-1'],
      ['written', '1e3'],
      [7, '7'],
    ]) {
      assert.equal(codes(strange), 'state.unsuitable', JSON.stringify(strange));
    }
    assert.deepEqual(parseEntry('12:a:b'), { revision: 12, value: 'a:b' });
    assert.deepEqual(parseEntry('1:'), { revision: 1, value: '' });
    for (const text of ['', ':', ':a', '0:a', '01:a', '1', 'x:1', '1.5:a', ' 1:a', '99999999999999999:a']) {
      assert.equal(parseEntry(text), undefined, text);
    }
    assert.equal(count('9007199254740992'), undefined);
  });
});
