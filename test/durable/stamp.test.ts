import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stampOf } from '../../src/durable/stamp.ts';

describe('the stamp of a file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'exequatur-stamp-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is another after each change, and says when it has rested', async () => {
    const path = join(folder, 'a');
    writeFileSync(path, 'one');
    const changed = statSync(path).ctimeMs;
    const first = await stampOf(path, changed + 1_000);
    assert.equal(first?.rested, false);
    const later = await stampOf(path, changed + 3_000);
    assert.deepEqual([later?.rested, later?.text], [true, first.text]);
    writeFileSync(path, 'longer');
    assert.notEqual((await stampOf(path, changed))?.text, first.text);
    writeFileSync(join(folder, 'b'), 'one');
    const { atime, mtime } = statSync(path);
    utimesSync(join(folder, 'b'), atime, mtime);
    renameSync(join(folder, 'b'), path);
    assert.notEqual((await stampOf(path, changed))?.text, first.text, 'another inode');
  });

  it('is none of what is not there', async () => {
    assert.equal(await stampOf(join(folder, 'none'), 0), undefined);
  });
});
