import assert from 'node:assert/strict';
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AuditLog, wasNotTaken } from '../../src/audit/log.ts';
import { CodedError } from '../../src/errors.ts';
import type { JsonObject } from '../../src/model/json.ts';
import type { RecordDraft } from '../../src/model/record.ts';
import { type FaultyFiles, faultyFiles } from '../durable/faulty-files.ts';
import { rejectedWith } from '../thrown.ts';
import { idsIn, type OpenedLog, openLog, draft as plainDraft, segmentFiles, temporaryFolder } from './open-log.ts';

/** A permit's. */
function draft(id: string, body: JsonObject = {}, payload?: JsonObject): RecordDraft {
  return plainDraft(id, { verdict: { permit: true }, ...body }, payload);
}

/** Why a record was rejected. */
async function rejected(log: AuditLog, record: RecordDraft): Promise<CodedError> {
  const error: unknown = await log.append(record).then(
    () => assert.fail(`${record.id} was appended`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof CodedError);
  return error;
}

async function recovered({ fire, events }: OpenedLog): Promise<void> {
  fire();
  while (!events.some(({ type }) => type === 'recovered')) await new Promise(setImmediate);
}

const set = (...ids: readonly string[]): ReadonlySet<string> => new Set(ids);
const sorted = (found: ReadonlySet<string>): readonly string[] => [...found].sort();

describe('what is left of a record that was rejected', () => {
  let folder: string;
  let remove: () => void;
  let disk: FaultyFiles;
  beforeEach(() => {
    ({ path: folder, remove } = temporaryFolder());
    disk = faultyFiles();
  });
  afterEach(() => remove());

  const never: readonly (readonly [string, RecordDraft])[] = [
    ['audit.record_too_large', draft('a', { filler: 'x'.repeat(70_000) })],
    ['audit.payload_too_large', draft('a', {}, { filler: 'x'.repeat(5_000_000) })],
    ['audit.member_reserved', draft('a', { index: 7 })],
    ['audit.not_json', draft('a', { number: Number.NaN })],
  ];
  for (const [code, record] of never) {
    it(`is nothing, for sure, where it could not be taken: ${code}`, async () => {
      const { log } = await openLog(folder);
      const error = await rejected(log, record);
      assert.deepEqual([error.code, wasNotTaken(error)], [code, true]);
      await log.append(draft('b'));
      assert.deepEqual(sorted(await log.findPermits(set('a', 'b'), 0)), ['b']);
      await log.close();
    });
  }

  it('is nothing where too many wait, and where the log is closed', async () => {
    const { log } = await openLog(folder, { config: { queue: { max_records: 1, max_bytes: 1_000_000 } } });
    const first = log.append(draft('a'));
    const overloaded = await rejected(log, draft('b'));
    assert.deepEqual([overloaded.code, wasNotTaken(overloaded)], ['audit.overloaded', true]);
    await first;
    await log.close();
    const closed = await rejected(log, draft('c'));
    assert.deepEqual([closed.code, wasNotTaken(closed)], ['audit.closed', true]);
    assert.deepEqual(idsIn(folder), ['a']);
  });

  it('is told of errors of the log alone', () => {
    const detail = { outcome: 'not_taken' };
    assert.equal(wasNotTaken(new CodedError('audit.closed', 'x', { detail })), true);
    assert.equal(wasNotTaken(new CodedError('state.closed', 'x', { detail })), false);
    assert.equal(wasNotTaken(new CodedError('audit.closed', 'x')), false);
    for (const error of [
      new Error('audit.closed'),
      undefined,
      null,
      'audit.closed',
      { code: 'audit.closed', detail },
    ]) {
      assert.equal(wasNotTaken(error), false);
    }
  });

  it('may be the record itself where the disk did not confirm it, which shows once the log has recovered', async () => {
    const opened = await openLog(folder, { files: disk.files });
    const { log } = opened;
    await log.append(draft('a'));
    disk.break('fdatasync', 'EIO');
    const error = await rejected(log, draft('b'));
    assert.deepEqual([error.code, wasNotTaken(error)], ['audit.fsync_failed', false]);
    const next = await rejected(log, draft('c'));
    assert.deepEqual([next.code, wasNotTaken(next)], ['audit.fsync_failed', true], 'this one never reached the disk');
    await rejectedWith('audit.fsync_failed', log.findPermits(set('b'), 0));
    assert.equal(log.state().durableIndex, 1);
    disk.heal();
    await recovered(opened);
    assert.deepEqual(sorted(await log.findPermits(set('a', 'b', 'c'), 0)), ['a', 'b']);
    assert.deepEqual([log.state().durableIndex, log.state().nextIndex], [2, 2]);
    assert.equal((await log.append(draft('d'))).index, 2);
    await log.close();
  });

  it('may be nothing where the disk lost what it had not confirmed', async () => {
    const opened = await openLog(folder, { files: disk.files });
    const { log } = opened;
    await log.append(draft('a'));
    const [segment = ''] = segmentFiles(folder);
    const { length } = readFileSync(segment);
    disk.onFailedSync(async (path) => truncateSync(path, length));
    disk.break('fdatasync', 'EIO');
    assert.equal(wasNotTaken(await rejected(log, draft('b'))), false);
    disk.heal();
    await recovered(opened);
    assert.deepEqual(sorted(await log.findPermits(set('a', 'b'), 0)), ['a']);
    assert.deepEqual([log.state().durableIndex, (await log.append(draft('c'))).index], [1, 1]);
    await log.close();
  });

  it('is nothing where the write broke off, though nobody can say so before the log has recovered', async () => {
    const opened = await openLog(folder, { files: disk.files });
    const { log } = opened;
    await log.append(draft('a'));
    disk.fillUpAfter(100, 'ENOSPC');
    const together = await Promise.all([rejected(log, draft('b')), rejected(log, draft('c'))]);
    for (const error of together) assert.deepEqual([error.code, wasNotTaken(error)], ['audit.disk_full', false]);
    await rejectedWith('audit.disk_full', log.findPermits(set('b'), 0));
    disk.heal();
    await recovered(opened);
    assert.deepEqual(sorted(await log.findPermits(set('a', 'b', 'c'), 0)), ['a']);
    await log.close();
  });

  it('is found after a restart, whatever the process that wrote it was told', async () => {
    const first = await openLog(folder, { files: disk.files });
    await first.log.append(draft('a'));
    const from = first.log.state().durableIndex;
    disk.break('fdatasync', 'EIO');
    await rejected(first.log, draft('b'));
    await first.log.close();
    const { log } = await openLog(folder);
    assert.deepEqual(sorted(await log.findPermits(set('b', 'c'), from)), ['b']);
    await log.close();
  });
});

describe('the index behind what is durable', () => {
  let folder: string;
  let remove: () => void;
  beforeEach(() => {
    ({ path: folder, remove } = temporaryFolder());
  });
  afterEach(() => remove());

  it('rises with the disk, not with what waits for it', async () => {
    const { log } = await openLog(folder);
    const indexes = () => [log.state().durableIndex, log.state().nextIndex];
    assert.deepEqual(indexes(), [0, 0]);
    const first = log.append(draft('a'));
    const second = log.append(draft('b'));
    assert.deepEqual(indexes(), [0, 2]);
    await Promise.all([first, second]);
    assert.deepEqual(indexes(), [2, 2]);
    await log.close();
    const again = await openLog(folder);
    assert.deepEqual([again.log.state().durableIndex, again.log.state().nextIndex], [2, 2]);
    await again.log.close();
  });

  it('is where a record that is appended later can stand at the earliest: it is found from there on', async () => {
    const segment = { max_bytes: 4096, max_age_seconds: 86_400 };
    const { log } = await openLog(folder, { config: { segment } });
    const places: { readonly id: string; readonly from: number }[] = [];
    for (let number = 0; number < 20; number += 1) {
      const id = `r${number}`;
      places.push({ id, from: log.state().durableIndex });
      await log.append(draft(id, { filler: 'x'.repeat(700) }));
    }
    assert.ok(segmentFiles(folder).length > 3);
    for (const { id, from } of places) assert.deepEqual(sorted(await log.findPermits(set(id, 'nobody'), from)), [id]);
    const all = set(...places.map(({ id }) => id));
    assert.deepEqual(await log.findPermits(all, 0), all);
    assert.deepEqual(await log.findPermits(set(), 0), set());
    assert.deepEqual(
      sorted(await log.findPermits(set('r0'), log.state().durableIndex)),
      [],
      'it stands in an earlier segment',
    );
    await log.close();
  });

  it('is none of a denial, and none that repeats another', async () => {
    const { log } = await openLog(folder);
    await log.append(draft('a', { verdict: { permit: false } }));
    await log.append(draft('b', { refers_to: 'x' }));
    await log.append({ ...draft('c'), kind: 'refusal' });
    await log.append(draft('d'));
    assert.deepEqual(sorted(await log.findPermits(set('a', 'b', 'c', 'd'), 0)), ['d']);
    await log.close();
  });

  it('cannot be known where not all of the log is here', async () => {
    const segment = { max_bytes: 1024 * 1024, max_age_seconds: 60 };
    const opened = await openLog(folder, { config: { segment } });
    await opened.log.append(draft('a'));
    await opened.log.close();
    const again = await openLog(folder, { config: { segment } });
    await again.log.append(draft('b'));
    await rejectedWith('audit.incomplete', again.log.findPermits(set('a'), 3));
    rmSync(segmentFiles(folder)[0] ?? '');
    await rejectedWith('audit.incomplete', again.log.findPermits(set('a'), 0));
    assert.deepEqual(sorted(await again.log.findPermits(set('b'), 1)), ['b']);
    await again.log.close();
  });

  it('is told apart by the id of its log, which is the folder’s for life', async () => {
    const first = await openLog(folder);
    const { id } = first.log;
    assert.match(id, /^[0-9a-f]{32}$/);
    await first.log.close();
    const second = await openLog(folder);
    assert.equal(second.log.id, id);
    await second.log.close();
    writeFileSync(join(folder, 'log-id.json'), '{}');
    await rejectedWith('audit.corrupt', openLog(folder));
  });

  it('is none of a damaged line, which is not taken for the record that it claims to be', async () => {
    const { log } = await openLog(folder);
    await log.append(draft('a'));
    await log.append(draft('b'));
    const [segment = ''] = segmentFiles(folder);
    const text = readFileSync(segment, 'utf8');
    writeFileSync(segment, text.replace('"tenant":"default"', '"tenant":"defauld"'));
    await rejectedWith('audit.incomplete', log.findPermits(set('a', 'b'), 0));
    assert.deepEqual(sorted(await log.findPermits(set('a', 'b'), 1)), ['b'], 'what stands before may be damaged');
    await log.close();
  });
});
