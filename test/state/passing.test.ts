import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SharedState } from '../../src/model/shared-state.ts';
import { initFileState, openFileState } from '../../src/state/file.ts';
import { memoryState } from '../../src/state/memory.ts';
import { initRedisState, openRedisState } from '../../src/state/redis/store.ts';
import { rejectedWith } from '../thrown.ts';
import { redisConfig } from './make.ts';
import { ALWAYS, needs, REDIS, startServer } from './server.ts';

const BOUNDS = { max_entries: 1000, max_bytes: 1_000_000 };

/** Marks stay, whoever asks; the store is closed afterwards. */
async function removesOnlyWhatPasses(state: SharedState): Promise<void> {
  assert.ok(await state.compareAndSet('mark', 0, 'one'));
  assert.ok(await state.compareAndSet('passing', 0, 'one'));
  assert.ok(await state.compareAndSet('passing/a', 0, 'one'));
  for (const key of ['mark', 'passing', 'Passing/a', ' passing/a', '', 'passing/ü', `passing/${'x'.repeat(512)}`]) {
    const error = await rejectedWith('state.invalid_key', state.remove(key, 1));
    assert.equal(error.detail.outcome, 'not_written', key);
  }
  for (const expected of [0, -1, 0.5, Number.NaN, 2 ** 53]) {
    const error = await rejectedWith('state.invalid_value', state.remove('passing/a', expected));
    assert.equal(error.detail.outcome, 'not_written');
  }
  assert.equal(await state.remove('passing/a', 2), false);
  assert.equal(await state.remove('passing/b', 1), false);
  assert.deepEqual([...(await state.list('', 10))].sort(), ['mark', 'passing', 'passing/a']);
  assert.ok(await state.remove('passing/a', 1));
  await state.close();
  await rejectedWith('state.closed', state.remove('passing/a', 1));
}

describe('what passes, alone, is removed', () => {
  it('from memory', () => removesOnlyWhatPasses(memoryState(BOUNDS)));

  it('from a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'exequatur-passing-'));
    try {
      const path = join(folder, 'state.json');
      await initFileState(path, { overwrite: false });
      await removesOnlyWhatPasses(await openFileState(path, BOUNDS));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('from Redis', async function () {
    const server = await startServer(needs(this, REDIS, 'redis-server'), ALWAYS);
    try {
      await initRedisState(redisConfig(server), {}, false);
      const state = await openRedisState(redisConfig(server), async () => ({}));
      await removesOnlyWhatPasses(state).finally(state.close);
    } finally {
      await server.kill();
      rmSync(server.folder, { recursive: true });
    }
  });

  it('and its room is given back in memory', async () => {
    for (const bounds of [
      { max_entries: 1, max_bytes: 1000 },
      { max_entries: 10, max_bytes: 20 },
    ]) {
      const state = memoryState(bounds);
      for (let round = 0; round < 3; round += 1) {
        assert.ok(await state.compareAndSet('passing/a', 0, 'x'.repeat(10)));
        await rejectedWith('state.full', state.compareAndSet('passing/b', 0, 'x'.repeat(10)));
        assert.ok(await state.remove('passing/a', 1));
        assert.equal(await state.read('passing/a'), undefined);
      }
    }
  });
});
