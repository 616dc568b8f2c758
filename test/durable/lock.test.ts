import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Files, nodeFiles } from '../../src/durable/files.ts';
import { type FileLock, isLocked, type LockedBy, takeLock } from '../../src/durable/lock.ts';
import { rejectedWith } from '../thrown.ts';

describe('the lock of a file', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'exequatur-lock-'));
    path = join(folder, 'it.lock');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is for one holder, who is named, and free once released', async () => {
    assert.equal(await isLocked(nodeFiles, path), false);
    const first = held(await takeLock(nodeFiles, path));
    assert.equal(await isLocked(nodeFiles, path), true);
    assert.deepEqual(await takeLock(nodeFiles, path), { lockedBy: `process ${process.pid}` });
    await first.release();
    assert.equal(await isLocked(nodeFiles, path), false);
    await held(await takeLock(nodeFiles, path)).release();
  });

  it('is freed by kill -9, whatever file stays behind', async () => {
    const script = `
      import { takeLock } from ${JSON.stringify(fileURLToPath(new URL('../../src/durable/lock.ts', import.meta.url)))};
      import { nodeFiles } from ${JSON.stringify(fileURLToPath(new URL('../../src/durable/files.ts', import.meta.url)))};
      await takeLock(nodeFiles, process.argv[1]);
      process.stdout.write('held');
      setInterval(() => undefined, 60_000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    assert.deepEqual(await takeLock(nodeFiles, path), { lockedBy: `process ${child.pid}` });
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    await held(await takeLock(nodeFiles, path)).release();
  });

  it('is refused where the system cannot lock, and not taken for free', async () => {
    // Nobody has this one open, so the kernel refuses.
    const unlockable: Files = { ...nodeFiles, open: async () => 999_999, close: async () => undefined };
    await rejectedWith('durable.lock_unavailable', takeLock(unlockable, path));
    await rejectedWith('durable.lock_unavailable', isLocked(unlockable, path));
  });
});

function held(taken: FileLock | LockedBy): FileLock {
  assert.ok('release' in taken, 'the lock was taken');
  return taken;
}
