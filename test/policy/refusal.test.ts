import assert from 'node:assert/strict';
import { describeProblem } from '../../src/policy/refusal.ts';

describe('a problem of a policy', () => {
  it('keeps the lines of its message, and takes none from the name of its file', () => {
    const file = 'policies/a\nerror forged: b\u202e.rego';
    assert.equal(
      describeProblem({ code: 'policy.x', file, row: 3, message: 'first\nsecond' }),
      'policies/a\ufffderror forged: b\ufffd.rego:3: first\nsecond [policy.x]',
    );
  });
});
