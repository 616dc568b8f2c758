import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { replaceFile } from '../../src/durable/replace.ts';
import { rejectedWith } from '../thrown.ts';
import { type FaultyFiles, faultyFiles, type Operation } from './faulty-files.ts';

describe('replacing a file', () => {
  let folder: string;
  let path: string;
  let disk: FaultyFiles;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'exequatur-replace-'));
    path = join(folder, 'file.json');
    writeFileSync(path, 'old', { mode: 0o644 });
    disk = faultyFiles();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const replace = (text: string, mode?: number) =>
    replaceFile(path, Buffer.from(text), { files: disk.files, ...(mode === undefined ? {} : { mode }) });

  it('puts the new bytes in place, for its owner alone, and leaves nothing else', async () => {
    await replace('new');
    assert.equal(readFileSync(path, 'utf8'), 'new');
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(folder), ['file.json']);
    await replace('newer', 0o640);
    assert.equal(statSync(path).mode & 0o777, 0o640);
  });

  it('syncs the bytes before the rename, and the folder after it', async () => {
    const order: string[] = [];
    const watched = { ...disk.files };
    for (const name of ['fsync', 'rename', 'syncFolder'] as const) {
      Object.assign(watched, {
        [name]: (...args: readonly unknown[]) => {
          order.push(name);
          return Reflect.apply(disk.files[name], undefined, args);
        },
      });
    }
    await replaceFile(path, Buffer.from('new'), { files: watched });
    assert.deepEqual(order, ['fsync', 'rename', 'syncFolder']);
  });

  it('goes on after short writes', async () => {
    disk.shorten(1);
    await replace('new bytes');
    assert.equal(readFileSync(path, 'utf8'), 'new bytes');
  });

  const refusals: readonly [Operation, string, string, string][] = [
    ['open', 'EACCES', 'durable.not_replaced', 'write'],
    ['write', 'ENOSPC', 'durable.not_replaced', 'write'],
    ['fsync', 'EIO', 'durable.not_replaced', 'sync'],
    ['rename', 'EROFS', 'durable.not_replaced', 'rename'],
    ['rename', 'EIO', 'durable.unconfirmed', 'rename'],
    ['syncFolder', 'EIO', 'durable.unconfirmed', 'sync_folder'],
  ];
  for (const [operation, system, code, doing] of refusals) {
    it(`says exactly what stands after ${operation} failed with ${system}`, async () => {
      disk.break(operation, system);
      const error = await rejectedWith(code, replace('new'));
      assert.deepEqual(error.detail, { path, doing, system });
      if (code === 'durable.not_replaced') assert.equal(readFileSync(path, 'utf8'), 'old');
      assert.deepEqual(readdirSync(folder), ['file.json']);
      disk.heal();
      await replace('newer');
      assert.equal(readFileSync(path, 'utf8'), 'newer');
    });
  }

  it('leaves the old file when the disk fills up in the midst', async () => {
    disk.fillUpAfter(3, 'ENOSPC');
    await rejectedWith('durable.not_replaced', replace('new bytes'));
    assert.equal(readFileSync(path, 'utf8'), 'old');
    assert.deepEqual(readdirSync(folder), ['file.json']);
  });

  it('removes what a crash left, and nothing that looks alike', async () => {
    // Of a process that certainly has ended: this one begins with nothing under way.
    writeFileSync(`${path}.${process.pid}.0123456789ab.tmp`, 'half');
    const others = [
      `file.json.1.0123456789ab.tmp`,
      'file.json.tmp',
      'file.json.x.tmp',
      'other.json.2.0123456789ab.tmp',
    ];
    for (const name of others) writeFileSync(join(folder, name), 'kept');
    await replace('new');
    assert.deepEqual(readdirSync(folder).sort(), ['file.json', ...others].sort());
  });

  it('replaces a symbolic link and leaves what it led to', async () => {
    const target = join(folder, 'target');
    writeFileSync(target, 'precious');
    rmSync(path);
    symlinkSync(target, path);
    await replace('new');
    assert.equal(readFileSync(target, 'utf8'), 'precious');
    assert.equal(readFileSync(path, 'utf8'), 'new');
  });

  it('never mixes two replacements of one file in one process', async () => {
    const texts = Array.from({ length: 20 }, (_, number) => String(number).repeat(5000));
    await Promise.all(texts.map((text) => replace(text)));
    assert.ok(texts.includes(readFileSync(path, 'utf8')));
    assert.deepEqual(readdirSync(folder), ['file.json']);
  });
});
