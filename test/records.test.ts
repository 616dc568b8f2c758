import assert from 'node:assert/strict';
import { readObject } from '../src/audit/objects.ts';
import { verifyLog } from '../src/audit/verify.ts';
import { createIds } from '../src/decision/decision-id.ts';
import type { ShelfEvent } from '../src/document/shelved.ts';
import { nodeFiles } from '../src/durable/files.ts';
import { sha256 } from '../src/model/digest.ts';
import { isJsonObject, type JsonObject } from '../src/model/json.ts';
import type { RecordDraft } from '../src/model/record.ts';
import { createAlarms, recordDocument } from '../src/records.ts';
import { draft, openLog, temporaryFolder } from './audit/open-log.ts';
import { faultyFiles } from './durable/faulty-files.ts';
import { rejectedWith } from './thrown.ts';

const ALARM = { code: 'freshness.state_failed', severity: 'error', message: 'the store is away' } as const;

describe('the record of an alarm', () => {
  function world() {
    const drafts: RecordDraft[] = [];
    const time = { now: 0 };
    const alarm = createAlarms(
      {
        append: async (draft) => {
          drafts.push(draft);
          return { origin: 'test', index: drafts.length - 1, leaf: sha256('leaf') };
        },
      },
      { now: () => time.now, newId: createIds((size) => new Uint8Array(size)) },
    );
    return { drafts, time, alarm };
  }

  it('says what happened, and nothing of the cause', async () => {
    const { drafts, alarm } = world();
    await alarm({ ...ALARM, cause: new Error('private') });
    assert.deepEqual(
      drafts.map(({ kind, time, body }) => ({ kind, time, body })),
      [{ kind: 'alarm', time: '1970-01-01T00:00:00.000Z', body: ALARM }],
    );
  });

  it('is written once a minute for the same alarm, and at once for another', async () => {
    const { drafts, time, alarm } = world();
    for (time.now of [0, 1, 59_999, 60_000]) await alarm(ALARM);
    assert.equal(drafts.length, 2);
    await alarm({ ...ALARM, message: 'another' });
    assert.equal(drafts.length, 3);
  });

  it('fits into a record, whatever the message', async () => {
    const { drafts, alarm } = world();
    await alarm({ ...ALARM, message: `${'\u{1f600}'.repeat(5000)}` });
    const message = drafts[0]?.body.message;
    assert.ok(typeof message === 'string' && message.length === 8192 && message.isWellFormed());
  });
});

describe('the record of a document', () => {
  let folder: string;
  let remove: () => void;
  beforeEach(() => {
    ({ path: folder, remove } = temporaryFolder());
  });
  afterEach(() => remove());

  const stamp = { now: () => 0, newId: createIds((size) => new Uint8Array(size)) };
  const bytes = Buffer.from('{"type":"catalogue"}');
  const bundles = ['one', 'another'].map((text) => Buffer.from(text));
  const event: ShelfEvent = {
    type: 'refused',
    kind: 'catalogue',
    id: 'tools',
    version: 3,
    digest: sha256(bytes),
    source: '/etc/catalogue/tools.json',
    failed: [{ code: 'revoked_key', authority: 'board' }],
    message: 'the signatures do not count',
    alarm: true,
  };

  /** What the log holds of it besides its place. */
  async function recorded(of: ShelfEvent): Promise<JsonObject> {
    const drafts: RecordDraft[] = [];
    const { log } = await openLog(folder);
    const append: typeof log.append = (taken) => {
      drafts.push(taken);
      return log.append(taken);
    };
    await recordDocument({ ...log, append }, stamp, of);
    await log.close();
    assert.deepEqual((await verifyLog(folder)).problems, []);
    const [one] = drafts;
    assert.ok(one !== undefined && drafts.length === 1);
    const { kind, body, payload } = one;
    assert.equal(payload, undefined);
    return { kind, ...body };
  }

  it('is a refusal with its reasons, which keeps nothing of it', async () => {
    const { kind: _kind, type: _type, id, version, digest, source, ...rest } = event;
    const document = { kind: 'catalogue', id: id ?? '', version: version ?? 0, digest, source };
    assert.deepEqual(await recorded(event), { kind: 'refusal', document, ...rest });
    assert.equal(await readObject(nodeFiles, folder, digest), undefined);
  });

  it('is a withdrawal where it counted before', async () => {
    assert.equal((await recorded({ ...event, type: 'withdrawn' })).kind, 'withdrawal');
  });

  it('has no id and version where none could be read', async () => {
    const { id: _id, version: _version, ...unread } = event;
    const { document } = await recorded({ ...unread, kind: 'unknown' });
    assert.deepEqual(document, { kind: 'unknown', digest: event.digest, source: event.source });
  });

  it('is an activation with whose signatures count; document and bundles are kept beside it', async () => {
    const signatures = { verified: true, by: [{ authority: 'board', mode: 'keyed' as const }], failed: [] };
    const active = { ...event, type: 'activated', failed: [], alarm: false, signatures, bytes, bundles } as const;
    const body = await recorded(active);
    assert.equal(body.kind, 'activation');
    assert.deepEqual(body.signatures, signatures);
    assert.ok(isJsonObject(body.document));
    assert.deepEqual(body.document.bundles, bundles.map(sha256));
    for (const kept of [bytes, ...bundles]) assert.deepEqual(await readObject(nodeFiles, folder, sha256(kept)), kept);
  });

  it('is not written before what it names is kept', async () => {
    const disk = faultyFiles();
    const { log } = await openLog(folder, { files: disk.files });
    disk.break('rename', 'ENOSPC');
    await rejectedWith('audit.disk_full', recordDocument(log, stamp, { ...event, type: 'activated', bytes, bundles }));
    disk.heal();
    assert.equal((await log.append(draft('next'))).index, 0);
    await log.close();
  });

  it('fits into a record, whatever stands in the document’s path and in its problems', async () => {
    const long = '\u{1f600}\u0000\ud800'.repeat(20_000);
    const failed = Array.from({ length: 5000 }, (_, number) => ({
      code: 'key_unknown',
      authority: `authority-${number}`,
    }));
    const signatures = { verified: false, by: [], failed };
    const { message, document, ...rest } = await recorded({
      ...event,
      message: long,
      source: long,
      failed,
      signatures,
    });
    const first = failed.slice(0, 64);
    assert.deepEqual([rest.failed, rest.signatures], [first, { ...signatures, failed: first }]);
    assert.ok(isJsonObject(document));
    for (const text of [message, document.source]) {
      assert.ok(typeof text === 'string' && text.length === 8192 && text.isWellFormed());
    }
  });
});
