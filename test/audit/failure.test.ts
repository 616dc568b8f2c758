import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { auditConfig } from '../../src/audit/config.ts';
import { type AuditLog, openAuditLog } from '../../src/audit/log.ts';
import { verifyLog } from '../../src/audit/verify.ts';
import { type FaultyFiles, faultyFiles, type Operation } from '../durable/faulty-files.ts';
import { rejectedWith } from '../thrown.ts';
import { draft, idsIn, manualSchedule, type OpenedLog, openLog, segmentFiles, temporaryFolder } from './open-log.ts';

const FAULTS: readonly { name: string; code: string; inflict: (faults: FaultyFiles) => void }[] = [
  { name: 'a full disk', code: 'audit.disk_full', inflict: (faults) => faults.break('write', 'ENOSPC') },
  { name: 'a full quota', code: 'audit.disk_full', inflict: (faults) => faults.break('write', 'EDQUOT') },
  {
    name: 'a disk that fills up in a write',
    code: 'audit.disk_full',
    inflict: (faults) => faults.fillUpAfter(100, 'ENOSPC'),
  },
  { name: 'a read-only disk', code: 'audit.read_only', inflict: (faults) => faults.break('write', 'EROFS') },
  { name: 'a failing write', code: 'audit.write_failed', inflict: (faults) => faults.break('write', 'EIO') },
  { name: 'a failing sync', code: 'audit.fsync_failed', inflict: (faults) => faults.break('fdatasync', 'EIO') },
  {
    name: 'a sync that finds no space',
    code: 'audit.disk_full',
    inflict: (faults) => faults.break('fdatasync', 'ENOSPC'),
  },
];

/** Appends that are under way together; the ids of those that were acknowledged, and the codes of the others. */
async function appendAll(log: AuditLog, ids: readonly string[]): Promise<{ acknowledged: string[]; codes: string[] }> {
  const acknowledged: string[] = [];
  const codes: string[] = [];
  await Promise.all(
    ids.map((id) =>
      log.append(draft(id)).then(
        () => acknowledged.push(id),
        (error: unknown) => codes.push(error instanceof Error && 'code' in error ? String(error.code) : 'none'),
      ),
    ),
  );
  return { acknowledged, codes };
}

