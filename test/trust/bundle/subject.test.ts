import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { artifactOf } from '../../../src/trust/artifact.ts';
import type { Statement } from '../../../src/trust/bundle/statement.ts';
import { statementIsAbout } from '../../../src/trust/bundle/subject.ts';

const bytes = Buffer.from('an artifact');
const artifact = artifactOf(bytes);
const { digest } = artifact;
const of = (algorithm: string): string => hash(algorithm, bytes, 'hex');
const OTHER = { sha256: 'ab'.repeat(32), sha512: 'ab'.repeat(64) };
const about = (...digests: readonly Record<string, string>[]): Statement => ({
  version: 'v1',
  subjects: digests.map((each) => ({ name: 'it', digest: each })),
  predicateType: 'https://example.com/p',
  predicate: {},
});

describe('a Statement', () => {
  it('is about the artifact that one of its subjects names', () => {
    for (const algorithm of ['sha256', 'sha384', 'sha512']) {
      assert.equal(statementIsAbout(about({ [algorithm]: of(algorithm) }), artifact), true);
    }
    assert.equal(statementIsAbout(about(OTHER, { sha256: of('sha256') }), artifact), true);
    assert.equal(statementIsAbout(about(OTHER), artifact), false);
  });

  it('is not about it by a weak digest, or one that is not known', () => {
    for (const algorithm of ['sha1', 'md5', 'sha224', 'sha3-256']) {
      assert.equal(statementIsAbout(about({ [algorithm]: of(algorithm) }), artifact), false);
    }
    assert.equal(statementIsAbout(about({ sha1: of('sha1'), sha256: of('sha256') }), artifact), true);
    assert.equal(statementIsAbout(about({ sha1: 'ab'.repeat(20), sha256: of('sha256') }), artifact), true);
  });

  it('is not about it where two strong digests of one subject disagree', () => {
    assert.equal(statementIsAbout(about({ sha256: of('sha256'), sha512: OTHER.sha512 }), artifact), false);
    assert.equal(statementIsAbout(about({ sha256: OTHER.sha256, sha512: of('sha512') }), artifact), false);
  });

  it('is compared by SHA-256 alone where only that is known', () => {
    assert.equal(statementIsAbout(about({ sha256: of('sha256') }), { digest }), true);
    assert.equal(statementIsAbout(about({ sha512: of('sha512') }), { digest }), false);
  });

  it('costs one reading of the artifact for each algorithm, however often it is asked', () => {
    let read = 0;
    const counted = {
      digest,
      get bytes() {
        read += 1;
        return bytes;
      },
    };
    const named = about({ sha256: of('sha256'), sha384: of('sha384'), sha512: of('sha512') });
    for (let time = 0; time < 8; time += 1) assert.equal(statementIsAbout(named, counted), true);
    assert.equal(read, 2);
  });
});
