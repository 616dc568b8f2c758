import assert from 'node:assert/strict';
import { verifyLog } from '../../src/audit/verify.ts';
import { idsIn, openLog, temporaryFolder } from '../audit/open-log.ts';
import { killWriter, startWriter } from '../audit/writer.ts';

const ROUNDS = 200;

describe(`a log whose writer is killed ${ROUNDS} times under load`, () => {
  const { path: folder, remove } = temporaryFolder();
  after(() => remove());

  it('has every record that was acknowledged, and verifies', async () => {
    const acknowledged: string[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const child = await startWriter(folder, `round${round}`, 16);
      assert.equal(child.first, 'ready', `round ${round}`);
      // Killed after another number of records each round, so in the midst of other steps.
      let left = 1 + ((round * 37) % 400);
      await new Promise<void>((resolve) => {
        child.lines.on('line', (id) => {
          acknowledged.push(id);
          left -= 1;
          if (left === 0) resolve();
        });
      });
      await killWriter(child);
    }
    const { log } = await openLog(folder);
    await log.close();
    const written = idsIn(folder);
    assert.equal(new Set(written).size, written.length, 'no record twice');
    const there = new Set(written);
    assert.deepEqual(
      acknowledged.filter((id) => !there.has(id)),
      [],
    );
    const result = await verifyLog(folder);
    assert.ok(result.ok, JSON.stringify(result.problems[0]));
    assert.equal(result.records, written.length);
  });
});
