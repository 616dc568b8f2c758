import assert from 'node:assert/strict';
import { sha256 } from '../../../src/model/digest.ts';
import { artifactOf } from '../../../src/trust/artifact.ts';
import { attestationChoices, type SignedBundle } from '../../../src/trust/authority/attestations.ts';
import { vouchFailure } from '../../../src/trust/authority/vouch.ts';
import type { Statement } from '../../../src/trust/bundle/statement.ts';

const TYPE = 'https://acme.example/catalogue/v1';
const artifact = artifactOf(new TextEncoder().encode('{}'));
const about = (digest: string): Statement => ({
  version: 'v1',
  subjects: [{ name: '', digest: { sha256: digest.slice('sha256:'.length) } }],
  predicateType: TYPE,
  predicate: {},
});

// The verifier of bundles looks at subjects as well; neither relies on the other.
describe('a Statement about another artifact', () => {
  it('vouches for nothing', () => {
    const authority = { vouchesFor: new Map([['catalogue', { predicateType: TYPE }]]) };
    assert.equal(vouchFailure(authority, 'catalogue', about(artifact.digest), artifact), undefined);
    assert.equal(vouchFailure(authority, 'catalogue', about(sha256('x')), artifact)?.code, 'subject_mismatch');
  });

  it('attests to nothing', () => {
    const authority = {
      attestations: [{ name: 'scan', predicateType: TYPE, by: ['scanner'] }],
      predicateChecks: new Map(),
    };
    const signed = (digest: string): readonly SignedBundle[] => [
      {
        bundle: 0,
        authority: 'scanner',
        proved: {
          bundle: sha256('bundle'),
          signer: { mode: 'keyed', key: sha256('key') },
          statement: about(digest),
          logs: [],
          times: [],
          scts: [],
        },
      },
    ];
    const code = (digest: string) => {
      const found = attestationChoices(authority, signed(digest), artifact);
      return 'code' in found ? found.code : found.length;
    };
    assert.equal(code(artifact.digest), 1);
    assert.equal(code(sha256('x')), 'attestation_missing');
  });
});
