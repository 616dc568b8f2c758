import assert from 'node:assert/strict';
import type { Json } from '../../../src/model/json.ts';
import { BUNDLE_LIMITS } from '../../../src/trust/bundle/limits.ts';
import { parseStatement, STATEMENT_PAYLOAD_TYPE } from '../../../src/trust/bundle/parse-statement.ts';
import type { Statement } from '../../../src/trust/bundle/statement.ts';
import { thrownWith } from '../../thrown.ts';
import { readVectors, toBytes } from './vectors.ts';

type Case = {
  readonly name: string;
  readonly payloadType?: string;
  readonly statement?: Json;
  readonly text?: string;
  readonly code?: string;
  readonly expected?: Statement;
};

describe('parseStatement', () => {
  for (const { name, payloadType = STATEMENT_PAYLOAD_TYPE, statement, text, code, expected } of readVectors<Case[]>(
    'statements.json',
  )) {
    const payload = text === undefined ? toBytes(statement ?? null) : Buffer.from(text);
    it(`${code === undefined ? 'reads' : 'refuses'} ${name}`, () => {
      if (code === undefined) assert.deepEqual(parseStatement(payloadType, payload), expected);
      else thrownWith(`trust.${code}`, () => parseStatement(payloadType, payload));
    });
  }

  it('keeps a digest called __proto__ as one like any other', () => {
    const text = `{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"__proto__":"ab","sha1":"${'a'.repeat(40)}"}}],"predicateType":"a:b"}`;
    const { subjects } = parseStatement(STATEMENT_PAYLOAD_TYPE, Buffer.from(text));
    assert.deepEqual(Object.keys(subjects[0]?.digest ?? {}), ['__proto__', 'sha1']);
    assert.equal(subjects[0]?.digest.sha256, undefined);
  });

  it('bounds the number of subjects', () => {
    const statement = (count: number) =>
      toBytes({
        _type: 'https://in-toto.io/Statement/v1',
        subject: Array(count).fill({ digest: { x: 'a' } }),
        predicateType: 'a:b',
      });
    assert.equal(parseStatement(STATEMENT_PAYLOAD_TYPE, statement(BUNDLE_LIMITS.subjects)).subjects.length, 4096);
    thrownWith('trust.bundle_too_large', () =>
      parseStatement(STATEMENT_PAYLOAD_TYPE, statement(BUNDLE_LIMITS.subjects + 1)),
    );
    thrownWith('trust.bundle_too_large', () =>
      parseStatement(STATEMENT_PAYLOAD_TYPE, Buffer.alloc(BUNDLE_LIMITS.bytes + 1, 0x20)),
    );
  });
});
