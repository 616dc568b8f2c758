import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readBounded, readToEnd } from '../../src/durable/bounded-read.ts';
import { nodeFiles, readWhole } from '../../src/durable/files.ts';
import { codeOf } from '../../src/errors.ts';

describe('a bounded read', () => {
  let folder: string;
  const file = (bytes: number) => {
    const path = join(folder, `of-${bytes}`);
    writeFileSync(path, Buffer.alloc(bytes, 'x'));
    return path;
  };
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'bounded-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const [bytes, bound] of [
    [0, 0],
    [1, 0],
    [63, 64],
    [64, 64],
    [65, 64],
    [65_536, 65_536],
    [65_537, 65_536],
    [200_000, 1_000_000],
    [200_000, 200_000],
    [200_001, 200_000],
  ] as const) {
    const fits = bytes <= bound;
    it(`${fits ? 'takes' : 'refuses'} ${bytes} bytes where ${bound} are allowed`, async () => {
      const read = readBounded(file(bytes), bound);
      assert.deepEqual(read, fits ? { bytes: Buffer.alloc(bytes, 'x') } : { problem: 'too_large' });
      const whole = readWhole(nodeFiles, file(bytes), bound);
      if (fits) assert.equal((await whole)?.length, bytes);
      else await assert.rejects(whole, /is larger than/);
    });
  }

  it('goes on after short reads, and stops at the bound', async () => {
    const source = Buffer.from('what is read byte by byte');
    const byByte = async (into: Buffer, at: number) => source.copy(into, 0, at, at + 1);
    assert.deepEqual(await readToEnd(byByte, source.length), source);
    assert.equal(await readToEnd(byByte, source.length - 1), undefined);
  });

  it('stops at the bound in what has no end and no size', () => {
    assert.deepEqual(readBounded('/dev/zero', 100_000, { pipes: true }), { problem: 'too_large' });
  });

  it('waits for nobody at a named pipe', async () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', ['-m', '600', path]);
    assert.deepEqual(readBounded(path, 64), { problem: 'no_file' });
    await assert.rejects(readWhole(nodeFiles, path, 64), (error) => codeOf(error) === 'ESPIPE');
  });

  it('names neither device nor folder a file, unless pipes were asked for', () => {
    assert.deepEqual(readBounded('/dev/zero', 64), { problem: 'no_file' });
    assert.deepEqual(readBounded(folder, 64), { problem: 'no_file' });
    const asked = readBounded(folder, 64, { pipes: true });
    assert.equal('cause' in asked && codeOf(asked.cause), 'EISDIR');
  });

  it('does not wait for a named pipe that nobody writes', () => {
    const pipe = join(folder, 'idle');
    execFileSync('mkfifo', [pipe]);
    assert.deepEqual(readBounded(pipe, 64), { problem: 'no_file' });
  });

  for (const [bytes, expected] of [
    [40, 40],
    [300_000, 'too_large'],
  ] as const) {
    it(`reads a named pipe that ${bytes} bytes come through, 64 at most`, async () => {
      const pipe = join(folder, `pipe-${bytes}`);
      execFileSync('mkfifo', [pipe]);
      const writer = spawn('sh', ['-c', `head -c ${bytes} /dev/zero > "$0" 2> /dev/null`, pipe], { stdio: 'ignore' });
      const ended = once(writer, 'exit');
      const read = readBounded(pipe, 64, { pipes: true });
      assert.equal('bytes' in read ? read.bytes.length : read.problem, expected);
      await ended;
    });
  }

  it('tells a missing file by its cause', () => {
    const read = readBounded(join(folder, 'none'), 64);
    assert.equal('cause' in read && codeOf(read.cause), 'ENOENT');
  });
});
