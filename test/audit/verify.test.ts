import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyLog } from '../../src/audit/verify.ts';
import { sha256 } from '../../src/model/digest.ts';
import { rejectedWith } from '../thrown.ts';
import { draft, openLog, segmentFiles, temporaryFolder } from './open-log.ts';

/** A closed log of these records, each a segment of its own where `apart`. */
async function write(folder: string, ids: readonly string[], apart = false): Promise<string[]> {
  let now = 0;
  const { log } = await openLog(folder, { now: () => now });
  for (const id of ids) {
    await log.append(draft(id, {}, { text: 'é😀' }));
    if (apart) now += 1_000_000_000;
  }
  await log.close();
  return segmentFiles(folder);
}

describe('verifying a log', () => {
  let folder: string;
  let remove: () => void;
  beforeEach(() => {
    ({ path: folder, remove } = temporaryFolder());
  });
  afterEach(() => remove());

  it('finds each flipped byte of three records, and names the line that has it', async () => {
    const [path = ''] = await write(folder, ['a', 'b', 'c']);
    const intact = readFileSync(path);
    const lineAt = (offset: number): number => intact.subarray(0, offset).filter((byte) => byte === 10).length + 1;
    for (const bits of [1, 0x80]) {
      // Each byte once; a high bit in every fifth shows what bytes that are not UTF-8 do.
      for (let offset = 0; offset < intact.length; offset += bits === 1 ? 1 : 5) {
        const flipped = Buffer.from(intact);
        flipped[offset] = (flipped[offset] ?? 0) ^ bits;
        writeFileSync(path, flipped);
        const { ok, problems, problemCount } = await verifyLog(folder);
        const where = `byte ${offset}, bits ${bits}: ${JSON.stringify(problems)}`;
        assert.equal(ok, false, where);
        assert.equal(problemCount, 1, where);
        assert.equal(problems[0]?.line, lineAt(offset), where);
        assert.ok(path.endsWith(problems[0]?.file ?? '?'), where);
      }
    }
    writeFileSync(path, intact);
    assert.equal((await verifyLog(folder)).ok, true);
  });

  it('names index, record and place', async () => {
    const [path = ''] = await write(folder, ['aaaa', 'bbbb']);
    const text = readFileSync(path, 'utf8');
    const at = text.indexOf('"kind":"decision"', text.indexOf('\n'));
    writeFileSync(path, `${text.slice(0, at)}"kind":"decisiom"${text.slice(at + 17)}`);
    const [problem] = (await verifyLog(folder)).problems;
    const offset = readFileSync(path).indexOf('\n') + 1;
    const { code, line, index, id } = problem ?? {};
    assert.deepEqual([code, line, index, id, problem?.offset], ['audit.leaf_mismatch', 2, 1, 'bbbb', offset]);
  });

  it('finds a record that was written anew with a right leaf hash, removed, repeated or exchanged', async () => {
    const [path = ''] = await write(folder, ['a', 'b', 'c']);
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, 3);
    const [a = '', b = '', c = ''] = lines;
    const record = b.slice('{"record":'.length, b.indexOf(',"payload":')).replace('"decision"', '"approval"');
    const anew = `{"record":${record},"leaf":"${sha256(`\0${record}`)}"}`;
    const cases: readonly [readonly string[], string, number][] = [
      [[a, anew, c], 'audit.previous_mismatch', 3],
      [[a, c], 'audit.index_mismatch', 2],
      [[b, c], 'audit.index_mismatch', 1],
      [[a, a, b, c], 'audit.index_mismatch', 2],
      [[a, c, b], 'audit.index_mismatch', 2],
      [[a, '', b, c], 'audit.line_malformed', 2],
      [[a, 'x'.repeat(5_000_000), b, c], 'audit.line_too_long', 2],
    ];
    for (const [changed, code, line] of cases) {
      writeFileSync(path, `${changed.join('\n')}\n`);
      const [problem] = (await verifyLog(folder)).problems;
      assert.deepEqual([problem?.code, problem?.line], [code, line]);
    }
  });

  it('finds a missing segment, and one under another name; older ones may have been moved away', async () => {
    const [first = '', second = '', third = ''] = await write(folder, ['a', 'b', 'c'], true);
    assert.equal((await verifyLog(folder)).segments, 3);
    const aside = join(folder, 'aside');
    renameSync(second, aside);
    const missing = (await verifyLog(folder)).problems[0];
    assert.deepEqual([missing?.code, missing?.index], ['audit.segment_missing', 1]);
    renameSync(aside, second);
    renameSync(third, third.replace('02.jsonl', '07.jsonl'));
    assert.equal((await verifyLog(folder)).problems[0]?.code, 'audit.segment_missing');
    renameSync(third.replace('02.jsonl', '07.jsonl'), third);
    rmSync(first);
    const result = await verifyLog(folder);
    assert.deepEqual([result.ok, result.firstIndex, result.lastIndex], [true, 1, 2]);
  });

  it('holds with payloads dropped, and finds one that was exchanged or added', async () => {
    const [path = ''] = await write(folder, ['a', 'b', 'c']);
    const lines = readFileSync(path, 'utf8').split('\n');
    const payload = /,"payload":\{.*\}(?=,"leaf")/;
    const dropped = lines.map((line, n) => (n === 1 ? line.replace(payload, '') : line));
    writeFileSync(path, dropped.join('\n'));
    const result = await verifyLog(folder);
    assert.deepEqual([result.ok, result.payloads], [true, { present: 2, dropped: 1 }]);
    const other = payload.exec(lines[0] ?? '')?.[0] ?? '';
    writeFileSync(path, lines.map((line, n) => (n === 1 ? line.replace(payload, other) : line)).join('\n'));
    const [problem] = (await verifyLog(folder)).problems;
    assert.deepEqual([problem?.code, problem?.line], ['audit.payload_mismatch', 2]);
  });

  it('says which objects are missing, without calling the log broken', async () => {
    const { log } = await openLog(folder);
    const kept = await log.keepObject(Buffer.from('kept'));
    const [one, two] = [sha256('one'), sha256('two')];
    await log.append(draft('a', { policy: { revision: 'r', digest: kept }, catalogue: { digests: [one] } }));
    await log.append(
      draft('b', { policy: { revision: 'r', digest: two }, facts: { tool: { digest: sha256('no object') } } }),
    );
    await log.close();
    const result = await verifyLog(folder);
    assert.equal(result.ok, true);
    assert.deepEqual([result.objects.present, [...result.objects.missing].sort()], [1, [one, two].sort()]);
  });

  it('takes an unfinished last line for a write while there is a writer, and for damage when there is none', async () => {
    const { log } = await openLog(folder);
    await log.append(draft('a'));
    const [path = ''] = segmentFiles(folder);
    const whole = readFileSync(path);
    writeFileSync(path, Buffer.concat([whole, Buffer.from('{"record":{"bind')]));
    const live = await verifyLog(folder);
    assert.deepEqual([live.ok, live.beingWritten, live.records], [true, true, 1]);
    writeFileSync(path, whole);
    await log.close();
    writeFileSync(path, Buffer.concat([whole, Buffer.from('{"record":{"bind')]));
    const [problem] = (await verifyLog(folder)).problems;
    assert.deepEqual([problem?.code, problem?.line, problem?.offset], ['audit.torn_tail', 2, whole.length]);
  });

  it('holds while the log is written, with new segments begun', async () => {
    const segment = { max_bytes: 20_000, max_age_seconds: 60 };
    const { log } = await openLog(folder, { config: { segment } });
    let writing = true;
    const writer = (async () => {
      for (let n = 0; n < 300; n += 1) await Promise.all([log.append(draft(`a${n}`)), log.append(draft(`b${n}`))]);
      writing = false;
    })();
    let runs = 0;
    while (writing) {
      const result = await verifyLog(folder).catch((error: unknown) => {
        throw error;
      });
      assert.ok(result.ok, JSON.stringify(result.problems));
      runs += 1;
    }
    await writer;
    await log.close();
    assert.ok(runs > 1);
    assert.equal((await verifyLog(folder)).records, 600);
  });

  it('says where there is no log, and that an empty one holds', async () => {
    await rejectedWith('audit.no_log', verifyLog(join(folder, 'nowhere')));
    mkdirSync(join(folder, 'empty'));
    await rejectedWith('audit.no_log', verifyLog(join(folder, 'empty')));
    await write(folder, []);
    const result = await verifyLog(folder);
    assert.deepEqual([result.ok, result.records, result.segments], [true, 0, 0]);
  });

  it('finds each flipped byte of what stands beside the segments, or shows another name of the log', async () => {
    await write(folder, ['a', 'b', 'c']);
    const { origin } = await verifyLog(folder);
    assert.equal(origin, 'exequatur/i-1');
    for (const name of ['meta.json', 'sealed.json']) {
      const path = join(folder, name);
      const intact = readFileSync(path);
      const others = new Set(intact.indexOf(origin) === -1 ? [] : [...origin].keys());
      for (const bits of [1, 0x80]) {
        for (let offset = 0; offset < intact.length; offset += 1) {
          const flipped = Buffer.from(intact);
          flipped[offset] = (flipped[offset] ?? 0) ^ bits;
          writeFileSync(path, flipped);
          const result = await verifyLog(folder);
          const where = `${name}, byte ${offset}, bits ${bits}: ${JSON.stringify(result.problems)}`;
          if (bits === 1 && others.has(offset - intact.indexOf(origin))) {
            assert.notEqual(result.origin, origin, where);
            continue;
          }
          assert.deepEqual([result.ok, result.problemCount, result.problems[0]?.file], [false, 1, name], where);
        }
      }
      writeFileSync(path, intact);
    }
    assert.equal((await verifyLog(folder)).ok, true);
    rmSync(join(folder, 'meta.json'));
    assert.equal((await verifyLog(folder)).problems[0]?.code, 'audit.meta_damaged');
  });

  it('finds records missing at the end of a log that was closed', async () => {
    const [first = '', second = ''] = await write(folder, ['a', 'b'], true);
    const whole = readFileSync(second);
    rmSync(second);
    const cut = (await verifyLog(folder)).problems[0];
    assert.deepEqual([cut?.code, cut?.file, cut?.index], ['audit.seal_mismatch', 'sealed.json', 1]);
    rmSync(first);
    assert.equal((await verifyLog(folder)).problems[0]?.code, 'audit.seal_mismatch');
    writeFileSync(second, whole);
    assert.deepEqual((await verifyLog(folder)).problems, [], 'older segments may be moved away');
  });

  it('holds behind a seal, and without the segment that was sealed', async () => {
    const [sealed = ''] = await write(folder, ['a', 'b']);
    const { log } = await openLog(folder);
    await log.append(draft('c'));
    assert.deepEqual((await verifyLog(folder)).problems, []);
    rmSync(sealed);
    assert.deepEqual((await verifyLog(folder)).problems, []);
    await log.close();
    assert.deepEqual((await verifyLog(folder)).problems, []);
  });
});
