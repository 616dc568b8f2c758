import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { foldersOf } from '../../src/durable/folders-of.ts';
import type { Schedule } from '../../src/durable/schedule.ts';
import { type FileWatch, type WatchOptions, watchFiles } from '../../src/durable/watch.ts';
import type { FileState } from '../../src/durable/watched-file.ts';
import { type CodedError, codeOf } from '../../src/errors.ts';

/** Bytes as text, or the code of the problem. */
function shown(file: FileState | undefined): string | undefined {
  if (file === undefined) return undefined;
  return 'problem' in file ? file.problem.code : Buffer.from(file.bytes).toString();
}

/** No poll in the time of a test: what is seen, the system's notices showed. */
const NEVER: number = 3_600_000;

describe('watching files', () => {
  let folder: string;
  let watch: FileWatch | undefined;
  let changes: (string | undefined)[][];
  let waiting: (() => void)[];

  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'exequatur-watch-')));
    changes = [];
    waiting = [];
  });

  afterEach(async () => {
    await watch?.close();
    watch = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  async function begin(paths: readonly string[], options: WatchOptions = {}): Promise<FileWatch> {
    watch = await watchFiles(
      paths,
      (files) => {
        changes.push(files.map(shown));
        for (const wake of waiting.splice(0)) wake();
      },
      { pollMs: NEVER, ...options },
    );
    return watch;
  }

  /** Resolves once a file shows this; a change that never comes is a test that does not end. */
  async function until(index: number, text: string): Promise<void> {
    while (shown(watch?.current()[index]) !== text) await new Promise<void>((wake) => waiting.push(wake));
  }

  function replace(path: string, text: string): void {
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  }

  it('reads first, and reports nothing of that', async () => {
    const path = join(folder, 'a');
    writeFileSync(path, 'one');
    const { current } = await begin([path, join(folder, 'b')]);
    assert.deepEqual(current().map(shown), ['one', 'durable.file_missing']);
    assert.deepEqual(changes, []);
  });

  it('sees a file replaced by rename, deleted, created, and written in place', async () => {
    const path = join(folder, 'a');
    writeFileSync(path, 'one');
    await begin([path]);
    replace(path, 'two');
    await until(0, 'two');
    unlinkSync(path);
    await until(0, 'durable.file_missing');
    writeFileSync(path, 'three');
    await until(0, 'three');
    writeFileSync(path, 'four');
    await until(0, 'four');
    assert.deepEqual(changes, [['two'], ['durable.file_missing'], ['three'], ['four']]);
  });

  it('sees the swap of ..data as Kubernetes makes it, in all files at once', async () => {
    const version = (name: string, text: string) => {
      mkdirSync(join(folder, name));
      for (const file of ['a', 'b']) writeFileSync(join(folder, name, file), `${file} ${text}`);
      symlinkSync(name, join(folder, '..data_tmp'));
      renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
    };
    version('..2026_11_22_01', 'one');
    for (const file of ['a', 'b']) symlinkSync(join('..data', file), join(folder, file));
    await begin([join(folder, 'a'), join(folder, 'b')]);
    for (const text of ['two', 'three']) {
      const old = text === 'two' ? '..2026_11_22_01' : '..2026_11_22_two';
      version(`..2026_11_22_${text}`, text);
      await until(1, `b ${text}`);
      rmSync(join(folder, old), { recursive: true });
    }
    await watch?.check();
    assert.deepEqual(changes, [
      ['a two', 'b two'],
      ['a three', 'b three'],
    ]);
  });

  it('sees a symbolic link above the folder swapped', async () => {
    for (const name of ['1', '2']) {
      mkdirSync(join(folder, 'releases', name), { recursive: true });
      writeFileSync(join(folder, 'releases', name, 'a'), name);
    }
    symlinkSync('releases/1', join(folder, 'current'));
    await begin([join(folder, 'current', 'a')]);
    symlinkSync('releases/2', join(folder, 'next'));
    renameSync(join(folder, 'next'), join(folder, 'current'));
    await until(0, '2');
    assert.deepEqual(changes, [['2']]);
  });

  it('sees folders that come into being, go and come again', async () => {
    const path = join(folder, 'x', 'y', 'a');
    await begin([path]);
    for (const text of ['one', 'two']) {
      mkdirSync(join(folder, 'x', 'y'), { recursive: true });
      writeFileSync(path, text);
      await until(0, text);
      rmSync(join(folder, 'x'), { recursive: true });
      await until(0, 'durable.file_missing');
    }
  });

  it('does not report a file that was touched and holds the same', async () => {
    const path = join(folder, 'a');
    writeFileSync(path, 'one');
    await begin([path]);
    replace(path, 'one');
    await watch?.check();
    replace(path, 'two');
    await until(0, 'two');
    assert.deepEqual(changes, [['two']]);
  });

  it('does not let half of a file that is being written in place count', async () => {
    const path = join(folder, 'a');
    writeFileSync(path, 'whole');
    // The pause in which a file must rest ends when the test says so.
    const pauses: (() => void)[] = [];
    let paused: () => void = () => undefined;
    const schedule: Schedule = (delay, run) => {
      if (delay !== NEVER) {
        pauses.push(run);
        paused();
      }
      return () => undefined;
    };
    await begin([path], { schedule });
    const first = new Promise<void>((resolve) => {
      paused = resolve;
    });
    writeFileSync(path, 'ha');
    await first;
    writeFileSync(path, 'half and the rest');
    paused = () => pauses.pop()?.();
    pauses.shift()?.();
    await until(0, 'half and the rest');
    assert.deepEqual(changes, [['half and the rest']]);
  });

  it('finds by the clock what the system did not tell', async () => {
    const path = join(folder, 'a');
    writeFileSync(path, 'one');
    let tick: (() => void) | undefined;
    const schedule: Schedule = (delay, run) => {
      if (delay === 77) tick = run;
      return () => undefined;
    };
    await begin([path], { pollMs: 77, schedule });
    assert.ok(tick !== undefined);
    const seen = until(0, 'two');
    replace(path, 'two');
    tick();
    await seen;
  });

  it('names what cannot be read: a folder, a pipe in its place, too many bytes', async () => {
    mkdirSync(join(folder, 'folder'));
    writeFileSync(join(folder, 'large'), 'x'.repeat(11));
    writeFileSync(join(folder, 'exact'), 'x'.repeat(10));
    const { current } = await begin(
      [join(folder, 'folder'), join(folder, 'large'), join(folder, 'exact'), '/dev/null'],
      {
        maxBytes: 10,
      },
    );
    assert.deepEqual(current().map(shown), [
      'durable.file_unreadable',
      'durable.file_too_large',
      'x'.repeat(10),
      'durable.file_unreadable',
    ]);
  });

  it('tells of a reader that throws, and goes on', async () => {
    const path = join(folder, 'a');
    writeFileSync(path, 'one');
    const errors: CodedError[] = [];
    let told: () => void = () => undefined;
    watch = await watchFiles(
      [path],
      () => {
        throw new TypeError('no');
      },
      {
        pollMs: NEVER,
        onError: (error) => {
          errors.push(error);
          told();
        },
      },
    );
    const error = new Promise<void>((resolve) => {
      told = resolve;
    });
    replace(path, 'two');
    await error;
    assert.deepEqual(errors.map(codeOf), ['durable.watch_failed']);
    assert.equal(shown(watch.current()[0]), 'two');
  });

  it('reports nothing after close, and leaves no timer', async () => {
    const path = join(folder, 'a');
    writeFileSync(path, 'one');
    let timers = 0;
    const schedule: Schedule = () => {
      timers++;
      return () => {
        timers--;
      };
    };
    const { check, close } = await begin([path], { schedule });
    assert.equal(timers, 1);
    await close();
    assert.equal(timers, 0);
    replace(path, 'two');
    await check();
    assert.deepEqual(changes, []);
  });

  it('lists anew at each look what is to be read', async () => {
    const names = ['a', 'b'];
    for (const name of names) writeFileSync(join(folder, name), name);
    const list = async () => ({ paths: names.map((name) => join(folder, name)), folders: [folder] });
    watch = await watchFiles(
      list,
      (files) => {
        changes.push(files.map(shown));
        for (const resume of waiting.splice(0)) resume();
      },
      { pollMs: NEVER },
    );
    assert.deepEqual(watch.current().map(shown), ['a', 'b']);
    names.push('c');
    writeFileSync(join(folder, 'c'), 'c');
    await until(2, 'c');
    names.shift();
    await watch.check();
    assert.deepEqual(changes, [
      ['a', 'b', 'c'],
      ['b', 'c'],
    ]);
    names.splice(0);
    await watch.check();
    assert.deepEqual([changes.at(-1), watch.current()], [[], []]);
    names.push('b');
    await watch.check();
    assert.deepEqual(changes.at(-1), ['b']);
  });

  it('does not read a listed file that has rested and looks the same, and reads one that does not', async () => {
    const path = join(folder, 'a');
    writeFileSync(path, 'one');
    let reads = 0;
    // The stamp's own clock is the machine's: a file rests two seconds after its last change.
    const rested = { text: 'same', rested: true };
    let stamp = rested;
    const begun = await watchFiles(
      async () => ({ paths: [path], folders: [] }),
      (files) => changes.push(files.map(shown)),
      {
        pollMs: NEVER,
        stampOf: async () => stamp,
        maxBytes: () => {
          reads += 1;
          return 100;
        },
      },
    );
    watch = begun;
    const first = reads;
    await begun.check();
    assert.equal(reads, first);
    writeFileSync(path, 'two');
    await begun.check();
    assert.deepEqual([reads, changes], [first, []]);
    stamp = { text: 'another', rested: false };
    await begun.check();
    assert.deepEqual(changes, [['two']]);
    replace(path, 'three');
    await begun.check();
    assert.deepEqual(changes.at(-1), ['three'], 'the same stamp says nothing before it has rested');
  });

  it('follows every link of a path, and ends in a loop of them', async () => {
    mkdirSync(join(folder, 'd'));
    symlinkSync(join(folder, 'd'), join(folder, 'l'));
    symlinkSync('../target', join(folder, 'd', 'f'));
    assert.deepEqual(await foldersOf(join(folder, 'l', 'f')), [folder, join(folder, 'd')]);
    symlinkSync('loop', join(folder, 'loop'));
    assert.deepEqual(await foldersOf(join(folder, 'loop')), [folder]);
    assert.deepEqual(await foldersOf(join(folder, 'none', 'at', 'all')), [folder]);
  });
});
