import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ruleStandings } from '../../src/trust/rules.ts';
import type { AuthorityMatch } from '../../src/trust/verdict.ts';
import { identityMatch, keyMatch, rule } from './verdicts-of.ts';

const standing = (atLeast: number, authorities: readonly string[], matches: readonly AuthorityMatch[]) => {
  const [found] = ruleStandings([rule(authorities, atLeast)], matches);
  return [found?.vouching, found?.met];
};

describe('rules', () => {
  it('take any one of their authorities, and no other', () => {
    assert.deepEqual(standing(1, ['a', 'b'], [keyMatch('b', 'x')]), [1, true]);
    assert.deepEqual(standing(1, ['a', 'b'], [keyMatch('c', 'x')]), [0, false]);
    assert.deepEqual(standing(1, ['a'], []), [0, false]);
  });

  it('count an authority once, however many of its signers signed', () => {
    assert.deepEqual(standing(2, ['a', 'b'], [keyMatch('a', 'x'), keyMatch('a', 'y')]), [1, false]);
  });

  it('count a signer once, however many authorities list it', () => {
    assert.deepEqual(standing(2, ['a', 'b'], [keyMatch('a', 'x'), keyMatch('b', 'x')]), [1, false]);
    assert.deepEqual(standing(2, ['a', 'b'], [identityMatch('a', 'me'), identityMatch('b', 'me')]), [1, false]);
    const elsewhere = identityMatch('b', 'me', 'https://other.example');
    assert.deepEqual(standing(2, ['a', 'b'], [identityMatch('a', 'me'), elsewhere]), [2, true]);
  });

  it('give each authority a signer of its own wherever that is possible', () => {
    // The first takes x, and must move on to y for the sake of the second.
    const matches = [keyMatch('a', 'x'), keyMatch('a', 'y'), keyMatch('b', 'x'), keyMatch('c', 'z')];
    assert.deepEqual(standing(3, ['a', 'b', 'c'], matches), [3, true]);
  });

  it('are met by nobody where they ask for nobody', () => {
    assert.deepEqual(standing(0, ['a'], []), [0, false]);
  });

  it('count as an exhaustive search does', () => {
    const matches = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('w', 'x', 'y', 'z')), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(matches, (pairs) => {
        const names = ['a', 'b', 'c', 'd'];
        const most = (at: number, taken: readonly string[]): number => {
          const name = names[at];
          if (name === undefined) return taken.length;
          const free = pairs
            .filter(([one, signer]) => one === name && !taken.includes(signer))
            .map(([, signer]) => signer);
          return Math.max(most(at + 1, taken), ...free.map((signer) => most(at + 1, [...taken, signer])));
        };
        const [found] = standing(
          1,
          names,
          pairs.map(([name, signer]) => keyMatch(name, signer)),
        );
        assert.equal(found, most(0, []));
      }),
    );
  });
});
