import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readObject } from '../../src/audit/objects.ts';
import { verifyLog } from '../../src/audit/verify.ts';
import { nodeFiles } from '../../src/durable/files.ts';
import { rejectedWith } from '../thrown.ts';
import { draft, idsIn, openLog, segmentFiles, temporaryFolder } from './open-log.ts';

describe('the audit log', () => {
  let folder: string;
  let remove: () => void;
  beforeEach(() => {
    ({ path: folder, remove } = temporaryFolder());
  });
  afterEach(() => remove());

  it('chains 10,000 records of many writers, in the order of their calls', async () => {
    const { log } = await openLog(folder);
    const positions = await Promise.all(Array.from({ length: 10_000 }, (_, n) => log.append(draft(`r${n}`))));
    assert.deepEqual(
      positions.map(({ index }) => index),
      Array.from({ length: 10_000 }, (_, n) => n),
    );
    await log.close();
    const result = await verifyLog(folder);
    assert.deepEqual([result.ok, result.records, result.head], [true, 10_000, positions.at(-1)?.leaf]);
    assert.deepEqual(
      idsIn(folder),
      positions.map((_, n) => `r${n}`),
    );
  });

  it('goes on after it was closed, in a new segment, under the same origin', async () => {
    const first = await openLog(folder, { config: { origin: 'log.example/one' } });
    await first.log.append(draft('a'));
    await first.log.close();
    const inode = statSync(segmentFiles(folder)[0] ?? '').ino;
    const second = await openLog(folder);
    assert.equal(second.log.origin, 'log.example/one');
    const position = await second.log.append(draft('b'));
    assert.deepEqual([position.index, position.origin], [1, 'log.example/one']);
    await second.log.close();
    assert.equal(segmentFiles(folder).length, 2);
    assert.equal(statSync(segmentFiles(folder)[0] ?? '').ino, inode, 'a sealed segment is not copied');
    assert.deepEqual(
      second.events.filter(({ type }) => type === 'repaired'),
      [],
    );
    assert.equal((await verifyLog(folder)).ok, true);
    await rejectedWith('audit.origin_mismatch', openLog(folder, { config: { origin: 'log.example/two' } }));
    const third = await openLog(folder);
    await third.log.close();
  });

  it('opens again under whatever name its instance has', async () => {
    for (const instance of ['é'.repeat(256), 'a b+c', '\ud800']) {
      const other = temporaryFolder();
      try {
        const opened = await openLog(other.path, { instance });
        await opened.log.close();
        const { log } = await openLog(other.path, { instance });
        assert.equal(log.origin, opened.log.origin);
        await log.close();
        assert.equal((await verifyLog(other.path)).origin, log.origin);
      } finally {
        other.remove();
      }
    }
  });

  it('keeps folder and files for its own user', async () => {
    const { log } = await openLog(join(folder, 'deep', 'log'));
    await log.append(draft('a'));
    await log.close();
    const path = join(folder, 'deep', 'log');
    assert.equal(statSync(path).mode & 0o777, 0o700);
    for (const name of readdirSync(path)) assert.equal(statSync(join(path, name)).mode & 0o777, 0o600, name);
  });

  it('masks before it writes', async () => {
    const { log } = await openLog(folder, { config: { mask: ['/context/password'] } });
    await log.append(draft('a', {}, { context: { password: 'hunter2', user: 'x' } }));
    await log.close();
    const text = readFileSync(segmentFiles(folder)[0] ?? '', 'utf8');
    assert.ok(!text.includes('hunter2') && text.includes('"password":{"masked":true}'));
    assert.equal((await verifyLog(folder)).ok, true);
  });

  it('gives no place to a record that it refuses', async () => {
    const { log } = await openLog(folder);
    const settled = await Promise.allSettled([
      log.append(draft('a')),
      log.append(draft('b', { filler: 'x'.repeat(70_000) })),
      log.append(draft('c', { index: 7 })),
      log.append(draft('d', { latency_us: Number.NaN })),
      log.append(draft('e', {}, { filler: 'x'.repeat(5_000_000) })),
      log.append(draft('f')),
    ]);
    const codes = settled.map((one) => (one.status === 'rejected' ? String(one.reason.code) : 'appended'));
    assert.deepEqual(codes, [
      'appended',
      'audit.record_too_large',
      'audit.member_reserved',
      'audit.not_json',
      'audit.payload_too_large',
      'appended',
    ]);
    await log.close();
    assert.deepEqual(idsIn(folder), ['a', 'f']);
    assert.equal((await verifyLog(folder)).ok, true);
  });

  it('begins a new segment by size and by age', async () => {
    let now = 1_000_000;
    const segment = { max_bytes: 4096, max_age_seconds: 60 };
    const { log } = await openLog(folder, { config: { segment }, now: () => now });
    for (let n = 0; n < 12; n += 1) await log.append(draft(`r${n}`, { filler: 'x'.repeat(1000) }));
    const bySize = segmentFiles(folder).length;
    assert.ok(bySize >= 4, String(bySize));
    for (const path of segmentFiles(folder)) assert.ok(statSync(path).size <= 4096, path);
    await log.append(draft('young'));
    const before = segmentFiles(folder).length;
    now += 60_000;
    await log.append(draft('old'));
    assert.equal(segmentFiles(folder).length, before + 1);
    await log.close();
    const result = await verifyLog(folder);
    assert.deepEqual([result.ok, result.records], [true, 14]);
  });

  it('refuses beyond its queue, by number and by bytes, and goes on afterwards', async () => {
    for (const queue of [
      { max_records: 3, max_bytes: 1e9 },
      { max_records: 1000, max_bytes: 1500 },
    ]) {
      const { log } = await openLog(folder, { config: { queue } });
      const settled = await Promise.allSettled(Array.from({ length: 10 }, (_, n) => log.append(draft(`r${n}`))));
      const refused = settled.filter(({ status }) => status === 'rejected');
      assert.ok(refused.length > 0 && refused.length < 10);
      for (const one of refused) assert.ok(one.status === 'rejected' && one.reason.code === 'audit.overloaded');
      await log.append(draft('later'));
      await log.close();
    }
    assert.equal((await verifyLog(folder)).ok, true);
  });

  it('writes what waits before it closes, and refuses what comes later', async () => {
    const { log } = await openLog(folder);
    const waiting = log.append(draft('a'));
    const closing = log.close();
    await rejectedWith('audit.closed', log.append(draft('b')));
    await Promise.all([waiting, closing, log.close()]);
    assert.deepEqual(idsIn(folder), ['a']);
    const state = log.state();
    assert.equal(state.kind, 'closed');
  });

  it('keeps objects under their digest, once, and mends a damaged one', async () => {
    const { log } = await openLog(folder);
    const bytes = Buffer.from('the policy');
    const [digest, again] = await Promise.all([log.keepObject(bytes, '.tar.gz'), log.keepObject(bytes)]);
    assert.equal(digest, again);
    await log.keepObject(bytes);
    const names = readdirSync(join(folder, 'objects'));
    assert.deepEqual(names, [`${digest.slice(7)}.tar.gz`]);
    assert.deepEqual(await readObject(nodeFiles, folder, digest), bytes);
    const path = join(folder, 'objects', names[0] ?? '');
    const fd = await nodeFiles.open(path, 'r+');
    await nodeFiles.write(fd, Buffer.from('X'), 0, 1, 3);
    await nodeFiles.close(fd);
    await rejectedWith('audit.object_damaged', readObject(nodeFiles, folder, digest));
    const found = await verifyLog(folder);
    assert.deepEqual(
      found.problems.map(({ code, file }) => [code, file]),
      [['audit.object_damaged', `objects/${names[0]}`]],
    );
    await log.keepObject(bytes);
    assert.deepEqual(await readObject(nodeFiles, folder, digest), bytes);
    await log.close();
  });

  it('reports low space, and enough again', async () => {
    let free = 5000;
    const files = { ...nodeFiles, freeBytes: async () => free };
    const { log, events, fire } = await openLog(folder, {
      files,
      config: { low_space: { free_bytes: 1000, interval_seconds: 30 } },
    });
    const look = async (): Promise<void> => {
      fire();
      await log.append(draft('tick'));
    };
    await look();
    free = 999;
    await look();
    const state = log.state();
    assert.deepEqual([state.kind, state.lowSpace, state.freeBytes], ['ready', true, 999]);
    free = 1050;
    await look();
    assert.equal(log.state().lowSpace, true, 'not back and forth around the threshold');
    free = 1200;
    await look();
    const space = events.filter(({ type }) => type.startsWith('space'));
    assert.deepEqual(
      space.map(({ type }) => type),
      ['space_low', 'space_enough'],
    );
    await log.close();
  });

  it('is one process at a time: a second opening is refused until the first has closed', async () => {
    const { log } = await openLog(folder);
    const error = await rejectedWith('audit.locked', openLog(folder));
    assert.match(error.message, new RegExp(`process ${process.pid}`));
    await log.close();
    await (await openLog(folder)).log.close();
  });
});
