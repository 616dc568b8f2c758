import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initFileState, openFileState, readStateFile } from '../../src/state/file.ts';
import { entryText, stateFileText } from '../../src/state/file-format.ts';
import { type FaultyFiles, faultyFiles, type Operation } from '../durable/faulty-files.ts';
import { rejectedWith } from '../thrown.ts';

const BOUNDS = { max_entries: 1000, max_bytes: 1_000_000 };

/** Files as they were written before there were removals, also where keys that pass stood in them. */
const BEFORE_REMOVALS = [
  '{"exequatur_state":1,"store":"7d4f8c1e-0b7a-4c58-9d0e-5a1f2b3c4d5e","revision":0,"checksum":"sha256:c5003fc42fe557f67355646c4715942de668b67c65e07e36fc5b45ccc7a81d51","entries":[]}\n',
  '{"exequatur_state":1,"store":"7d4f8c1e-0b7a-4c58-9d0e-5a1f2b3c4d5e","revision":5,"checksum":"sha256:502388b43b8f43cb7b6565b6a8e29f6192962fdf5aa849cc238535cd037091c3","entries":[\n["mark",2,"two ü"],\n["passing/a",3,""]\n]}\n',
] as const;

/** A file from which `passing/a` was removed at revision 3. */
const AFTER_REMOVAL =
  '{"exequatur_state":1,"store":"7d4f8c1e-0b7a-4c58-9d0e-5a1f2b3c4d5e","revision":6,"removed":4,"checksum":"sha256:b35bea1fcf55660c7a997d1c039530f797b16333d8a4166d1ca6fa51e6548ff8","entries":[\n["mark",2,"two ü"]\n]}\n';

