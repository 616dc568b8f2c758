import assert from 'node:assert/strict';
import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { at, isArray } from './edit.ts';
import { createLab } from './lab.ts';
import type { Made } from './made.ts';
import type { Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';

/** What Sigstore's own library makes of it. */
function verifyByLibrary({ bundle, trustedRoot, artifact, key, thresholds, scenario }: Made): void {
  const keys = (): { publicKey: NonNullable<Made['key']>['publicKey']; validFor: () => boolean } => {
    if (key === undefined) throw new TypeError('no key');
    return { publicKey: key.publicKey, validFor: () => true };
  };
  const verifier = new Verifier(toTrustMaterial(TrustedRoot.fromJSON(trustedRoot), keys), {
    tlogThreshold: thresholds.logs,
    ctlogThreshold: thresholds.scts,
    timestampThreshold: thresholds.timestamps,
  });
  const signed = scenario.content === 'message' ? artifact : undefined;
  verifier.verify(toSignedEntity(bundleFromJSON(bundle), signed));
}

const P256 = 'ecdsa-sha2-256-nistp256';

/** The library reads neither snake_case nor cosign's form, and lacks these algorithms for these contents. */
function beyondLibrary({ version, spelling, algorithm = P256, content }: Scenario): boolean {
  if (version === 'legacy' || spelling !== undefined) return true;
  if (algorithm.startsWith('rsa-sign-pss') || algorithm === 'ed25519-ph') return true;
  return content === 'message' ? algorithm === 'ed25519' : /nistp384|nistp521/.test(algorithm);
}

describe('the laboratory', () => {
  const lab = createLab();

  for (const scenario of SCENARIOS.filter((one) => !beyondLibrary(one))) {
    it(`makes what Sigstore's library verifies: ${scenario.name}`, () => verifyByLibrary(lab.make(scenario)));
  }

  it('gives the same bytes for the same seed, and others for another', () => {
    for (const scenario of SCENARIOS.filter(({ algorithm = P256 }) => /p256|ed25519/.test(algorithm))) {
      const again = createLab().make(scenario);
      assert.deepEqual(again.bundleBytes, lab.make(scenario).bundleBytes, scenario.name);
      assert.deepEqual(again.trustedRootBytes, lab.make(scenario).trustedRootBytes, scenario.name);
      assert.notDeepEqual(createLab({ seed: 2 }).make(scenario).bundleBytes, again.bundleBytes, scenario.name);
    }
  });

  it('names every scenario once', () => {
    assert.equal(new Set(SCENARIOS.map(({ name }) => name)).size, SCENARIOS.length);
  });

  it('gives proofs as long as the log is large', () => {
    const proof = (name: string): unknown => {
      const made = lab.make(SCENARIOS.find((one) => one.name === name) ?? assert.fail(name));
      const hashes = at(made.bundle, 'verificationMaterial.tlogEntries.0.inclusionProof.hashes');
      return isArray(hashes) ? hashes.length : undefined;
    };
    assert.equal(proof('v0.3 message in a log of one'), 0);
    assert.equal(proof('v0.3 message in a log of 1000'), 10);
  });
});
