import assert from 'node:assert/strict';
import fc from 'fast-check';
import { sha256 } from '../../src/model/digest.ts';
import { currentVerdict } from '../../src/trust/current.ts';
import { identityKey, type Revocations } from '../../src/trust/revocation/revocations.ts';
import { identityMatch, keyMatch, rule, verdictOf } from './verdicts-of.ts';

type Ready = Extract<Revocations, { readonly state: 'ready' }>;
const NOTHING: Ready = {
  state: 'ready',
  generation: 1,
  digest: sha256(''),
  keys: new Set(),
  certificates: new Set(),
  identities: new Set(),
  artifacts: new Set(),
};
const revoked = (more: Partial<Ready>): Ready => ({ ...NOTHING, ...more });
const currentSignatures = (...asked: Parameters<typeof currentVerdict>) => currentVerdict(...asked).signatures;
const A = keyMatch('a', 'x');
const B = identityMatch('b', 'me');

describe('a verdict as it counts now', () => {
  it('is verified where there are rules and all of them hold', () => {
    const rules = [rule(['a'], 1, 'one'), rule(['a', 'b'], 2, 'two')];
    assert.deepEqual(currentSignatures(verdictOf([A, B], rules), NOTHING, 0), {
      verified: true,
      by: [A.fact, B.fact],
      failed: [],
    });
  });

  it('is not where one rule does not, and says so; who vouches still stands there', () => {
    const rules = [rule(['a'], 1, 'one'), rule(['a', 'b'], 2, 'two')];
    assert.deepEqual(currentSignatures(verdictOf([A], rules), NOTHING, 0), {
      verified: false,
      by: [A.fact],
      failed: [{ code: 'rule_not_met' }],
    });
  });

  it('is not where there is no rule', () => {
    const found = currentSignatures(verdictOf([A], []), NOTHING, 0);
    assert.deepEqual([found.verified, found.failed], [false, [{ code: 'no_rule' }]]);
  });

  it('is nothing while revocations cannot be had', () => {
    const unavailable: Revocations = { state: 'unavailable', generation: 1, message: 'gone' };
    assert.deepEqual(currentSignatures(verdictOf([A], [rule(['a'])]), unavailable, 0), {
      verified: false,
      by: [],
      failed: [{ code: 'revocations_unavailable' }],
    });
  });

  for (const [code, revocations] of [
    ['revoked_key', revoked({ keys: new Set([sha256('key of me')]) })],
    ['revoked_certificate', revoked({ certificates: new Set([sha256('leaf of me')]) })],
    ['revoked_certificate', revoked({ certificates: new Set([sha256('intermediate')]) })],
    ['revoked_identity', revoked({ identities: new Set([identityKey('https://issuer.example', 'me')]) })],
  ] as const) {
    it(`loses whoever rests on what is revoked: ${code}`, () => {
      const rules = [rule(['a', 'b'])];
      const both = currentSignatures(verdictOf([A, B], rules), revocations, 0);
      assert.deepEqual(both, { verified: true, by: [A.fact], failed: [{ code, authority: 'b' }] });
      const alone = currentSignatures(verdictOf([B], rules), revocations, 0);
      assert.deepEqual([alone.verified, alone.by], [false, []]);
      assert.deepEqual(alone.failed, [{ code: 'rule_not_met' }, { code, authority: 'b' }]);
    });
  }

  it('loses all where the document itself is revoked', () => {
    const artifacts = new Set([sha256('document')]);
    const found = currentSignatures(verdictOf([A, B], [rule(['a'])]), revoked({ artifacts }), 0);
    assert.deepEqual(found, { verified: false, by: [], failed: [{ code: 'revoked_artifact' }] });
  });

  it('ends at notAfter, to the millisecond', () => {
    const verdict = verdictOf([{ ...A, notAfter: 1000 }], [rule(['a'])]);
    assert.equal(currentSignatures(verdict, NOTHING, 999).verified, true);
    assert.equal(currentSignatures(verdict, NOTHING, 1000).verified, false);
    assert.deepEqual(currentSignatures(verdict, NOTHING, 1000).failed[1], { code: 'verdict_expired', authority: 'a' });
  });

  it('keeps an authority that another of its signers stands for', () => {
    const verdict = verdictOf([A, keyMatch('a', 'y')], [rule(['a'])]);
    const found = currentSignatures(verdict, revoked({ keys: new Set([sha256('x')]) }), 0);
    assert.deepEqual(found, { verified: true, by: [keyMatch('a', 'y').fact], failed: [] });
  });

  it('tells why others do not vouch, each once and not without end', () => {
    const failed = Array.from(
      { length: 200 },
      (_, index) => ({ authority: `z${index % 100}`, code: 'key_unknown', message: '' }) as const,
    );
    const found = currentSignatures(
      verdictOf([A], [rule(['a'])], [...failed, { authority: 'a', code: 'signature_invalid', message: '' }]),
      NOTHING,
      0,
    );
    assert.equal(found.failed.length, 64);
    assert.deepEqual(found.failed[0], { code: 'key_unknown', authority: 'z0' });
  });

  it('tells how rules stand over all who vouch, and of too many keeps those by whom the rules are met', () => {
    const many = Array.from({ length: 69 }, (_, index) => keyMatch('many', `${index}`));
    const deciding = keyMatch('last', 'z');
    const rules = [rule(['last'], 1, 'one'), rule(['many', 'last', 'none'], 2, 'two')];
    const {
      signatures,
      rules: standings,
      vouching,
    } = currentVerdict(verdictOf([...many, deciding], rules), NOTHING, 0);
    assert.equal(signatures.verified, true);
    assert.deepEqual(
      standings.map(({ met, vouching: count }) => [met, count]),
      [
        [true, 1],
        [true, 2],
      ],
    );
    assert.equal(vouching.length, 70);
    assert.deepEqual(
      signatures.by,
      [...many.slice(0, 63), deciding].map(({ fact }) => fact),
    );
    const without = currentVerdict(verdictOf(many, rules), NOTHING, 0);
    assert.deepEqual(
      without.rules.map(({ met }) => met),
      [false, false],
    );
  });

  it('tells that no rule is met while nothing counts', () => {
    const unavailable: Revocations = { state: 'unavailable', generation: 1, message: 'gone' };
    const { rules, vouching } = currentVerdict(verdictOf([A], [rule(['a'])]), unavailable, 0);
    assert.deepEqual([rules.map(({ met }) => met), vouching], [[false], []]);
  });

  it('never turns from unverified to verified because a match is gone, something is revoked, or time passes', () => {
    const signer = fc.constantFrom('u', 'v', 'w', 'x');
    const name = fc.constantFrom('a', 'b', 'c');
    const match = fc
      .tuple(name, signer, fc.option(fc.nat(10), { nil: undefined }))
      .map(([authority, key, notAfter]) => keyMatch(authority, key, notAfter === undefined ? {} : { notAfter }));
    const rules = fc.array(
      fc
        .tuple(fc.uniqueArray(name, { minLength: 1 }), fc.integer({ min: 0, max: 3 }))
        .map(([names, least]) => rule(names, least)),
      { maxLength: 3 },
    );
    fc.assert(
      fc.property(
        fc.array(match, { maxLength: 6 }),
        rules,
        fc.nat(10),
        fc.nat(10),
        signer,
        (by, all, drop, now, gone) => {
          if (currentSignatures(verdictOf(by, all), NOTHING, now).verified) return;
          const fewer = verdictOf(
            by.filter((_, index) => index !== drop),
            all,
          );
          assert.equal(currentSignatures(fewer, NOTHING, now).verified, false);
          assert.equal(currentSignatures(verdictOf(by, all), NOTHING, now + 1).verified, false);
          const keys = revoked({ keys: new Set([sha256(gone)]) });
          assert.equal(currentSignatures(verdictOf(by, all), keys, now).verified, false);
          assert.equal(
            currentSignatures(verdictOf(by, [...all, rule(['a'])]), NOTHING, now).verified,
            all.length === 0 && by.some((one) => one.authority === 'a' && (one.notAfter ?? 99) > now),
          );
        },
      ),
      { numRuns: 500 },
    );
  });
});
