import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, it } from 'mocha';
import { extract } from 'tar-stream';
import { buildingOperation, buildPolicy } from '../../src/policy/build.ts';
import { readPolicyFolders } from '../../src/policy/folder.ts';
import { PolicyRefusal } from '../../src/policy/refusal.ts';
import { runHere } from './opa/here.ts';
import { SMALL_FOLDER, withFolder } from './temporary.ts';

const OPA_VERSION = '1.22.2';

async function unpack(bundle: Buffer): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const archive = extract();
  archive.end(gunzipSync(bundle));
  for await (const entry of archive) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
    files.set(entry.header.name, Buffer.concat(chunks));
  }
  return files;
}

/** The ordinary opa, where the machine has the same version of it. */
function nativeOpa(): boolean {
  try {
    return execFileSync('opa', ['version'], { encoding: 'utf8' }).startsWith(`Version: ${OPA_VERSION}\n`);
  } catch {
    return false;
  }
}

describe('building policies', () => {
  it('writes the controls and the revision into the manifest, and leaves out the tests', async () => {
    const built = runHere(buildingOperation(await readPolicyFolders([SMALL_FOLDER])));
    const files = await unpack(built.bundle);
    const manifest = JSON.parse(files.get('/.manifest')?.toString() ?? '');
    assert.deepEqual(built.controls, ['drift', 'limits']);
    assert.deepEqual(manifest.metadata, { exequatur: { controls: ['drift', 'limits'] } });
    assert.match(built.revision, /^[0-9a-f]{12}$/);
    assert.equal(manifest.revision, built.revision);
    assert.deepEqual(
      manifest.wasm.map(({ entrypoint }: { entrypoint: string }) => entrypoint),
      ['exequatur/decision'],
    );
    assert.deepEqual(
      [...files.keys()].filter((name) => name.includes('_test')),
      [],
    );
  });

  it('makes the same bytes wherever the files lie, another revision where one differs, and the same where only a test does', () =>
    withFolder(
      {},
      async (folder) => {
        const [here, there] = [await readPolicyFolders([SMALL_FOLDER]), await readPolicyFolders([folder])];
        const [first, second] = [runHere(buildingOperation(here)), runHere(buildingOperation(there))];
        assert.ok((await buildPolicy(here)).bundle.equals(first.bundle), 'in a process of its own');
        assert.ok(first.bundle.equals(second.bundle));
        const change = (path: string) => ({
          ...there,
          files: there.files.map((file) =>
            file.path === path ? { ...file, text: `${file.text}\n# changed\n` } : file,
          ),
        });
        assert.notEqual(runHere(buildingOperation(change('exequatur.rego'))).revision, first.revision);
        assert.ok(runHere(buildingOperation(change('controls/drift_test.rego'))).bundle.equals(first.bundle));
      },
      SMALL_FOLDER,
    ));

  it('refuses a folder that the check finds fault with, naming every problem', () =>
    withFolder(
      { 'controls/drift.rego': 'package exequatur.controls.drift\n\ndefault pass := true\n' },
      async (folder) => {
        const policies = await readPolicyFolders([SMALL_FOLDER, folder]);
        assert.throws(
          () => runHere(buildingOperation(policies)),
          (error: unknown) => {
            assert.ok(error instanceof PolicyRefusal);
            assert.deepEqual(error.problems.map(({ code }) => code).sort(), [
              'policy.control_metadata',
              'policy.control_without_pass',
              'policy.default_refused',
            ]);
            return true;
          },
        );
      },
    ));

  it('makes the policy.wasm and the data.json of the ordinary opa', async function () {
    if (!nativeOpa()) {
      process.stderr.write(`      not compared: there is no opa ${OPA_VERSION} on this machine\n`);
      this.skip();
    }
    const capabilities = fileURLToPath(new URL('../../wasm/capabilities.json', import.meta.url));
    const folder = mkdtempSync(join(tmpdir(), 'exequatur-native-'));
    try {
      // Both are told `policies`: what is compiled names its files.
      cpSync('policies', join(folder, 'policies'), { recursive: true });
      const built = runHere(buildingOperation(await readPolicyFolders([join(folder, 'policies')])));
      execFileSync(
        'opa',
        [
          'build',
          '-t',
          'wasm',
          '-e',
          'exequatur/decision',
          '-r',
          built.revision,
          '--capabilities',
          capabilities,
          '--ignore',
          '*_test.rego',
          'policies',
        ],
        { cwd: folder },
      );
      const [ours, theirs] = [await unpack(built.bundle), await unpack(readFileSync(join(folder, 'bundle.tar.gz')))];
      for (const name of ['/policy.wasm', '/data.json']) {
        const bytes = ours.get(name);
        assert.ok(bytes !== undefined && theirs.get(name)?.equals(bytes), name);
      }
      assert.deepEqual([...ours.keys()].sort(), [...theirs.keys()].sort());
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
