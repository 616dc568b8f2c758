import assert from 'node:assert/strict';
import { sha256 } from '../../../src/model/digest.ts';
import type { IdentityRule } from '../../../src/trust/authority/authority.ts';
import { compileIdentity, identityFailure } from '../../../src/trust/authority/identity.ts';

const GITHUB = 'https://token.actions.githubusercontent.com';
const WORKFLOW = 'https://github.com/acme/tools/.github/workflows/release.yml@refs/tags/v1';
const signer = {
  mode: 'keyless',
  issuer: GITHUB,
  subject: WORKFLOW,
  key: sha256('key'),
  certificates: [sha256('leaf')],
  claims: { source_repository_identifier: '632596897', build_trigger: 'push' },
} as const;
const rule = (more: Partial<IdentityRule>): IdentityRule => ({
  issuer: { exact: GITHUB },
  subject: { exact: WORKFLOW },
  claims: {},
  ...more,
});
const code = (rules: readonly IdentityRule[], who: Parameters<typeof identityFailure>[1] = signer) =>
  identityFailure(rules.map(compileIdentity), who)?.code;

describe('identities', () => {
  it('are issuer and subject together', () => {
    assert.equal(code([rule({})]), undefined);
    assert.equal(code([rule({ subject: { pattern: '^https://github\\.com/acme/tools/.*$' } })]), undefined);
    assert.equal(code([rule({ issuer: { exact: 'https://other.example' } })]), 'identity_mismatch');
    assert.equal(code([rule({ subject: { exact: `${WORKFLOW}0` } })]), 'identity_mismatch');
    assert.equal(code([]), 'identity_mismatch');
    const halves = [rule({ issuer: { exact: 'https://other.example' } }), rule({ subject: { exact: 'other' } })];
    assert.equal(code(halves), 'identity_mismatch', 'the issuer of one and the subject of another make none');
  });

  it('ask for claims besides', () => {
    const claims = {
      source_repository_identifier: { exact: '632596897' },
      build_trigger: { pattern: '^(?:push|release)$' },
    };
    assert.equal(code([rule({ claims })]), undefined);
    assert.equal(
      code([rule({ claims: { ...claims, runner_environment: { exact: 'github-hosted' } } })]),
      'claims_mismatch',
    );
    assert.equal(code([rule({ claims: { source_repository_identifier: { exact: '63259689' } } })]), 'claims_mismatch');
    const one = rule({ claims: { build_trigger: { exact: 'release' } } });
    assert.equal(code([one, rule({ claims })]), undefined, 'one identity that fits whole is enough');
    const other = rule({ claims: { source_repository_identifier: { exact: '1' } } });
    assert.equal(code([one, other]), 'claims_mismatch', 'the claims of one and of another make none');
    const message = identityFailure([compileIdentity(one)], signer)?.message ?? '';
    assert.match(message, /build_trigger/);
  });

  it('are printable ASCII', () => {
    const subject = WORKFLOW.replace('acme', 'аcme');
    const anybody = rule({ subject: { pattern: '^https://github\\.com/.*$' } });
    assert.equal(code([anybody], { ...signer, subject }), 'identity_not_ascii');
    assert.equal(code([rule({ issuer: { exact: 'é' } })], { ...signer, issuer: 'é' }), 'identity_not_ascii');
  });

  it('do not find claims that objects have anyway', () => {
    const inherited = Object.create({ build_trigger: 'push' });
    const claims = { build_trigger: { exact: 'push' } };
    assert.equal(code([rule({ claims })], { ...signer, claims: inherited }), 'claims_mismatch');
  });
});
