import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { wasNotTaken } from '../src/audit/log.ts';
import { readObject } from '../src/audit/objects.ts';
import { verifyLog } from '../src/audit/verify.ts';
import { nodeFiles } from '../src/durable/files.ts';
import { canonicalize } from '../src/model/canonical.ts';
import { sha256 } from '../src/model/digest.ts';
import { createNamedObjects } from '../src/named-objects.ts';
import { draft, idsIn, openLog, temporaryFolder } from './audit/open-log.ts';
import { type FaultyFiles, faultyFiles } from './durable/faulty-files.ts';
import { rejectedWith } from './thrown.ts';

const VALUE = [{ kind: 'catalogue', id: 'tools', version: 1, digest: sha256('tools') }];

/** Keeps objects when it is told to. */
function slowLog() {
  const order: string[] = [];
  const waiting: PromiseWithResolvers<void>[] = [];
  const audit = {
    keepObject: async (bytes: Uint8Array) => {
      order.push(`keep ${Buffer.from(bytes).toString('utf8')}`);
      const gate = Promise.withResolvers<void>();
      waiting.push(gate);
      await gate.promise;
      return sha256(bytes);
    },
    append: async ({ id }: { readonly id: string }) => {
      order.push(`append ${id}`);
      return { origin: 'test', index: 0, leaf: sha256('leaf') };
    },
  };
  /** The next one is kept, or is not. */
  const next = async (error?: Error) => {
    for (let turn = 0; waiting.length === 0; turn += 1) {
      assert.ok(turn < 1000, 'nothing is being kept');
      await new Promise(setImmediate);
    }
    const gate = waiting.shift();
    if (error === undefined) gate?.resolve();
    else gate?.reject(error);
    await new Promise(setImmediate);
  };
  return { audit, order, next };
}

describe('what records name by digest', () => {
  let folder: string;
  let remove: () => void;
  let disk: FaultyFiles;
  beforeEach(() => {
    ({ path: folder, remove } = temporaryFolder());
    disk = faultyFiles();
  });
  afterEach(() => remove());

  it('is kept beside the log before the first record that names it, in RFC 8785 form', async () => {
    const { log } = await openLog(folder);
    const named = createNamedObjects(log);
    const digest = named.name(VALUE);
    assert.equal(digest, sha256(canonicalize(VALUE)));
    await named.append(draft('a', { catalogue: { digest } }));
    assert.deepEqual(await readObject(nodeFiles, folder, digest), Buffer.from(canonicalize(VALUE)));
    assert.deepEqual(readdirSync(join(folder, 'objects')), [`${digest.slice('sha256:'.length)}.json`]);
    await log.close();
    assert.deepEqual((await verifyLog(folder)).problems, []);
  });

  it('has one name, whatever the order of its members', () => {
    const { audit } = slowLog();
    const named = createNamedObjects(audit);
    assert.equal(named.name({ a: 1, b: [null] }), named.name({ b: [null], a: 1 }));
    assert.notEqual(named.name({ a: 1 }), named.name({ a: 2 }));
  });

  it('begins to be kept at once, and holds up each record until it is', async () => {
    const { audit, order, next } = slowLog();
    const named = createNamedObjects(audit);
    named.name(1);
    assert.deepEqual(order, ['keep 1']);
    const first = named.append(draft('a'));
    named.name(2);
    const second = named.append(draft('b'));
    await next();
    while (order.length < 2) await new Promise(setImmediate);
    assert.deepEqual(order, ['keep 1', 'keep 2'], 'no record is appended yet');
    await next();
    await Promise.all([first, second]);
    assert.deepEqual(order, ['keep 1', 'keep 2', 'append a', 'append b']);
  });

  it('is kept once, and holds up nothing afterwards', async () => {
    const { audit, order, next } = slowLog();
    const named = createNamedObjects(audit);
    for (let again = 0; again < 3; again += 1) named.name(1);
    await next();
    await named.append(draft('a'));
    named.name(1);
    await named.append(draft('b'));
    assert.deepEqual(order, ['keep 1', 'append a', 'append b']);
  });

  it('says whether anything waits, for records that are appended elsewhere', async () => {
    const { audit, order, next } = slowLog();
    const named = createNamedObjects(audit);
    assert.equal(named.kept(), undefined);
    named.name(1);
    const first = named.kept()?.then(() => order.push('kept'));
    named.name(2);
    await next();
    while (order.length < 2) await new Promise(setImmediate);
    assert.deepEqual(order, ['keep 1', 'keep 2'], 'not before all is');
    await next();
    await first;
    assert.deepEqual([order.at(-1), named.kept()], ['kept', undefined]);
    named.name(3);
    await next(new Error('the disk is full'));
    const second = named.kept();
    assert.ok(second !== undefined);
    const rejected = assert.rejects(second, /the disk is full/);
    await next(new Error('the disk is full'));
    await rejected;
  });

  it('is tried again with each record where it could not be kept, and no record stands without it', async () => {
    const { audit, order, next } = slowLog();
    const named = createNamedObjects(audit);
    named.name(1);
    await next(new Error('the disk is full'));
    for (const id of ['a', 'b']) {
      const rejected = assert.rejects(named.append(draft(id)), /the disk is full/);
      await next(new Error('the disk is full'));
      await rejected;
    }
    const last = named.append(draft('c'));
    await next();
    await last;
    assert.deepEqual(order, ['keep 1', 'keep 1', 'keep 1', 'keep 1', 'append c']);
  });

  it('is not named by any record on a disk that does not take it, until that is well', async () => {
    const { log } = await openLog(folder, { files: disk.files });
    const named = createNamedObjects(log);
    disk.break('rename', 'ENOSPC');
    const digest = named.name(VALUE);
    for (const id of ['a', 'b']) {
      const error = await rejectedWith('audit.disk_full', named.append(draft(id)));
      assert.ok(wasNotTaken(error), 'no such record will ever be');
    }
    disk.heal();
    const { index } = await named.append(draft('c'));
    await log.close();
    assert.deepEqual([index, idsIn(folder)], [0, ['c']]);
    assert.notEqual(await readObject(nodeFiles, folder, digest), undefined);
    assert.deepEqual((await verifyLog(folder)).problems, []);
  });

  it('is looked up in the folder again where more was named than is remembered', async () => {
    const kept: string[] = [];
    const named = createNamedObjects({
      ...slowLog().audit,
      keepObject: async (bytes) => {
        kept.push(Buffer.from(bytes).toString('utf8'));
        return sha256(bytes);
      },
    });
    for (let value = 0; value < 1001; value += 1) named.name(value);
    await named.append(draft('a'));
    assert.equal(kept.length, 1001);
    named.name(1000);
    named.name(0);
    await named.append(draft('b'));
    assert.deepEqual(kept.slice(1001), ['0']);
  });
});
