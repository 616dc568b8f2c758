import assert from 'node:assert/strict';
import { matchesWildcard } from '../../src/model/wildcard.ts';

describe('a wildcard', () => {
  it('stands for any characters, and everything else for itself', () => {
    const cases: [string, string, boolean][] = [
      ['prod-*', 'prod-', true],
      ['prod-*', 'prod-eu', true],
      ['prod-*', 'xprod-eu', false],
      ['*-prod', 'eu-prod', true],
      ['a*b*c', 'a-b-c', true],
      ['a*b*c', 'a-c-b', false],
      ['a*a', 'a', false],
      ['*', '', true],
      ['prod', 'prod', true],
      ['prod', 'prod2', false],
      ['p.d', 'pxd', false],
      ['ab*bc', 'abc', false],
      ['a*bc*c', 'abc', false],
    ];
    for (const [pattern, text, expected] of cases)
      assert.equal(matchesWildcard(pattern, text), expected, `${pattern} ${text}`);
  });
});
