import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
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
import { basename, join } from 'node:path';
import { type DocumentFolders, type FolderOptions, watchDocumentFolders } from '../../src/document/folder.ts';
import type { DocumentPair } from '../../src/document/shelved.ts';
import type { Schedule } from '../../src/durable/schedule.ts';
import type { CodedError } from '../../src/errors.ts';
import { rejectedWith } from '../thrown.ts';

/** No look by the clock in the time of a test. */
const NEVER = 3_600_000;

/** Files rest at once: what was written is whole. */
const schedule: Schedule = (delay, run) => {
  if (delay >= NEVER) return () => undefined;
  const timer = setImmediate(run);
  return () => clearImmediate(timer);
};

describe('folders of documents', () => {
  let root: string;
  let folder: string;
  let told: string[];
  let errors: CodedError[];
  let pairs: Map<string, DocumentPair>;
  let open: DocumentFolders | undefined;
  let wake: (() => void)[];

  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'exequatur-folder-')));
    folder = join(root, 'documents');
    mkdirSync(folder);
    told = [];
    errors = [];
    pairs = new Map();
    wake = [];
  });

  afterEach(async () => {
    await open?.close();
    open = undefined;
    rmSync(root, { recursive: true, force: true });
  });

  const options = (): FolderOptions => ({
    area: 'catalogue',
    offer: async (pair) => {
      pairs.set(basename(pair.source), pair);
      tell(shown(pair));
    },
    retract: async (source) => {
      pairs.delete(basename(source));
      tell(`- ${basename(source)}`);
    },
    maxDocumentBytes: 100,
    maxBundleBytes: 50,
    maxBundles: 3,
    pollMs: NEVER,
    schedule,
    onError: (error) => errors.push(error),
  });

  function tell(line: string): void {
    told.push(line);
    for (const one of wake.splice(0)) one();
  }

  /** `NAME document bundle,bundle half`, or the code of the problem. */
  function shown({ source, bytes, bundles, problem, half }: DocumentPair): string {
    const text = problem === undefined ? Buffer.from(bytes).toString() : problem.code;
    const by = bundles.map((bundle) => Buffer.from(bundle).toString()).join();
    return [basename(source), text, by, half === true ? 'half' : ''].filter((part) => part !== '').join(' ');
  }

  async function begin(more: Partial<FolderOptions> = {}, ...others: string[]): Promise<DocumentFolders> {
    open = await watchDocumentFolders([folder, ...others], { ...options(), ...more });
    return open;
  }

  /** Waits for the system's notices to bring this; what never comes is a test that does not end. */
  async function until(...lines: string[]): Promise<void> {
    while (!lines.every((line) => told.includes(line))) await new Promise<void>((go) => wake.push(go));
  }

  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  function replace(name: string, text: string): void {
    writeFileSync(join(root, 'new'), text);
    renameSync(join(root, 'new'), join(folder, name));
  }

  it('pairs each document with the bundles of the longest name', async () => {
    for (const [name, text] of [
      ['a.json', 'a'],
      ['a.sigstore.json', '1'],
      ['a.second.sigstore.json', '2'],
      ['a.json.sigstore.json', '3'],
      ['a.b.json', 'ab'],
      ['a.b.sigstore.json', '4'],
      ['a.b.c.sigstore.json', '5'],
      ['ab.json', 'none'],
      ['c.sigstore.json', 'of nothing'],
      ['.hidden.json', 'no'],
      ['note.txt', 'no'],
      ['.sigstore.json', 'no'],
    ] as const) {
      write(name, text);
    }
    mkdirSync(join(folder, 'below'));
    writeFileSync(join(folder, 'below', 'x.json'), 'no');
    await begin();
    assert.deepEqual(told, ['a.b.json ab 5,4', 'a.json a 3,2,1', 'ab.json none']);
    assert.equal(pairs.get('a.json')?.source, join(folder, 'a.json'));
  });

  it('says where one is missing at the start, by the area', async () => {
    rmSync(folder, { recursive: true });
    const missing = await rejectedWith('plan.folder_missing', begin({ area: 'plan' }));
    assert.match(missing.message, /create it, or correct plans\.folders/);
    writeFileSync(folder, 'a file');
    await rejectedWith('catalogue.folder_missing', begin());
  });

  it('follows what comes, changes and goes, also while it is empty', async () => {
    await begin();
    assert.deepEqual(told, []);
    write('a.sigstore.json', '1');
    write('a.json', 'a');
    await until('a.json a 1');
    replace('a.json', 'b');
    await until('a.json b 1 half');
    replace('a.sigstore.json', '2');
    await until('a.json b 2 half');
    write('a.json', 'in place');
    await until('a.json in place 2 half');
    unlinkSync(join(folder, 'a.json'));
    await until('- a.json');
    assert.deepEqual(errors, []);
  });

  it('offers a new document that has no bundle yet as half of a pair', async () => {
    await begin();
    write('a.json', 'a');
    await until('a.json a half');
    write('a.sigstore.json', '1');
    await until('a.json a 1 half');
  });

  it('retracts a document whose last bundle goes, and shows it without', async () => {
    write('a.json', 'a');
    write('a.sigstore.json', '1');
    write('a.x.sigstore.json', '2');
    await begin();
    unlinkSync(join(folder, 'a.sigstore.json'));
    await until('a.json a 2 half');
    unlinkSync(join(folder, 'a.x.sigstore.json'));
    await until('a.json a half');
    assert.deepEqual(told, ['a.json a 1,2', 'a.json a 2 half', '- a.json', 'a.json a half']);
  });

  it('says nothing of what was touched and is the same', async () => {
    write('a.json', 'a');
    const { check } = await begin();
    replace('a.json', 'a');
    await check();
    assert.deepEqual(told, ['a.json a']);
  });

  it('sees the swap of ..data as Kubernetes makes it', async () => {
    const version = (name: string, text: string, names: readonly string[]) => {
      mkdirSync(join(folder, name));
      for (const file of names) writeFileSync(join(folder, name, file), `${file[0]}${text}`);
      symlinkSync(name, join(folder, '..data_tmp'));
      renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
    };
    version('..2026_11_22_01', '1', ['a.json', 'a.sigstore.json']);
    for (const file of ['a.json', 'a.sigstore.json']) symlinkSync(join('..data', file), join(folder, file));
    const { check } = await begin();
    assert.deepEqual(told, ['a.json a1 a1']);
    version('..2026_11_22_02', '2', ['a.json', 'a.sigstore.json', 'b.json']);
    symlinkSync(join('..data', 'b.json'), join(folder, 'b.json'));
    rmSync(join(folder, '..2026_11_22_01'), { recursive: true });
    await until('b.json b2 half');
    await check();
    assert.deepEqual(
      pairs.get('a.json') && shown({ ...(pairs.get('a.json') ?? assert.fail()), half: false }),
      'a.json a2 a2',
    );
    version('..2026_11_22_03', '3', ['b.json']);
    unlinkSync(join(folder, 'a.json'));
    unlinkSync(join(folder, 'a.sigstore.json'));
    await until('- a.json', 'b.json b3 half');
  });

  it('takes everything back when it vanishes, says so, and brings it again', async () => {
    write('a.json', 'a');
    write('b.json', 'b');
    await begin();
    renameSync(folder, join(root, 'elsewhere'));
    await until('- a.json', '- b.json');
    assert.deepEqual(
      errors.map(({ code }) => code),
      ['catalogue.folder_missing'],
    );
    told = [];
    renameSync(join(root, 'elsewhere'), folder);
    await until('a.json a half', 'b.json b half');
    told = [];
    rmSync(folder, { recursive: true });
    await until('- a.json', '- b.json');
    mkdirSync(folder);
    write('c.json', 'c');
    await until('c.json c half');
  });

  it('offers those first whose ids are known longest, then by name', async () => {
    for (const name of ['a', 'b', 'c', 'd']) write(`${name}.json`, name);
    const since: Record<string, number> = { c: 5, b: 9 };
    await begin({ acceptedSince: async ({ bytes }) => since[Buffer.from(bytes).toString()] });
    assert.deepEqual(told, ['c.json c', 'b.json b', 'a.json a', 'd.json d']);
  });

  it('refuses what is too large, too much, or no file, and hangs at nothing', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe.json')]);
    mkdirSync(join(folder, 'folder.json'));
    write('large.json', 'x'.repeat(101));
    write('exact.json', 'x'.repeat(100));
    write('bundle.json', 'b');
    write('bundle.sigstore.json', 'x'.repeat(51));
    write('many.json', 'm');
    for (const name of ['1', '2', '3', '4']) write(`many.${name}.sigstore.json`, name);
    symlinkSync('nowhere', join(folder, 'dangling.json'));
    symlinkSync('loop.json', join(folder, 'loop.json'));
    await begin();
    assert.deepEqual(told, [
      'bundle.json durable.file_too_large',
      `exact.json ${'x'.repeat(100)}`,
      'folder.json durable.file_unreadable',
      'large.json durable.file_too_large',
      'loop.json durable.file_unreadable',
      'many.json catalogue.bundles_too_many 1,2,3',
      'pipe.json durable.file_unreadable',
    ]);
    replace('large.json', 'small');
    await until('large.json small half');
  });

  it('reads no more documents than it may, keeps those that it has, and says how many are left', async () => {
    write('m.json', 'm');
    write('n.json', 'n');
    const { check } = await begin({ maxDocuments: 2 });
    write('a.json', 'a');
    await until('documents catalogue.documents_too_many');
    assert.match(pairs.get('documents')?.problem?.message ?? '', /holds 1 documents more than the 2/);
    await check();
    assert.deepEqual([...pairs.keys()].sort(), ['documents', 'm.json', 'n.json']);
    unlinkSync(join(folder, 'n.json'));
    await until('- documents', '- n.json', 'a.json a half');
    await check();
    assert.deepEqual([...pairs.keys()].sort(), ['a.json', 'm.json']);
  });

  it('tells of what is not taken up, and goes on', async () => {
    write('a.json', 'a');
    await begin({ offer: async () => Promise.reject(new Error('no')) });
    assert.deepEqual(
      errors.map(({ code }) => code),
      ['catalogue.not_taken_up'],
    );
  });

  it('follows several folders', async () => {
    const other = join(root, 'other');
    mkdirSync(other);
    write('a.json', 'a');
    writeFileSync(join(other, 'a.json'), 'b');
    await begin({}, other);
    assert.deepEqual(told, ['a.json a', 'a.json b']);
    unlinkSync(join(other, 'a.json'));
    await until('- a.json');
  });

  it('offers nothing once it is closed', async () => {
    const { close, check } = await begin();
    await close();
    write('a.json', 'a');
    await check();
    assert.deepEqual(told, []);
  });
});
