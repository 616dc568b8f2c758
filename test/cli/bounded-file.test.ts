import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readBoundedFile } from '../../src/cli/bounded-file.ts';
import { thrownWith } from '../thrown.ts';

const MODULE = new URL('../../src/cli/bounded-file.ts', import.meta.url).href;

describe('a file named on the command line', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'bounded-file-'));
    execFileSync('mkfifo', [join(folder, 'idle')]);
    symlinkSync('/dev/zero', join(folder, 'endless'));
    writeFileSync(join(folder, 'file'), 'x'.repeat(64));
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const what of ['idle', 'endless', '.']) {
    it(`is refused at once where it is no file: ${what}`, () => {
      const { message } = thrownWith('file.unreadable', () => readBoundedFile(join(folder, what), 64, 'the bundle'));
      assert.match(message, /^the bundle .* is no file/);
    });
  }

  it('is refused beyond its bound, or where there is none', () => {
    assert.equal(readBoundedFile(join(folder, 'file'), 64, 'the bundle').length, 64);
    thrownWith('file.too_large', () => readBoundedFile(join(folder, 'file'), 63, 'the bundle'));
    thrownWith('file.unreadable', () => readBoundedFile(join(folder, 'none'), 64, 'the bundle'));
  });

  for (const path of ['/dev/stdin', '/dev/fd/0', '/proc/self/fd/0']) {
    it(`may be a pipe that the process was given: ${path}`, () => {
      const program = `import { readBoundedFile } from ${JSON.stringify(MODULE)};
        process.stdout.write(readBoundedFile(${JSON.stringify(path)}, 64, 'the bundle'));`;
      const script = 'printf piped | "$0" --input-type=module --eval "$1"';
      assert.equal(execFileSync('sh', ['-c', script, process.execPath, program], { encoding: 'utf8' }), 'piped');
    });
  }
});
