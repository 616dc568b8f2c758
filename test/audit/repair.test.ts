import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyLog } from '../../src/audit/verify.ts';
import { nodeFiles } from '../../src/durable/files.ts';
import { rejectedWith } from '../thrown.ts';
import { draft, idsIn, openLog, segmentFiles, temporaryFolder } from './open-log.ts';

/** A log of three records whose writer ended without closing it, as far as its files show. */
async function crashed(folder: string): Promise<{ path: string; bytes: Buffer; lines: string[] }> {
  const { log } = await openLog(folder);
  for (const id of ['a', 'b', 'c']) await log.append(draft(id));
  await log.close();
  rmSync(join(folder, 'sealed.json'));
  const [path = ''] = segmentFiles(folder);
  const bytes = readFileSync(path);
  return { path, bytes, lines: bytes.toString('utf8').split('\n').slice(0, 3) };
}

/** The real operations without waiting for the disk: what is tried here a thousand times is not what a power cut leaves. */
const files = {
  ...nodeFiles,
  fsync: async () => undefined,
  fdatasync: async () => undefined,
  syncFolder: async () => undefined,
};

function torn(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.startsWith('torn-'));
}

describe('starting on a log whose writer did not close it', () => {
  let folder: string;
  let remove: () => void;
  beforeEach(() => {
    ({ path: folder, remove } = temporaryFolder());
  });
  afterEach(() => remove());

  it('loses no whole record wherever the last write was torn, and keeps what it cuts off', async () => {
    const { path, bytes } = await crashed(folder);
    const ends = [...bytes.keys()].filter((at) => bytes[at] === 10).map((at) => at + 1);
    const meta = readFileSync(join(folder, 'meta.json'));
    const last = (ends[1] ?? 0) - 2;
    for (let length = 0; length <= bytes.length; length += length < last - 20 ? 20 : 1) {
      for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
      writeFileSync(join(folder, 'meta.json'), meta);
      writeFileSync(path, bytes.subarray(0, length));
      const { log } = await openLog(folder, { files });
      // A record that lacks nothing but its line feed is whole.
      const whole = ends.filter((end) => end - 1 <= length).length;
      assert.equal(log.state().nextIndex, whole, `torn at byte ${length}`);
      await log.close();
      assert.deepEqual(idsIn(folder), ['a', 'b', 'c'].slice(0, whole));
      const kept = torn(folder).map((name) => readFileSync(join(folder, name)));
      const cut = whole === 0 ? bytes.subarray(0, length) : bytes.subarray(ends[whole - 1] ?? 0, length);
      assert.deepEqual(kept, cut.length === 0 ? [] : [cut]);
    }
  });

  it('goes on behind a torn tail, in a new segment, and reports the repair', async () => {
    const { path, bytes } = await crashed(folder);
    const { ino } = statSync(path);
    writeFileSync(path, Buffer.concat([bytes, Buffer.from('{"record":{"bind')]));
    const { log, events } = await openLog(folder);
    const repaired = events.find(({ type }) => type === 'repaired');
    assert.ok(repaired?.type === 'repaired' && repaired.records === 3 && repaired.cutBytes === 16);
    assert.deepEqual(torn(folder), [repaired.keptAside]);
    assert.notEqual(statSync(path).ino, ino, 'copied into a fresh file');
    assert.equal((await log.append(draft('d'))).index, 3);
    await log.close();
    assert.deepEqual(idsIn(folder), ['a', 'b', 'c', 'd']);
    assert.equal((await verifyLog(folder)).ok, true);
  });

  it('cuts off zeros and garbage', async () => {
    const { path, bytes } = await crashed(folder);
    const tails = [
      Buffer.alloc(5000),
      Buffer.from([255, 0, 10, 10, 1, 200, 10]),
      Buffer.from('\n'),
      Buffer.from('{"record"\n'),
    ];
    for (const tail of tails) {
      writeFileSync(path, Buffer.concat([bytes, tail]));
      const { log } = await openLog(folder);
      assert.equal(log.state().nextIndex, 3);
      await log.close();
      assert.deepEqual(readFileSync(path), bytes);
      rmSync(join(folder, 'sealed.json'));
    }
  });

  it('refuses each flipped byte of an acknowledged record, the last one included, and changes nothing', async () => {
    const { path, bytes } = await crashed(folder);
    const last = bytes.lastIndexOf(10, -2) + 1;
    for (let offset = 0; offset < bytes.length; offset += offset < last ? 3 : 1) {
      const flipped = Buffer.from(bytes);
      flipped[offset] = (flipped[offset] ?? 0) ^ 1;
      writeFileSync(path, flipped);
      const error = await rejectedWith('audit.corrupt', openLog(folder, { files }));
      assert.match(error.message, /\.jsonl, line [123] .*verify/s, `byte ${offset}`);
      assert.deepEqual(readFileSync(path), flipped);
    }
    assert.deepEqual(torn(folder), []);
  });

  it('refuses a hole of zeros before whole records, which tampering leaves as well, and says where to cut', async () => {
    const { path, bytes } = await crashed(folder);
    const begin = bytes.indexOf(10) + 1;
    // A power cut between the pages of one batch: the second record's never came, the third's did.
    const holed = Buffer.from(bytes).fill(0, begin, bytes.indexOf(10, begin) + 9);
    writeFileSync(path, Buffer.concat([holed, bytes.subarray(bytes.lastIndexOf(10, -2) + 1)]));
    const before = readFileSync(path);
    const error = await rejectedWith('audit.corrupt', openLog(folder));
    const { file, line, offset, index } = error.detail;
    assert.deepEqual([file, line, offset, index], [path.slice(folder.length + 1), 2, begin, 1]);
    assert.match(error.message, new RegExp(`byte ${begin}.*record 1 .*power loss.*docs/audit\\.md`, 's'));
    assert.deepEqual([readFileSync(path), torn(folder)], [before, []], 'nothing was changed');
    // As the documentation says, for an operator who knows that it was a power loss.
    truncateSync(path, Number(offset));
    const { log } = await openLog(folder);
    assert.equal((await log.append(draft('d'))).index, 1);
    await log.close();
    assert.deepEqual((await verifyLog(folder)).problems, []);
  });

  it('refuses a log that is shorter than it was, or lacks what it had', async () => {
    const { path, lines } = await crashed(folder);
    const first = await openLog(folder);
    await first.log.close();
    writeFileSync(path, `${lines.slice(0, 2).join('\n')}\n`);
    await rejectedWith('audit.corrupt', openLog(folder));
    writeFileSync(path, `${[lines[0], lines[2]].join('\n')}\n`);
    await rejectedWith('audit.corrupt', openLog(folder));
    rmSync(path);
    await rejectedWith('audit.corrupt', openLog(folder));
  });

  it('refuses segments without the file that names their log', async () => {
    await crashed(folder);
    rmSync(join(folder, 'meta.json'));
    await rejectedWith('audit.corrupt', openLog(folder));
  });

  it('passes over a segment that was begun and never used', async () => {
    await crashed(folder);
    for (const content of ['', '{"record":{"bi', '\0\0\0']) {
      writeFileSync(join(folder, '00000000000000000003.jsonl'), content);
      const { log } = await openLog(folder);
      assert.equal(log.state().nextIndex, 3);
      await log.close();
      assert.equal(segmentFiles(folder).length, 1);
    }
    writeFileSync(join(folder, '00000000000000000009.jsonl'), '');
    await rejectedWith('audit.corrupt', openLog(folder));
  });

  it('removes what an interrupted repair left', async () => {
    const { path } = await crashed(folder);
    writeFileSync(`${path}.tmp`, 'half a copy');
    writeFileSync(join(folder, 'sealed.json.tmp'), '{');
    const { log } = await openLog(folder);
    await log.close();
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('.tmp')),
      [],
    );
    assert.deepEqual(idsIn(folder), ['a', 'b', 'c']);
  });
});
