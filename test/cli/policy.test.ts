import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { describe, it } from 'mocha';
import { addPolicyCommands } from '../../src/cli/policy.ts';
import { SMALL_FOLDER, withFolder } from '../policy/temporary.ts';

type Ran = { readonly out: string; readonly err: string; readonly exit: number; readonly progress: readonly string[] };

/** Runs one command as the command line would, in a folder; what it throws is for main to print. */
function run(cwd: string, ...words: string[]): Promise<Ran> {
  return runUntil(new AbortController().signal, cwd, ...words);
}

async function runUntil(interrupted: AbortSignal, cwd: string, ...words: string[]): Promise<Ran> {
  let [out, err, exit] = ['', '', 2];
  const progress: string[] = [];
  const program = new Command('exequatur').exitOverride().configureOutput({
    writeOut: (text) => {
      out += text;
    },
    writeErr: (text) => {
      err += text;
    },
  });
  addPolicyCommands(program, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    progress: (text) => progress.push(text),
    colour: false,
    cwd,
    interrupted,
    setExit: (code) => {
      exit = code;
    },
  });
  await program.parseAsync(['policy', ...words], { from: 'user' });
  return { out, err, exit, progress };
}

describe('exequatur policy', () => {
  it('check: succeeds for policies without fault, and shows that it works', () =>
    withFolder({}, async (folder) => {
      const { out, exit, progress } = await run(folder, 'check', SMALL_FOLDER);
      assert.equal(out, 'no problems; controls drift, limits\n');
      assert.equal(exit, 0);
      assert.deepEqual(progress, ['checking policies …', '']);
    }));

  it('check: names file, line and remedy of every problem, and fails', () =>
    withFolder(
      { 'over/controls/limits.rego': 'package exequatur.controls.limits\ndefault pass := true\n' },
      async (folder) => {
        const { out, exit } = await run(folder, 'check', SMALL_FOLDER, 'over', '--json');
        assert.equal(exit, 2);
        const { problems } = JSON.parse(out);
        assert.deepEqual(
          problems.map(({ code, file, row }: { code: string; file: string; row?: number }) => `${code} ${file}:${row}`),
          [
            'policy.control_metadata over/controls/limits.rego:1',
            'policy.default_refused over/controls/limits.rego:2',
            'policy.control_without_pass over/controls/limits.rego:1',
            'policy.unformatted over/controls/limits.rego:undefined',
          ],
        );
      },
    ));

  it('check: tells of a folder that cannot be read as of other problems', () =>
    withFolder({ 'policies/x/data.yaml': 'a: 1\na: 2\n' }, async (folder) => {
      const { out, exit } = await run(folder, 'check');
      assert.equal(exit, 2);
      assert.match(out, /^policies\/x\/data\.yaml:2: .*\[policy\.yaml_duplicate_key\]\n$/);
    }));

  it('test: counts the lines that tests reach, a file never reached as none, tests not at all', async () => {
    const { out, exit } = await run(SMALL_FOLDER, 'test', '--coverage', '--threshold', '5', '--json', '.');
    assert.equal(exit, 0, out);
    const { total, passed, percent, coverage } = JSON.parse(out);
    assert.deepEqual([total, passed], [2, 2]);
    assert.deepEqual(
      coverage.map(({ file, covered }: { file: string; covered: number }) => [file, covered]),
      [
        ['controls/drift.rego', 1],
        ['controls/limits.rego', 0],
        ['exequatur.rego', 0],
        ['lib/tools.rego', 0],
      ],
    );
    const lines = coverage.reduce((sum: number, file: { total: number }) => sum + file.total, 0);
    assert.equal(percent, 100 / lines);
  });

  it('test: fails below the threshold, and where no test ran', async () => {
    const below = await run(SMALL_FOLDER, 'test', '--threshold', '95', '.');
    assert.equal(below.exit, 2);
    assert.match(below.out, /2 of 2 tests passed\n$/);
    assert.match(below.err, /95 % are wanted/);
    const none = await run(SMALL_FOLDER, 'test', '--run', 'no_such_test', '.');
    assert.equal(none.exit, 2);
    assert.equal(none.out, 'no tests ran\n');
  });

  it('test: shows the expression that failed, and what the test printed', () =>
    withFolder(
      { 'a_test.rego': 'package a_test\n\ntest_bad if {\n\tprint("seen \\u001b[31m")\n\t1 == 2\n}\n' },
      async (folder) => {
        const { out, exit } = await run(folder, 'test', '--run', 'a_test', '.');
        assert.equal(exit, 2);
        assert.match(
          out,
          /^fail data\.a_test\.test_bad {2}a_test\.rego:3\n {2}line 5: 1 == 2\n {2}seen \\u\{1b\}\[31m\n0 of 1 tests passed\n$/,
        );
      },
      SMALL_FOLDER,
    ));

  it('test: ends OPA when it is interrupted', () =>
    withFolder(
      {
        'a_test.rego': `package a_test

thousand := numbers.range(1, 1000)

test_endless if count([1 | thousand[_]; thousand[_]; thousand[_]; thousand[_]]) == 0
`,
      },
      async (folder) => {
        const interruption = new AbortController();
        const testing = runUntil(interruption.signal, folder, 'test', '.');
        // OPA's process is there once somebody listens for its end.
        while (getEventListeners(interruption.signal, 'abort').length === 0) {
          await new Promise((resolve) => setImmediate(resolve));
        }
        interruption.abort();
        await assert.rejects(testing, { code: 'policy.interrupted' });
      },
      SMALL_FOLDER,
    ));

  it('fmt: names what would change, and rewrites it only when asked to', () =>
    withFolder({ 'policies/a.rego': 'package a\nx:=1\n', 'policies/b.rego': 'package b\n' }, async (folder) => {
      const file = join(folder, 'policies/a.rego');
      const told = await run(folder, 'fmt');
      assert.deepEqual(
        [told.out, told.exit, readFileSync(file, 'utf8')],
        ['policies/a.rego\n', 2, 'package a\nx:=1\n'],
      );
      const written = await run(folder, 'fmt', '--write', '--json');
      assert.deepEqual([JSON.parse(written.out), written.exit], [{ changed: ['policies/a.rego'], written: true }, 0]);
      assert.equal(readFileSync(file, 'utf8'), 'package a\n\nx := 1\n');
      assert.equal((await run(folder, 'fmt', '--check')).exit, 0);
    }));

  it('build: writes the bundle, and tells later whether it is still what the policies build', () =>
    withFolder({}, async (folder) => {
      const output = join(folder, 'wasm/exequatur.tar.gz');
      const built = await run(folder, 'build', SMALL_FOLDER, '--json');
      assert.equal(built.exit, 0);
      const told = JSON.parse(built.out);
      assert.deepEqual(
        [told.bundle, told.controls, told.bytes],
        ['wasm/exequatur.tar.gz', ['drift', 'limits'], readFileSync(output).length],
      );
      assert.match(told.digest, /^sha256:[0-9a-f]{64}$/);
      assert.equal((await run(folder, 'build', SMALL_FOLDER, '--check')).exit, 0);
      writeFileSync(output, 'something else');
      await assert.rejects(run(folder, 'build', SMALL_FOLDER, '--check'), { code: 'policy.bundle_stale' });
      assert.equal(readFileSync(output, 'utf8'), 'something else');
    }));

  it('build: writes nothing where the policies are refused', () =>
    withFolder({ 'policies/a.rego': 'package a\n' }, async (folder) => {
      await assert.rejects(run(folder, 'build'), { code: 'policy.no_decision' });
      assert.equal(existsSync(join(folder, 'wasm')), false);
    }));

  it('refuses a threshold that is no percentage, and has help for every command', async () => {
    await assert.rejects(run(SMALL_FOLDER, 'test', '--threshold', '101'), { code: 'commander.invalidArgument' });
    await assert.rejects(run(SMALL_FOLDER, 'test', '--threshold', ''), { code: 'commander.invalidArgument' });
    for (const command of ['build', 'check', 'test', 'fmt']) {
      await assert.rejects(run(SMALL_FOLDER, command, '--help'), { code: 'commander.helpDisplayed' });
    }
  });
});