describe('removal from a file', () => {
  let folder: string;
  let path: string;
  let disk: FaultyFiles;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'exequatur-removal-'));
    path = join(folder, 'state.json');
    disk = faultyFiles();
    await initFileState(path, { overwrite: false });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const open = (bounds = BOUNDS) => openFileState(path, bounds, disk.files);
  const text = () => readFileSync(path, 'utf8');
  /** A mark at revision 2 and, removed, what passed at 1. */
  async function removed(): Promise<void> {
    const state = await open();
    assert.ok(await state.compareAndSet('mark', 0, 'one'));
    assert.ok(await state.compareAndSet('passing/a', 0, 'x'));
    assert.ok(await state.compareAndSet('mark', 1, 'two'));
    assert.ok(await state.remove('passing/a', 1));
    await state.close();
  }

  it('leaves the text that this version writes, in any later one', async () => {
    writeFileSync(path, AFTER_REMOVAL);
    const state = await open();
    assert.deepEqual(await state.read('mark'), { revision: 2, value: 'two ü' });
    await state.close();
    assert.equal(text(), AFTER_REMOVAL);
  });

  it('is on the disk when it is confirmed, and counted', async () => {
    await removed();
    const { revision, removed: lacking, entries } = await readStateFile(path);
    assert.deepEqual([revision, lacking], [4, 2]);
    assert.deepEqual([...entries], [['mark', { revision: 2, value: 'two' }]]);
    const before = text();
    const state = await open();
    assert.equal(text(), before);
    assert.equal(await state.read('passing/a'), undefined);
    assert.deepEqual(await state.list('', 10), ['mark']);
    assert.equal(await state.remove('passing/a', 1), false);
    assert.equal(text(), before);
    assert.ok(await state.compareAndSet('passing/a', 0, 'anew'));
    assert.deepEqual(await state.read('passing/a'), { revision: 1, value: 'anew' });
    assert.ok(await state.remove('passing/a', 1));
    assert.ok(await state.compareAndSet('mark', 2, 'three'));
    await state.close();
    const after = await readStateFile(path);
    assert.deepEqual([after.revision, after.removed, [...after.entries.keys()]], [7, 4, ['mark']]);
  });

  it('counts each change of one key within a batch, and leaves what they come to', async () => {
    const state = await open();
    assert.ok(await state.compareAndSet('passing/c', 0, 'stands'));
    const first = state.compareAndSet('mark', 0, 'one');
    // While that is under way the others wait, for one file.
    const rest = [
      state.compareAndSet('passing/a', 0, '1'),
      state.compareAndSet('passing/a', 1, '2'),
      state.remove('passing/a', 1),
      state.remove('passing/a', 2),
      state.remove('passing/a', 2),
      state.compareAndSet('passing/a', 2, 'late'),
      state.compareAndSet('passing/a', 0, 'anew'),
      state.compareAndSet('passing/b', 0, 'short'),
      state.remove('passing/b', 1),
      state.remove('passing/c', 1),
      state.compareAndSet('passing/c', 1, 'late'),
      state.compareAndSet('passing/c', 0, 'anew'),
    ];
    assert.ok(await first);
    assert.deepEqual(await Promise.all(rest), [
      ...[true, true, false, true, false, false, true],
      ...[true, true, true, false, true],
    ]);
    assert.deepEqual(await state.read('passing/a'), { revision: 1, value: 'anew' });
    // One file when it was opened, one for each of the two that stood alone, one for the batch.
    assert.equal(disk.calls('rename'), 4);
    await state.close();
    const { revision, removed: lacking, entries } = await readStateFile(path);
    assert.deepEqual([revision, lacking, [...entries.keys()]], [10, 3 + 2 + 2, ['passing/c', 'mark', 'passing/a']]);
  });

  it('gives the bounds back, also within the batch, and to nobody before the disk has it', async () => {
    const state = await open({ max_entries: 2, max_bytes: 30 });
    assert.ok(await state.compareAndSet('passing/a', 0, 'x'.repeat(10)));
    await rejectedWith('state.full', state.compareAndSet('passing/b', 0, 'x'.repeat(10)));
    // The first goes into a file of its own, the two behind it into one.
    const exchanged = (revision: number, value: string) =>
      Promise.all([
        state.compareAndSet('mark', revision, ''),
        state.remove('passing/a', 1),
        state.compareAndSet('passing/a', 0, value),
      ]);
    assert.deepEqual(await exchanged(0, 'y'.repeat(16)), [true, true, true]);
    await rejectedWith('state.full', state.compareAndSet('passing/b', 0, ''));
    assert.deepEqual(await exchanged(1, ''), [true, true, true]);
    await rejectedWith('state.full', state.compareAndSet('d', 0, ''));
    disk.break('write', 'ENOSPC');
    await rejectedWith('state.unwritable', state.remove('passing/a', 1));
    disk.heal();
    await rejectedWith('state.full', state.compareAndSet('d', 0, ''));
    assert.ok(await state.remove('passing/a', 1));
    assert.ok(await state.compareAndSet('d', 0, ''));
    await state.close();
  });

  const unsure: readonly [Operation, string, number][] = [
    ['fsync', 'not_written', 1],
    ['rename', 'unknown', 1],
    ['syncFolder', 'unknown', 0],
  ];
  for (const [operation, outcome, left] of unsure) {
    it(`is not confirmed when ${operation} failed, and took place as a whole or not at all`, async () => {
      const before = await open();
      assert.ok(await before.compareAndSet('passing/a', 0, 'x'));
      disk.break(operation, 'EIO');
      const error = await rejectedWith('state.failed', before.remove('passing/a', 1));
      assert.equal(error.detail.outcome, outcome);
      disk.heal();
      await rejectedWith('state.failed', before.remove('passing/a', 1));
      await before.close();
      const state = await open();
      assert.equal((await state.list('', 10)).length, left);
      await state.close();
    });
  }

  it('leaves a file of which each byte counts', async () => {
    await removed();
    const whole = readFileSync(path);
    for (let at = 0; at < whole.length; at += 1) {
      const flipped = Buffer.from(whole);
      flipped[at] = (whole[at] ?? 0) ^ 1;
      writeFileSync(path, flipped);
      await rejectedWith('state.torn', open());
      writeFileSync(path, whole.subarray(0, at));
      await rejectedWith('state.torn', open());
    }
    writeFileSync(path, whole);
    await (await open()).close();
  });

  it('cannot be feigned: the number must be one, fit, and stand where it stands', async () => {
    await removed();
    const whole = text();
    const member = '"removed":2,';
    assert.ok(whole.includes(member));
    for (const by of ['', '"removed":1,', '"removed":3,', '"removed":"2",', '"removed":null,', '"removed":2.0,']) {
      writeFileSync(path, whole.replace(member, by));
      await rejectedWith('state.torn', open());
    }
    for (const [from, to] of [
      ['"revision":4,"removed":2,', '"revision":3,"removed":1,'],
      ['"revision":4,"removed":2,', '"removed":2,"revision":4,'],
      ['"removed":2,', '"removed":2,"removed":2,'],
      ['"two"', '"on"'],
    ] as const) {
      assert.ok(whole.includes(from));
      writeFileSync(path, whole.replace(from, to));
      await rejectedWith('state.torn', open());
    }
    const empty = stateFileText({ store: 'store', revision: 0, removed: 0 }, []);
    writeFileSync(path, empty.replace('"checksum"', '"removed":0,"checksum"'));
    await rejectedWith('state.torn', open());
  });

  it('must add up with the entries to the revision, whatever the checksum says', async () => {
    const rows = [entryText('mark', { revision: 2, value: 'two' })];
    for (const [revision, lacking] of [
      [4, 1],
      [4, 3],
      [2, 2],
      [0, -2],
      [2.5, 0.5],
    ] as const) {
      writeFileSync(path, stateFileText({ store: 'store', revision, removed: lacking }, rows));
      await rejectedWith('state.torn', open());
    }
    writeFileSync(path, stateFileText({ store: 'store', revision: 4, removed: 2 }, rows));
    await (await open()).close();
  });

  it('changes nothing in a file from which nothing was removed', async () => {
    for (const before of BEFORE_REMOVALS) {
      writeFileSync(path, before);
      const state = await open();
      assert.equal(text(), before);
      assert.equal(await state.remove('passing/a', 7), false);
      await state.close();
      assert.equal(text(), before);
    }
    const state = await open();
    assert.ok(await state.remove('passing/a', 3));
    await state.close();
    assert.equal(text(), AFTER_REMOVAL);
  });
});
