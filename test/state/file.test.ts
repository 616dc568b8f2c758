import assert from 'node:assert/strict';
import {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initFileState, openFileState, readStateFile } from '../../src/state/file.ts';
import { entryText, stateFileText } from '../../src/state/file-format.ts';
import { type FaultyFiles, faultyFiles, type Operation } from '../durable/faulty-files.ts';
import { rejectedWith } from '../thrown.ts';

const BOUNDS = { max_entries: 1000, max_bytes: 1_000_000 };

describe('state in a file', () => {
  let folder: string;
  let path: string;
  let disk: FaultyFiles;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'exequatur-state-'));
    path = join(folder, 'state.json');
    disk = faultyFiles();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const open = () => openFileState(path, BOUNDS, disk.files);
  const init = () => initFileState(path, { overwrite: false });
  async function written(...values: readonly string[]): Promise<void> {
    await init();
    const state = await open();
    for (const [index, value] of values.entries()) assert.ok(await state.compareAndSet('mark', index, value));
    await state.close();
  }

  it('is refused where the system cannot lock the file', async () => {
    await init();
    // Nobody has this one open, so the kernel refuses.
    const unlockable = { ...disk.files, open: async () => 999_999, close: async () => undefined };
    await rejectedWith('state.lock_unavailable', openFileState(path, BOUNDS, unlockable));
  });

  it('is never begun anew where it is missing', async () => {
    await rejectedWith('state.lost', open());
    assert.deepEqual(
      readdirSync(folder).filter((name) => name === 'state.json'),
      [],
    );
    await rejectedWith('state.lost', openFileState(join(folder, 'none', 'state.json'), BOUNDS));
    await rejectedWith('state.lost', readStateFile(path));
  });

  it('is made once, empty, for its owner alone', async () => {
    await init();
    assert.equal(statSync(path).mode & 0o777, 0o600);
    await rejectedWith('state.exists', init());
    const state = await open();
    assert.equal(await state.read('mark'), undefined);
    await rejectedWith('state.locked', initFileState(path, { overwrite: true }));
    await state.close();
    await initFileState(path, { overwrite: true });
  });

  it('keeps what it confirmed', async () => {
    await written('one', 'two', 'drei ü 🂡');
    const state = await open();
    assert.deepEqual(await state.read('mark'), { revision: 3, value: 'drei ü 🂡' });
    assert.equal(await state.compareAndSet('mark', 2, 'late'), false);
    await state.close();
    await rejectedWith('state.closed', state.read('mark'));
    await rejectedWith('state.closed', state.compareAndSet('mark', 3, 'x'));
  });

  it('refuses each flipped byte, each cut and each addition', async () => {
    await written('one', 'two');
    const whole = readFileSync(path);
    for (let at = 0; at < whole.length; at += 1) {
      const flipped = Buffer.from(whole);
      flipped[at] = (whole[at] ?? 0) ^ 1;
      writeFileSync(path, flipped);
      await rejectedWith('state.torn', open());
      writeFileSync(path, whole.subarray(0, at));
      await rejectedWith('state.torn', open());
    }
    for (const text of [
      `${whole} `,
      `\ufeff${whole}`,
      `${whole}`.replace('{', '{ '),
      '{}',
      '[]',
      'null',
      '{"exequatur_state":2}',
    ]) {
      writeFileSync(path, text);
      await rejectedWith('state.torn', open());
    }
    writeFileSync(path, whole);
    await (await open()).close();
  });

  it('refuses an entry that was lowered, removed or doubled though the text is well formed', async () => {
    await written('one', 'two');
    const text = readFileSync(path, 'utf8');
    for (const changed of [
      text.replace('["mark",2,"two"]', '["mark",1,"one"]'),
      text.replace('[\n["mark",2,"two"]\n]', '[]'),
      text.replace('["mark",2,"two"]', '["mark",1,"two"],\n["mark",1,"two"]'),
    ]) {
      assert.notEqual(changed, text);
      writeFileSync(path, changed);
      await rejectedWith('state.torn', open());
    }
  });

  it('refuses a revision that is not the number of writes, whatever the checksum says', async () => {
    await init();
    const rows = [entryText('mark', { revision: 2, value: 'two' })];
    for (const revision of [1, 3]) {
      writeFileSync(path, stateFileText({ store: 'store', revision, removed: 0 }, rows));
      await rejectedWith('state.torn', open());
    }
    writeFileSync(path, stateFileText({ store: 'store', revision: 2, removed: 0 }, rows));
    await (await open()).close();
  });

  it('lets an entry shrink though there is more than lowered bounds allow', async () => {
    await written('x'.repeat(60_000));
    const state = await openFileState(path, { max_entries: 1, max_bytes: 10_000 });
    assert.ok(await state.compareAndSet('mark', 1, 'x'.repeat(50_000)));
    await rejectedWith('state.full', state.compareAndSet('mark', 2, 'x'.repeat(50_001)));
    await rejectedWith('state.full', state.compareAndSet('more', 0, ''));
    await state.close();
  });

  it('refuses a file that others may read or write', async () => {
    await written('one');
    for (const mode of [0o604, 0o640, 0o660, 0o602]) {
      chmodSync(path, mode);
      const error = await rejectedWith('state.permissions', open());
      assert.match(error.message, /chmod 600/);
    }
    chmodSync(path, 0o600);
    await (await open()).close();
  });

  it('is for one process at a time', async () => {
    await written('one');
    const state = await open();
    await rejectedWith('state.locked', open());
    await state.close();
    await (await open()).close();
  });

  it('lets one of many racing writers through, and tells the others', async () => {
    await init();
    const state = await open();
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, number) => state.compareAndSet('mark', 0, `${number}`)),
    );
    assert.equal(results.filter(Boolean).length, 1);
    assert.deepEqual(await state.read('mark'), { revision: 1, value: String(results.indexOf(true)) });
    // A chain within one batch counts each write.
    const chain = await Promise.all(
      Array.from({ length: 50 }, (_, number) => state.compareAndSet('other', number, 'v')),
    );
    assert.ok(chain.every(Boolean));
    await state.close();
    assert.equal((await readStateFile(path)).revision, 51);
    // All that came while the first was written went into one file.
    assert.ok(disk.calls('rename') < 10, `${disk.calls('rename')} files were written`);
  });

  it('says that it is full, writes nothing then, and goes on', async () => {
    await init();
    const state = await openFileState(path, { max_entries: 2, max_bytes: 70 });
    assert.ok(await state.compareAndSet('a', 0, 'x'.repeat(10)));
    assert.ok(await state.compareAndSet('b', 0, 'x'.repeat(10)));
    const error = await rejectedWith('state.full', state.compareAndSet('c', 0, ''));
    assert.equal(error.detail.outcome, 'not_written');
    await rejectedWith('state.full', state.compareAndSet('a', 1, 'x'.repeat(80)));
    assert.deepEqual(await state.read('a'), { revision: 1, value: 'x'.repeat(10) });
    assert.ok(await state.compareAndSet('a', 1, 'y'));
    await state.close();
  });

  it('keeps what stood there when the disk is full, and goes on when it is not', async () => {
    await written('one');
    const state = await open();
    for (const [operation, system] of [
      ['open', 'EACCES'],
      ['write', 'ENOSPC'],
      ['rename', 'EROFS'],
    ] as const) {
      disk.break(operation, system);
      const error = await rejectedWith('state.unwritable', state.compareAndSet('mark', 1, 'two'));
      assert.equal(error.detail.outcome, 'not_written');
      assert.deepEqual(await state.read('mark'), { revision: 1, value: 'one' });
      disk.heal();
    }
    assert.ok(await state.compareAndSet('mark', 1, 'two'));
    await state.close();
  });

  const unsure: readonly [Operation, string, string][] = [
    ['fsync', 'not_written', 'one'],
    ['rename', 'unknown', 'one'],
    ['syncFolder', 'unknown', 'two'],
  ];
  for (const [operation, outcome, after] of unsure) {
    it(`is not used after ${operation} failed until it is opened anew`, async () => {
      await written('one');
      const state = await open();
      disk.break(operation, 'EIO');
      const error = await rejectedWith('state.failed', state.compareAndSet('mark', 1, 'two'));
      assert.equal(error.detail.outcome, outcome);
      disk.heal();
      await rejectedWith('state.failed', state.read('mark'));
      await rejectedWith('state.failed', state.compareAndSet('mark', 1, 'two'));
      await rejectedWith('state.failed', state.list('', 10));
      assert.deepEqual(disk.writtenAfterFailedSync(), []);
      await state.close();
      const again = await open();
      assert.equal((await again.read('mark'))?.value, after);
      await again.close();
    });
  }

  it('writes what it read once more before it counts, since the disk may hold something else', async () => {
    await written('one');
    disk.break('fsync', 'EIO');
    await rejectedWith('state.unwritable', open());
    disk.heal();
    const before = disk.calls('fsync');
    await (await open()).close();
    assert.equal(disk.calls('fsync'), before + 1);
  });

  it('takes no key and no value that another store would not take', async () => {
    await init();
    const state = await open();
    for (const key of ['', 'ü', 'a\n', 'x'.repeat(513)]) {
      await rejectedWith('state.invalid_key', state.read(key));
      await rejectedWith('state.invalid_key', state.compareAndSet(key, 0, ''));
    }
    await rejectedWith('state.invalid_value', state.compareAndSet('k', 0, 'x'.repeat(65_537)));
    await rejectedWith('state.invalid_value', state.compareAndSet('k', 0, '\ud800'));
    for (const expected of [-1, 0.5, Number.NaN, 2 ** 53]) {
      await rejectedWith('state.invalid_value', state.compareAndSet('k', expected, ''));
    }
    assert.ok(await state.compareAndSet('k'.repeat(512), 0, 'x'.repeat(65_536)));
    assert.ok(await state.compareAndSet('__proto__', 0, 'x'));
    assert.deepEqual(await state.read('__proto__'), { revision: 1, value: 'x' });
    await state.close();
  });

  it('is restored from a whole copy', async () => {
    await written('one');
    copyFileSync(path, `${path}.copy`);
    await initFileState(path, { overwrite: true });
    copyFileSync(`${path}.copy`, path);
    const state = await open();
    assert.equal((await state.read('mark'))?.value, 'one');
    await state.close();
  });
});
