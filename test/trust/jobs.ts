import { artifactOf } from '../../src/trust/artifact.ts';
import { NO_CONTENT } from '../../src/trust/authority/content.ts';
import type { AuthoritySource } from '../../src/trust/authority/source.ts';
import type { VerificationJob } from '../../src/trust/verify-document.ts';
import { createLab } from './lab/lab.ts';
import type { Made } from './lab/made.ts';
import { scenario } from './lab/scenarios.ts';
import { KEYED, KEYLESS } from './lab-folder.ts';

const lab = createLab();

/** An authority with no keys, for whoever only asks for its name. */
export function authority(
  name: string,
  signer: AuthoritySource['signer'] = { mode: 'keyed', keys: [] },
): AuthoritySource {
  return {
    name,
    signer,
    vouchesFor: { catalogue: {} },
    scope: { servers: ['*'], tools: ['*'], planAgents: ['*'], environments: ['*'] },
    highestEffect: 'destructive',
    attestations: [],
    thresholds: { logs: 0, timestamps: 0, scts: 0 },
    allowsCosignLegacy: false,
  };
}

/** What a bundle of the laboratory is verified by: an authority named after its mode. */
export function jobOfMade(made: Made): VerificationJob {
  const { identity, issuer, key, scenario: made_as } = made;
  const signer: AuthoritySource['signer'] =
    key === undefined
      ? {
          mode: 'keyless',
          identities: [{ issuer: { exact: issuer }, subject: { exact: identity }, claims: {} }],
          root: 'lab',
        }
      : { mode: 'keyed', keys: [{ pem: key.spkiPem, algorithm: key.algorithm }], root: 'lab' };
  const vouchesFor = {
    catalogue: made_as.content === 'dsse' ? { predicateType: 'https://example.com/attestation/v1' } : {},
  };
  return {
    kind: 'catalogue',
    artifact: artifactOf(made.artifact),
    bundles: [made.bundleBytes],
    content: NO_CONTENT,
    authorities: [
      {
        ...authority(made_as.mode, signer),
        vouchesFor,
        thresholds: made.thresholds,
        allowsCosignLegacy: made.allowCosignLegacy,
      },
    ],
    rules: [{ name: 'all', kinds: ['catalogue'], authorities: [made_as.mode], atLeast: 1 }],
    roots: { lab: { bytes: made.trustedRootBytes } },
    now: made.signedAt,
  };
}

/** A job that verifies. */
export function jobFor(mode: 'keyed' | 'keyless'): VerificationJob {
  return jobOfMade(lab.make(scenario(mode === 'keyed' ? KEYED : KEYLESS)));
}
