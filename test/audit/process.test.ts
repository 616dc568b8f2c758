import assert from 'node:assert/strict';
import { verifyLog } from '../../src/audit/verify.ts';
import { rejectedWith } from '../thrown.ts';
import { idsIn, openLog, temporaryFolder } from './open-log.ts';
import { killWriter, startWriter } from './writer.ts';

describe('processes and one log', () => {
  let folder: string;
  let remove: () => void;
  beforeEach(() => {
    ({ path: folder, remove } = temporaryFolder());
  });
  afterEach(() => remove());

  it('have it one at a time; kill -9 frees it', async () => {
    const holder = await startWriter(folder);
    assert.equal(holder.first, 'ready');
    const error = await rejectedWith('audit.locked', openLog(folder));
    assert.match(error.message, new RegExp(`process ${holder.process.pid}\\b`));
    const second = await startWriter(folder);
    assert.equal(second.first, 'audit.locked');
    await killWriter(holder);
    const { log } = await openLog(folder);
    await log.close();
  });

  it('lose nothing that was acknowledged when they are killed under load', async () => {
    const acknowledged: string[] = [];
    for (let round = 0; round < 4; round += 1) {
      const child = await startWriter(folder, `round${round}`, 8);
      let seen = 0;
      const enough = new Promise<void>((resolve) => {
        child.lines.on('line', (id) => {
          acknowledged.push(id);
          seen += 1;
          if (seen === 50 + round * 31) resolve();
        });
      });
      await enough;
      await killWriter(child);
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
