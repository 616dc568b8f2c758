import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, it } from 'mocha';
import { FOLDER_LIMITS, readPolicyFolders } from '../../src/policy/folder.ts';
import { PolicyRefusal } from '../../src/policy/refusal.ts';
import { SMALL_FOLDER, withFolder } from './temporary.ts';

/** The problems that reading these files has, as `code file:row`. */
function refusals(files: Readonly<Record<string, string | Uint8Array>>): Promise<string[]> {
  return withFolder(files, async (folder) => {
    try {
      await readPolicyFolders([folder]);
      return [];
    } catch (error) {
      assert.ok(error instanceof PolicyRefusal);
      assert.equal(error.code, error.problems[0].code);
      return error.problems.map(
        ({ code, file = '', row }) => `${code} ${relative(folder, file)}${row === undefined ? '' : `:${row}`}`,
      );
    }
  });
}

describe('a folder of policies', () => {
  it('is read sorted, each data file below its folder’s names', async () => {
    const { files, data } = await readPolicyFolders([SMALL_FOLDER]);
    assert.deepEqual(
      files.map(({ path }) => path),
      [
        'controls/drift.rego',
        'controls/drift_test.rego',
        'controls/limits.rego',
        'exequatur.rego',
        'lib/tools.rego',
        'limits/data.yaml',
      ],
    );
    assert.deepEqual(data, { limits: { amount: 100, harmless: 'read' } });
    assert.equal(files[0]?.source, join(SMALL_FOLDER, 'controls/drift.rego'));
  });

  it('gives way to a later one, file by file', () =>
    withFolder({ 'limits/data.yaml': 'amount: 5\n', 'more/data.json': '{"x": [1]}' }, async (folder) => {
      const { files, data } = await readPolicyFolders([SMALL_FOLDER, folder]);
      assert.deepEqual(data, { limits: { amount: 5 }, more: { x: [1] } });
      assert.equal(files.find(({ path }) => path === 'limits/data.yaml')?.source, join(folder, 'limits/data.yaml'));
      assert.equal(files.find(({ path }) => path === 'exequatur.rego')?.source, join(SMALL_FOLDER, 'exequatur.rego'));
    }));

  it('passes over hidden names and what OPA does not read', () =>
    withFolder(
      {
        'a.rego': 'package a\n',
        '.git/b.rego': 'package b\n',
        '.hidden.rego': '',
        'README.md': '#',
        'x/bundle.tar.gz': '',
        'x/.data.yaml': 'y',
      },
      async (folder) => {
        const { files, data } = await readPolicyFolders([folder]);
        assert.deepEqual(
          files.map(({ path }) => path),
          ['a.rego'],
        );
        assert.deepEqual(data, {});
      },
    ));

  it('is read through the links by which Kubernetes mounts one', () =>
    withFolder({ '..2026_11_21/a.rego': 'package a\n', '..2026_11_21/window/data.yaml': 'x: 1\n' }, async (folder) => {
      symlinkSync('..2026_11_21', join(folder, '..data'));
      symlinkSync('..data/a.rego', join(folder, 'a.rego'));
      symlinkSync('..data/window', join(folder, 'window'));
      const { files, data } = await readPolicyFolders([folder]);
      assert.deepEqual(
        files.map(({ path }) => path),
        ['a.rego', 'window/data.yaml'],
      );
      assert.deepEqual(data, { window: { x: 1 } });
    }));

  it('is refused where it is not there, or empty', async () => {
    await assert.rejects(readPolicyFolders(['/nowhere/at/all']), { code: 'policy.folder_unreadable' });
    assert.deepEqual(await refusals({ 'README.md': 'nothing' }), ['policy.folder_empty ']);
  });

  it('is refused where a link leads nowhere, naming it', () =>
    withFolder({ 'a.rego': 'package a\n' }, async (folder) => {
      symlinkSync('gone.rego', join(folder, 'b.rego'));
      await assert.rejects(readPolicyFolders([folder]), (error: unknown) => {
        assert.ok(error instanceof PolicyRefusal);
        assert.deepEqual([error.code, error.problems[0].file], ['policy.folder_unreadable', join(folder, 'b.rego')]);
        return true;
      });
    }));

  it('is refused where a link leads in a circle', () =>
    withFolder({ 'a.rego': 'package a\n' }, async (folder) => {
      symlinkSync('.', join(folder, 'again'));
      await assert.rejects(readPolicyFolders([folder]), { code: 'policy.too_large' });
    }));

  it('is refused where it is too large, or has too many files', async () => {
    assert.deepEqual(await refusals({ 'a.rego': ' '.repeat(FOLDER_LIMITS.maxFileBytes + 1) }), [
      'policy.too_large a.rego',
    ]);
    await withFolder({}, async (folder) => {
      mkdirSync(join(folder, 'many'));
      for (let index = 0; index <= FOLDER_LIMITS.maxFiles; index++)
        writeFileSync(join(folder, 'many', `${index}.rego`), '');
      await assert.rejects(readPolicyFolders([folder]), { code: 'policy.too_large' });
    });
  });

  it('is refused where a file is not UTF-8, or has a byte order mark', async () => {
    assert.deepEqual(await refusals({ 'a.rego': Uint8Array.of(0xff, 0xfe) }), ['policy.file_encoding a.rego']);
    assert.deepEqual(await refusals({ 'x/data.yaml': '\ufeffa: 1\n' }), ['policy.file_encoding x/data.yaml']);
  });

  it('is refused where data would overrule rules, stands twice, or is not called data', async () => {
    assert.deepEqual(await refusals({ 'exequatur/data.yaml': 'controls: {}\n' }), [
      'policy.data_reserved exequatur/data.yaml',
    ]);
    assert.deepEqual(await refusals({ 'exequatur/controls/drift/data.json': '{"pass": true}' }), [
      'policy.data_reserved exequatur/controls/drift/data.json',
    ]);
    assert.deepEqual(await refusals({ 'data.yaml': 'a: 1\nexequatur: {}\n' }), ['policy.data_reserved data.yaml']);
    assert.deepEqual(await refusals({ 'x/data.yaml': 'a: 1\n', 'x/data.json': '{}' }), [
      'policy.data_twice x/data.yaml',
    ]);
    assert.deepEqual(await refusals({ 'x/roles.yaml': 'a: 1\n', 'other.json': '{}' }), [
      'policy.unexpected_data_file other.json',
      'policy.unexpected_data_file x/roles.yaml',
    ]);
  });

  it('is refused where two files disagree about one place, and is not where they complete each other', async () => {
    assert.deepEqual(await refusals({ 'data.yaml': 'x: {a: 1}\n', 'x/data.yaml': 'a: 2\n' }), [
      'policy.data_conflict x/data.yaml',
    ]);
    assert.deepEqual(await refusals({ 'data.yaml': 'x: {a: 1}\n', 'x/data.yaml': 'b: 2\n' }), []);
  });

  it('is refused with every problem at once', async () => {
    assert.deepEqual(
      await refusals({
        'a/data.yaml': 'x: 1\nz: 2\nx: 3\n',
        'b/data.json': '{"x": 1,\n "x": 2}',
        'c/data.yaml': '- 1\n',
        'd/data.yaml': 'x: yes\nw: 017\nz: !!str 1\n1: 2\n',
      }),
      [
        'policy.yaml_duplicate_key a/data.yaml:3',
        'json.duplicate_key b/data.json:2',
        'policy.data_not_an_object c/data.yaml:1',
        'policy.yaml_ambiguous d/data.yaml:1',
        'policy.yaml_ambiguous d/data.yaml:2',
        'policy.yaml_ambiguous d/data.yaml:3',
        'policy.yaml_key d/data.yaml:4',
      ],
    );
  });
});
