import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DocumentFolders, watchDocumentFolders } from '../../src/document/folder.ts';
import type { Schedule } from '../../src/durable/schedule.ts';
import type { KeyName } from '../trust/authority/keys.ts';
import { type ShelfWorld, shelfOver, type TrustedWorld, trustedWorld } from './shelf-world.ts';
import { bundlesBy, written } from './written.ts';

const NEVER = 3_600_000;
const schedule: Schedule = (delay, run) => {
  if (delay >= NEVER) return () => undefined;
  const timer = setImmediate(run);
  return () => clearImmediate(timer);
};

describe('signed documents in watched folders', () => {
  let world: TrustedWorld;
  let made: ShelfWorld;
  let folder: string;
  let open: DocumentFolders | undefined;

  beforeEach(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'exequatur-watched-')));
    world = await trustedWorld();
    made = shelfOver(world);
  });

  afterEach(async () => {
    await open?.close();
    await made.shelf.close();
    await world.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function begin(): Promise<DocumentFolders> {
    open = await watchDocumentFolders([folder], {
      area: 'catalogue',
      offer: made.shelf.offer,
      retract: made.shelf.retract,
      acceptedSince: made.shelf.acceptedSince,
      maxDocumentBytes: 10_000,
      maxBundleBytes: 10_000,
      maxBundles: 8,
      pollMs: NEVER,
      schedule,
      onError: (error) => assert.fail(error.message),
    });
    return open;
  }

  /** Waits for what the system's notices bring; what never comes is a test that does not end. */
  async function until(...counting: readonly string[]): Promise<void> {
    for (;;) {
      if (made.counting().join() === counting.join()) return;
      await new Promise<void>((wake) => {
        const end = made.shelf.onChange(() => {
          end();
          wake();
        });
      });
    }
  }

  function put(name: string, bytes: Uint8Array): void {
    writeFileSync(join(folder, '.new'), bytes);
    renameSync(join(folder, '.new'), join(folder, name));
  }

  function putSigned(name: string, bytes: Uint8Array, key: KeyName = 'p256'): void {
    put(`${name}.json`, bytes);
    for (const bundle of bundlesBy(bytes, key)) put(`${name}.sigstore.json`, bundle);
  }

  it('count, change, and go, and a pair that comes in halves is never said to be refused', async () => {
    putSigned('tools', written({ version: 1 }));
    await begin();
    assert.deepEqual(made.counting(), ['tools 1']);
    const v2 = written({ version: 2 });
    put('tools.json', v2);
    await open?.check();
    assert.deepEqual(made.counting(), ['tools 1'], 'its bundle is still that of version 1');
    world.time.advance(1_999);
    put('tools.sigstore.json', bundlesBy(v2, 'p256')[0] ?? assert.fail());
    await until('tools 2');
    rmSync(join(folder, 'tools.sigstore.json'));
    await until();
    await open?.check();
    assert.deepEqual(made.told(), ['activated tools 1', 'activated tools 2', 'withdrawn tools 2 document_removed']);
    world.time.advance(2_000);
    await made.rest();
    assert.deepEqual(made.told().slice(3), ['refused tools 2 rule_not_met unsigned']);
  });

  it('that are tampered with stay as they were, which is told after two seconds, with an alarm', async () => {
    const v1 = written({ version: 1 });
    putSigned('tools', v1);
    await begin();
    put('tools.json', Buffer.concat([v1, Buffer.from(' ')]));
    await open?.check();
    world.time.advance(1_999);
    await made.rest();
    assert.equal(made.records.length, 1);
    world.time.advance(1);
    await made.rest();
    assert.deepEqual(made.told().slice(1), ['refused tools 1 rule_not_met digest_mismatch digest_mismatch']);
    assert.equal(made.records[1]?.alarm, true);
    assert.deepEqual(made.counting(), ['tools 1']);
    put('tools.json', v1);
    await open?.check();
    assert.deepEqual([made.counting(), made.shelf.idle(), made.records.length], [['tools 1'], [], 2]);
  });

  it('follow a swap of ..data with document and bundle at once', async () => {
    const version = (name: string, bytes: Uint8Array) => {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'tools.json'), bytes);
      writeFileSync(join(folder, name, 'tools.sigstore.json'), bundlesBy(bytes, 'p256')[0] ?? assert.fail());
      symlinkSync(name, join(folder, '..data_tmp'));
      renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
    };
    version('..1', written({ version: 1 }));
    for (const name of ['tools.json', 'tools.sigstore.json']) symlinkSync(`..data/${name}`, join(folder, name));
    await begin();
    for (const [at, number] of [
      ['..2', 2],
      ['..3', 3],
    ] as const) {
      version(at, written({ version: number }));
      await until(`tools ${number}`);
    }
    await open?.check();
    world.time.advance(2_000);
    await made.rest();
    assert.deepEqual(made.told(), ['activated tools 1', 'activated tools 2', 'activated tools 3']);
  });

  it('that are known longer win over a newcomer at the next start, whatever it is called', async () => {
    putSigned('m', written({ id: 'established', things: ['a'] }));
    await begin();
    await open?.close();
    await made.shelf.close();
    putSigned('a', written({ id: 'newcomer', things: ['a'] }));
    made = shelfOver(world);
    await begin();
    assert.deepEqual(made.counting(), ['established 1']);
    assert.deepEqual(made.told(), ['activated established 1', 'refused newcomer 1 collision']);
  });
});