/** Lets the retry's timer fire, and waits until the log has reported how it went. */
async function retried(opened: OpenedLog): Promise<string> {
  const before = opened.events.length;
  opened.fire();
  for (;;) {
    const told = opened.events.slice(before).find(({ type }) => type === 'recovered' || type === 'recovery_failed');
    if (told !== undefined) return told.type;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('a log whose disk fails', () => {
  let folder: string;
  let remove: () => void;
  let faults: FaultyFiles;
  beforeEach(() => {
    ({ path: folder, remove } = temporaryFolder());
    faults = faultyFiles();
  });
  afterEach(() => remove());

  for (const { name, code, inflict } of FAULTS) {
    it(`acknowledges nothing on ${name}, says why, and loses nothing that it acknowledged`, async () => {
      const opened = await openLog(folder, { files: faults.files });
      const { log, events } = opened;
      const before = await appendAll(log, ['a', 'b', 'c']);
      assert.equal(before.acknowledged.length, 3);
      inflict(faults);
      const during = await appendAll(log, ['d', 'e', 'f']);
      assert.deepEqual(during, { acknowledged: [], codes: [code, code, code] });
      const state = log.state();
      assert.ok(state.kind === 'failed' && state.code === code);
      assert.ok(events.some((event) => event.type === 'failed' && event.code === code && event.cause !== undefined));
      const syncs = faults.calls('fdatasync');
      await rejectedWith(code, log.append(draft('g')));
      assert.equal(faults.calls('fdatasync'), syncs, 'refused at once, without asking the disk');
      faults.heal();
      assert.equal(await retried(opened), 'recovered');
      const after = await appendAll(log, ['h', 'i']);
      assert.equal(after.acknowledged.length, 2);
      await log.close();
      const ids = idsIn(folder);
      for (const id of ['a', 'b', 'c', 'h', 'i']) assert.ok(ids.includes(id), `${id} in ${ids}`);
      assert.ok(!ids.includes('g'));
      const result = await verifyLog(folder);
      assert.ok(result.ok, JSON.stringify(result.problems));
      assert.deepEqual(faults.writtenAfterFailedSync(), []);
    });
  }

  it('trusts nothing that a failed sync left in the file', async () => {
    const opened = await openLog(folder, { files: faults.files });
    await appendAll(opened.log, ['a', 'b']);
    const [segment = ''] = segmentFiles(folder);
    const { size, ino } = statSync(segment);
    // What the system had not written is gone: zeros where the page cache showed a record.
    faults.onFailedSync(async (path) => {
      const length = statSync(path).size;
      truncateSync(path, size);
      truncateSync(path, length);
    });
    faults.break('fdatasync', 'EIO');
    await appendAll(opened.log, ['c', 'd']);
    faults.heal();
    assert.equal(await retried(opened), 'recovered');
    const { index } = await opened.log.append(draft('e'));
    await opened.log.close();
    assert.deepEqual([index, idsIn(folder)], [2, ['a', 'b', 'e']]);
    assert.equal((await verifyLog(folder)).ok, true);
    assert.notEqual(statSync(segment).ino, ino, 'the segment is another file now');
    assert.ok(readdirSync(folder).some((name) => name.startsWith('torn-')));
  });

  it('does not take records again where an acknowledged one is not on the disk', async () => {
    const opened = await openLog(folder, { files: faults.files });
    await appendAll(opened.log, ['a', 'b']);
    const [segment = ''] = segmentFiles(folder);
    faults.onFailedSync(async (path) => writeFileSync(path, `${readFileSync(path, 'utf8').split('\n')[0]}\n`));
    faults.break('fdatasync', 'EIO');
    await appendAll(opened.log, ['c']);
    const left = readFileSync(segment, 'utf8');
    faults.heal();
    assert.equal(await retried(opened), 'recovery_failed');
    const state = opened.log.state();
    assert.ok(state.kind === 'failed' && state.code === 'audit.corrupt');
    assert.equal(readFileSync(segment, 'utf8'), left, 'the evidence is not touched');
    await opened.log.close();
  });

  it('answers every writer, also where whoever takes its reports throws', async () => {
    const { schedule } = manualSchedule();
    const onEvent = (): never => {
      throw new Error('the sink is broken');
    };
    const log = await openAuditLog({
      ...auditConfig.parse({}),
      folder,
      instance: 'i-1',
      tenant: 'default',
      randomBytes,
      schedule,
      onEvent,
      files: faults.files,
    });
    faults.break('fdatasync', 'EIO');
    assert.deepEqual((await appendAll(log, ['a', 'b'])).codes, ['audit.fsync_failed', 'audit.fsync_failed']);
    await log.close();
  });

  it('goes on after short writes', async () => {
    const { log } = await openLog(folder, { files: faults.files });
    faults.shorten(7);
    const { acknowledged } = await appendAll(log, ['a', 'b', 'c']);
    assert.equal(acknowledged.length, 3);
    await log.close();
    assert.deepEqual(idsIn(folder), ['a', 'b', 'c']);
    assert.equal((await verifyLog(folder)).ok, true);
  });

  it('loses nothing wherever in a write the disk fills up', async () => {
    const opened = await openLog(folder, { files: faults.files });
    const expected: string[] = [];
    for (let room = 1; room < 900; room += 83) {
      const id = `kept${room}`;
      await opened.log.append(draft(id));
      expected.push(id);
      faults.fillUpAfter(room, 'ENOSPC');
      await appendAll(opened.log, [`x${room}`, `y${room}`]);
      faults.heal();
      assert.equal(await retried(opened), 'recovered');
    }
    await opened.log.close();
    const kept = idsIn(folder).filter((id) => id.startsWith('kept'));
    assert.deepEqual(kept, expected);
    const result = await verifyLog(folder);
    assert.ok(result.ok, JSON.stringify(result.problems[0]));
  });

  const steps: Operation[] = ['open', 'read', 'write', 'fsync', 'rename', 'syncFolder'];
  for (const step of steps) {
    it(`recovers later where recovering fails at ${step}, as often as it takes`, async () => {
      const opened = await openLog(folder, { files: faults.files });
      await appendAll(opened.log, ['a', 'b']);
      faults.break('fdatasync', 'EIO');
      await appendAll(opened.log, ['c']);
      faults.heal();
      faults.break(step, 'EIO');
      for (let attempt = 0; attempt < 3; attempt += 1) {
        assert.equal(await retried(opened), 'recovery_failed');
        assert.equal(opened.log.state().kind, 'failed');
      }
      faults.heal();
      assert.equal(await retried(opened), 'recovered');
      await opened.log.append(draft('d'));
      await opened.log.close();
      assert.deepEqual(
        idsIn(folder).filter((id) => id !== 'c'),
        ['a', 'b', 'd'],
      );
      assert.equal((await verifyLog(folder)).ok, true);
      assert.deepEqual(
        readdirSync(folder).filter((name) => name.endsWith('.tmp')),
        [],
      );
    });

    it(`does not open where opening fails at ${step}, and leaves the folder free`, async () => {
      const first = await openLog(folder);
      await first.log.append(draft('a'));
      await first.log.close();
      // As after a crash: without a seal the segment has to be copied.
      rmSync(join(folder, 'sealed.json'));
      faults.break(step, 'EROFS');
      await assert.rejects(openLog(folder, { files: faults.files }), { name: 'CodedError' });
      const again = await openLog(folder);
      await again.log.close();
      assert.deepEqual(idsIn(folder), ['a']);
    });
  }

  it('fails where a new segment cannot be made, and recovers', async () => {
    const opened = await openLog(folder, { files: faults.files });
    faults.break('syncFolder', 'EIO');
    assert.deepEqual((await appendAll(opened.log, ['a'])).codes, ['audit.fsync_failed']);
    faults.heal();
    assert.equal(await retried(opened), 'recovered');
    assert.equal((await opened.log.append(draft('b'))).index, 0);
    await opened.log.close();
    assert.deepEqual(idsIn(folder), ['b']);
    assert.equal((await verifyLog(folder)).ok, true);
  });

  it('closes while it has failed, and opens again whole', async () => {
    const { log } = await openLog(folder, { files: faults.files });
    await appendAll(log, ['a']);
    faults.break('fdatasync', 'EIO');
    await appendAll(log, ['b']);
    await log.close();
    const again = await openLog(folder);
    await again.log.append(draft('c'));
    await again.log.close();
    assert.deepEqual(
      idsIn(folder).filter((id) => id !== 'b'),
      ['a', 'c'],
    );
    assert.equal((await verifyLog(folder)).ok, true);
  });
});
