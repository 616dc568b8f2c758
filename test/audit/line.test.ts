import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { checkLine } from '../../src/audit/check-line.ts';
import { composeLine, leafHash, MAX_RECORD_BYTES, type Place } from '../../src/audit/line.ts';
import { canonicalize } from '../../src/model/canonical.ts';
import type { Json, JsonObject } from '../../src/model/json.ts';
import type { RecordDraft } from '../../src/model/record.ts';
import { thrownWith } from '../thrown.ts';
import { draft } from './open-log.ts';

const START: Place = { index: 0, previous: null };
const IDENTITY = { instance: 'i-1', tenant: 'default' };
const salt = (): Uint8Array => randomBytes(32);
const compose = (record: RecordDraft): ReturnType<typeof composeLine> =>
  composeLine(record, record.payload, salt, START, IDENTITY);
const lineBytes = (text: string): Buffer => Buffer.from(text.slice(0, -1));

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

describe('the line of a record', () => {
  it('has the record in RFC 8785 form, its leaf hash, and a payload that the record commits to', () => {
    const { text, leaf, bytes } = compose(draft('a', { zeta: 'ü', alpha: [1, { b: 1, a: 2 }] }, { question: '😀' }));
    const line = JSON.parse(text);
    assert.equal(bytes, Buffer.byteLength(text));
    const record = canonicalize(line.record);
    assert.ok(text.startsWith(`{"record":${record},"payload":{"salt":"`));
    const sha = (data: Buffer): string => `sha256:${createHash('sha256').update(data).digest('hex')}`;
    assert.equal(leaf, sha(Buffer.concat([Buffer.of(0), Buffer.from(record)])));
    assert.equal(line.leaf, leaf);
    const committed = Buffer.concat([Buffer.from(line.payload.salt, 'base64'), Buffer.from('{"question":"😀"}')]);
    assert.equal(line.record.payload_digest, sha(committed));
    assert.equal(Buffer.from(line.payload.salt, 'base64').length, 32);
    const { v, index, previous, kind, id, instance, tenant } = line.record;
    assert.deepEqual([v, index, previous, kind, id, instance, tenant], [1, 0, null, 'decision', 'a', 'i-1', 'default']);
  });

  it('is intact when read again, whatever JSON the caller sent', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4, stringUnit: 'grapheme' }), (value) => {
        const data: Json = JSON.parse(JSON.stringify(value));
        const { text } = compose(draft('a', { data }, isObject(data) ? data : { data }));
        const checked = checkLine(lineBytes(text));
        assert.ok(checked.intact, JSON.stringify(checked));
        assert.equal(checked.line.payload.state, 'present');
      }),
    );
  });

  it('holds without its payload, and tells dropped from absent', () => {
    const { text } = compose(draft('a'));
    const dropped = checkLine(Buffer.from(text.slice(0, -1).replace(/,"payload":\{.*\}(?=,"leaf")/, '')));
    assert.ok(dropped.intact);
    assert.equal(dropped.line.payload.state, 'dropped');
    const absent = checkLine(lineBytes(composeLine(draft('b'), undefined, salt, START, IDENTITY).text));
    assert.ok(absent.intact);
    assert.equal(absent.line.payload.state, 'absent');
  });

  it('accepts a kind that this version does not know', () => {
    const { text } = compose(draft('a'));
    const record = JSON.parse(text).record;
    const form = canonicalize({ ...record, kind: 'approval' });
    const checked = checkLine(Buffer.from(`{"record":${form},"leaf":"${leafHash(form)}"}`));
    assert.ok(checked.intact && checked.line.kind === 'approval');
  });

  it('refuses a body that names a member of the log', () => {
    for (const name of ['v', 'kind', 'index', 'previous', 'id', 'time', 'instance', 'tenant', 'payload_digest']) {
      thrownWith('audit.member_reserved', () => compose(draft('a', { [name]: 'x' })));
    }
  });

  it('takes a record of 65,535 bytes and refuses one more', () => {
    const empty = compose(draft('a', { filler: '' }));
    const room = MAX_RECORD_BYTES - Buffer.byteLength(canonicalize(JSON.parse(empty.text).record));
    assert.ok(checkLine(lineBytes(compose(draft('a', { filler: 'x'.repeat(room) })).text)).intact);
    thrownWith('audit.record_too_large', () => compose(draft('a', { filler: 'x'.repeat(room + 1) })));
    thrownWith('audit.record_too_large', () => compose(draft('a', { filler: 'é'.repeat(room / 2 + 1) })));
  });

  it('refuses a payload that is too large, and what JSON cannot say', () => {
    thrownWith('audit.payload_too_large', () => compose(draft('a', {}, { x: 'x'.repeat(4 * 1024 * 1024) })));
    thrownWith('audit.not_json', () => compose(draft('a', { x: '\ud800' })));
    thrownWith('audit.not_json', () => compose(draft('a', {}, { x: Number.NaN })));
  });

  it('is refused with white space, other member order, duplicate or further members', () => {
    const { text } = compose(draft('a', { list: [1, 2] }));
    const line = text.slice(0, -1);
    const variants = [
      `${line} `,
      ` ${line}`,
      line.replace('"list":[1,2]', '"list":[1, 2]'),
      line.replace('"list":[1,2]', '"list":[1,2.0]'),
      line.replace('{"record":', '{"record":{},"record":'),
      line.replace('{"record":', '{"more":1,"record":'),
      line.replace('"id":"a"', '"id":"\\u0061"'),
      line.replace('"payload":{', '"payload":{"more":1,'),
    ];
    for (const variant of variants) {
      const checked = checkLine(Buffer.from(variant));
      assert.ok(!checked.intact && checked.damage.code === 'audit.line_form', variant);
    }
  });
});
