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
import { sha256 } from '../../../src/model/digest.ts';
import type { TrustEvent } from '../../../src/trust/event.ts';
import { type OpenRevocations, openRevocations } from '../../../src/trust/revocation/open.ts';
import type { Revocations } from '../../../src/trust/revocation/revocations.ts';

const listOf = (...names: string[]) =>
  JSON.stringify({ revocations: names.map((name) => ({ artifact: sha256(name) })) });

describe('revocations that count now', () => {
  let folder: string;
  let open: OpenRevocations | undefined;
  let events: TrustEvent[];

  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'exequatur-revocations-')));
    events = [];
  });

  afterEach(async () => {
    await open?.close();
    open = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  async function begin(...names: string[]): Promise<OpenRevocations> {
    const paths = names.map((name) => join(folder, name));
    open = await openRevocations(paths, { pollSeconds: 3600, onEvent: (event) => events.push(event) });
    return open;
  }

  /** Resolves with the state that the next change brings. */
  function next(): Promise<Revocations> {
    return new Promise((resolve) => {
      const end = open?.onChange((now) => {
        end?.();
        resolve(now);
      });
    });
  }

  function replace(name: string, text: string): void {
    writeFileSync(join(folder, `.${name}`), text);
    renameSync(join(folder, `.${name}`), join(folder, name));
  }

  it('without a file, nothing is revoked, and nothing is told of lists that there are not', async () => {
    const now = (await begin()).current();
    assert.ok(now.state === 'ready');
    assert.equal(now.artifacts.size, 0);
    assert.deepEqual(events, []);
  });

  it('unites its files, and counts each change', async () => {
    replace('a', listOf('one'));
    replace('b', listOf('two'));
    const { current } = await begin('a', 'b');
    const before = current();
    assert.ok(before.state === 'ready' && before.generation === 1);
    assert.deepEqual([...before.artifacts], [sha256('one'), sha256('two')]);
    const change = next();
    replace('b', listOf('two', 'three'));
    const after = await change;
    assert.ok(after.state === 'ready' && after.generation === 2 && after === current());
    assert.ok(after.artifacts.has(sha256('three')) && after.artifacts.has(sha256('one')));
    assert.notEqual(after.digest, before.digest);
    assert.deepEqual(
      events.map((event) => event.code),
      ['revocations.changed', 'revocations.changed'],
    );
  });

  it('a missing file refuses until it is there', async () => {
    replace('a', listOf('one'));
    const { current } = await begin('a', 'b');
    const now = current();
    assert.ok(now.state === 'unavailable');
    assert.match(now.message, /\/b is missing; put it back/);
    const change = next();
    replace('b', listOf());
    assert.equal((await change).state, 'ready');
    assert.deepEqual(
      events.map((event) => event.code),
      ['revocations.unavailable', 'revocations.changed'],
    );
  });

  it('a file that is deleted, or becomes malformed, refuses: the last good list is no answer', async () => {
    replace('a', listOf('one'));
    const { current } = await begin('a');
    const gone = next();
    unlinkSync(join(folder, 'a'));
    assert.equal((await gone).state, 'unavailable');
    const back = next();
    replace('a', listOf('one'));
    assert.equal((await back).state, 'ready');
    const broken = next();
    replace('a', 'revocations: [');
    assert.equal((await broken).state, 'unavailable');
    assert.equal(current().state, 'unavailable');
  });

  it('follows a ConfigMap', async () => {
    const version = (name: string, text: string) => {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'a'), text);
      symlinkSync(name, join(folder, '..data_tmp'));
      renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
    };
    version('..1', listOf());
    symlinkSync('..data/a', join(folder, 'a'));
    await begin('a');
    const change = next();
    version('..2', listOf('one'));
    const now = await change;
    assert.ok(now.state === 'ready' && now.artifacts.has(sha256('one')));
  });

  it('one listener that throws keeps the change from no other', async () => {
    replace('a', listOf());
    const { onChange } = await begin('a');
    onChange(() => {
      throw new TypeError('no');
    });
    const change = next();
    replace('a', listOf('one'));
    assert.equal((await change).state, 'ready');
    assert.equal(events.at(-1)?.code, 'revocations.listener_failed');
  });
});
