import assert from 'node:assert/strict';
import { sha256 } from '../../../src/model/digest.ts';
import { parseRevocations } from '../../../src/trust/revocation/parse.ts';
import { identityKey } from '../../../src/trust/revocation/revocations.ts';
import { thrownWith } from '../../thrown.ts';

const [key, certificate, artifact] = [sha256('key'), sha256('certificate'), sha256('artifact')];
const parse = (text: string | Uint8Array) => parseRevocations(Buffer.from(text), 'revoked.yaml');

describe('a revocation file', () => {
  it('lists keys, certificates, identities and artifacts, as YAML', () => {
    const list = parse(`
# The signer of October.
revocations:
  - key: ${key}
    reason: laptop stolen
    at: 2026-11-22T03:00:00Z
  - certificate: ${certificate}
  - identity:
      issuer: https://token.actions.githubusercontent.com
      subject: https://github.com/o/r/.github/workflows/w.yml@refs/heads/main
  - artifact: "${artifact}"
`);
    assert.deepEqual(list, {
      keys: [key],
      certificates: [certificate],
      identities: [
        identityKey(
          'https://token.actions.githubusercontent.com',
          'https://github.com/o/r/.github/workflows/w.yml@refs/heads/main',
        ),
      ],
      artifacts: [artifact],
    });
  });

  it('says the same as JSON', () => {
    const list = parse(JSON.stringify({ revocations: [{ key }, { identity: { issuer: 'i', subject: 's' } }] }));
    assert.deepEqual(list, { keys: [key], certificates: [], identities: [identityKey('i', 's')], artifacts: [] });
  });

  it('revokes nothing only by saying so', () => {
    assert.deepEqual(parse('revocations: []').keys, []);
    assert.deepEqual(parse('{"revocations": []}').keys, []);
  });

  for (const [what, text] of [
    ['is empty', ''],
    ['holds a comment alone', '# nothing\n'],
    ['has no list', 'revocations:\n'],
    ['is a list without its name', `- key: ${key}`],
    ['has a member that nobody knows', 'revocations: []\nrevoked: []'],
    ['has the list twice', `revocations: [{key: "${key}"}]\nrevocations: []`],
    ['has the list twice, as JSON', `{"revocations":[{"key":"${key}"}],"revocations":[]}`],
    ['breaks off', 'revocations: ['],
    ['holds two documents', 'revocations: []\n---\nrevocations: []\n'],
    ['uses aliases', `revocations: [&a {key: "${key}"}, *a]`],
    ['has a tag', 'revocations: !other []'],
    ['is not UTF-8', Buffer.from([0xff, 0xfe])],
    ['has an entry that names nothing', 'revocations: [{reason: lost}]'],
    ['has an entry that names two', `revocations: [{key: "${key}", artifact: "${artifact}"}]`],
    ['has an entry with another member', `revocations: [{key: "${key}", until: 2027}]`],
    ['has a digest in capitals', `revocations: [{key: "sha256:${key.slice(7).toUpperCase()}"}]`],
    ['has a digest without its name', `revocations: [{key: "${key.slice(7)}"}]`],
    ['has an identity without issuer', 'revocations: [{identity: {subject: s}}]'],
    ['has an identity with an empty subject', 'revocations: [{identity: {issuer: i, subject: ""}}]'],
    ['has a time that is none', `revocations: [{key: "${key}", at: yesterday}]`],
  ] as const) {
    it(`is refused whole when it ${what}`, () => {
      const error = thrownWith('revocations.malformed', () => parse(text));
      assert.match(error.message, /^revoked\.yaml: .*Correct the file/s);
    });
  }

  it('keeps issuer and subject apart', () => {
    assert.notEqual(identityKey('a', 'b","c'), identityKey('a","b', 'c'));
  });
});
