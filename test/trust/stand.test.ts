import assert from 'node:assert/strict';
import { sha256 } from '../../src/model/digest.ts';
import type { VerifiedSignature } from '../../src/model/facts.ts';
import type { Revocations } from '../../src/trust/revocation/revocations.ts';
import { parseTrustRoot } from '../../src/trust/root/parse-trust-root.ts';
import type { RootState } from '../../src/trust/root/root-state.ts';
import { keylessRoots, standing } from '../../src/trust/stand.ts';
import type { AuthorityMatch, DocumentVerdict } from '../../src/trust/verdict.ts';
import { authority } from './jobs.ts';
import { createLab } from './lab/lab.ts';
import { scenario } from './lab/scenarios.ts';
import { KEYLESS } from './lab-folder.ts';
import { NOTHING_PROVED } from './proved.ts';

const NONE: Revocations = {
  state: 'ready',
  generation: 1,
  digest: sha256(''),
  keys: new Set(),
  certificates: new Set(),
  identities: new Set(),
  artifacts: new Set(),
};
const bytes = createLab().make(scenario(KEYLESS)).trustedRootBytes;
const GOOD: RootState = { root: parseTrustRoot(bytes), bytes, digest: sha256(bytes) };
const STALE: RootState = { failure: 'root_stale', message: 'it is stale' };
const rootOf = keylessRoots([
  authority('release', { mode: 'keyless', identities: [], root: 'public' }),
  authority('board', { mode: 'keyed', keys: [], root: 'public' }),
]);

function match(fact: VerifiedSignature, notAfter?: number): AuthorityMatch {
  const reliesOn = { keys: [], certificates: [], identities: [] };
  return {
    authority: fact.authority,
    fact,
    reliesOn,
    proved: NOTHING_PROVED,
    ...(notAfter !== undefined && { notAfter }),
  };
}

function verdict(...by: AuthorityMatch[]): DocumentVerdict {
  return {
    document: sha256('document'),
    kind: 'catalogue',
    by,
    failed: [],
    rules: [{ name: 'any', kinds: ['catalogue'], authorities: ['release', 'board'], atLeast: 1 }],
    checks: [],
  };
}

const release = { authority: 'release', mode: 'keyless', issuer: 'https://issuer.example', subject: 'a' } as const;
const board = { authority: 'board', mode: 'keyed', key: sha256('key') } as const;

describe('how a verdict stands', () => {
  it('is as it was found while the root counts', () => {
    const { signatures, until } = standing(verdict(match(release)), NONE, { public: GOOD }, rootOf, 0);
    assert.deepEqual(signatures, { verified: true, by: [release], failed: [] });
    assert.equal(until, Number.POSITIVE_INFINITY);
  });

  it('loses what is keyless when the root is stale, and keeps what is keyed', () => {
    const [keyless, keyed] = [match(release), match(board)];
    const { signatures, vouching, struck } = standing(verdict(keyless, keyed), NONE, { public: STALE }, rootOf, 0);
    assert.deepEqual([vouching, struck], [[keyed], [keyless]]);
    assert.deepEqual(signatures, {
      verified: true,
      by: [board],
      failed: [{ code: 'root_stale', authority: 'release' }],
    });
    const alone = standing(verdict(match(release)), NONE, { public: STALE }, rootOf, 0).signatures;
    assert.equal(alone.verified, false);
    assert.deepEqual(
      alone.failed.map(({ code }) => code),
      ['rule_not_met', 'root_stale'],
    );
  });

  it('loses what is keyed where it rests on an attestation that is keyless', () => {
    const attested = { ...board, attestations: [{ predicate_type: 'https://example.com/', authority: 'release' }] };
    const { signatures } = standing(verdict(match(attested)), NONE, { public: STALE }, rootOf, 0);
    assert.deepEqual(signatures.by, []);
    assert.ok(signatures.failed.some(({ code, authority: by }) => code === 'root_stale' && by === 'board'));
  });

  it('loses what is keyless when the root is gone', () => {
    const { signatures } = standing(verdict(match(release)), NONE, {}, rootOf, 0);
    assert.ok(signatures.failed.some(({ code }) => code === 'root_unavailable'));
    assert.equal(signatures.verified, false);
  });

  it('holds until the next of its matches ends', () => {
    const ending = verdict(match(release, 100), match(board, 200));
    const at = (now: number) => standing(ending, NONE, { public: GOOD }, rootOf, now);
    assert.equal(at(0).until, 100);
    assert.deepEqual(at(100).signatures.by, [board]);
    assert.equal(at(100).until, 200);
    assert.equal(at(200).signatures.verified, false);
    assert.equal(at(200).until, Number.POSITIVE_INFINITY);
  });
});
