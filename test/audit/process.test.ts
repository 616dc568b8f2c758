import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { verifyLog } from '../../src/audit/verify.ts';
import { rejectedWith } from '../thrown.ts';
import { idsIn, openLog, temporaryFolder } from './open-log.ts';

const WRITER = fileURLToPath(new URL('./writer-process.ts', import.meta.url));

type Child = { process: ChildProcess; lines: Interface; first: string };

async function start(folder: string, prefix = 'r', writers = 0): Promise<Child> {
  const child = spawn(process.execPath, [WRITER, folder, prefix, String(writers)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const [first] = await once(lines, 'line');
  return { process: child, lines, first: String(first) };
}

async function kill(child: Child): Promise<void> {
  const closed = once(child.lines, 'close');
  child.process.kill('SIGKILL');
  await closed;
}

describe('processes and one log', () => {
  let folder: string;
  let remove: () => void;
  beforeEach(() => {
    ({ path: folder, remove } = temporaryFolder());
  });
  afterEach(() => remove());

  it('have it one at a time; kill -9 frees it', async () => {
    const holder = await start(folder);
    assert.equal(holder.first, 'ready');
    const error = await rejectedWith('audit.locked', openLog(folder));
    assert.match(error.message, new RegExp(`process ${holder.process.pid}\\b`));
    const second = await start(folder);
    assert.equal(second.first, 'audit.locked');
    await kill(holder);
    const { log } = await openLog(folder);
    await log.close();
  });

  it('lose nothing that was acknowledged when they are killed under load', async () => {
    const acknowledged: string[] = [];
    for (let round = 0; round < 4; round += 1) {
      const child = await start(folder, `round${round}`, 8);
      let seen = 0;
      const enough = new Promise<void>((resolve) => {
        child.lines.on('line', (id) => {
          acknowledged.push(id);
          seen += 1;
          if (seen === 50 + round * 31) resolve();
        });
      });
      await enough;
      await kill(child);
    }
    const { log } = await openLog(folder);
    await log.close();
    const written = new Set(idsIn(folder));
    assert.ok(acknowledged.length > 300);
    assert.deepEqual(
      acknowledged.filter((id) => !written.has(id)),
      [],
    );
    const result = await verifyLog(folder);
    assert.ok(result.ok, JSON.stringify(result.problems[0]));
  });
});
