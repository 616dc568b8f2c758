import type { Json } from '../../../src/model/json.ts';
import { edited, removed, repeated, replaced } from '../lab/edit.ts';
import { before, chainBeside, chained, ENTRY, merged } from './alter.ts';
import {
  CHAINED,
  type Defect,
  DSSE,
  KEYED_DSSE,
  KEYED_MESSAGE,
  MESSAGES,
  PROVED,
  REKOR_V2,
  UNCHAINED,
} from './defect.ts';

const EVERY = [...PROVED, KEYED_MESSAGE, KEYED_DSSE];
const SNAKE = ['v0.3 message snake_case', 'v0.3 DSSE dsse snake_case'];
const ENVELOPE: Json = { payload: 'e30=', payloadType: 'text/plain', signatures: [{ sig: 'AAAA' }] };
const MESSAGE: Json = { messageDigest: { algorithm: 'SHA2_256', digest: 'AAAA' }, signature: 'AAAA' };

/** Parts of a bundle that are there twice, too often, in a place where they do not belong, or not at all. */
export const PART_DEFECTS: readonly Defect[] = [
  {
    name: 'both spellings of a member',
    code: 'bundle_ambiguous',
    formats: EVERY,
    alter: { bundle: (bundle) => before(bundle, { verification_material: {} }) },
    checks: ['one spelling'],
  },
  {
    name: 'both spellings of a member of an entry',
    code: 'bundle_ambiguous',
    formats: PROVED,
    alter: {
      bundle: (bundle) => edited(bundle, ENTRY, (entry) => before(entry ?? {}, { canonicalized_body: 'AAAA' })),
    },
    checks: ['one spelling'],
  },
  {
    name: 'an envelope beside the message signature',
    code: 'bundle_ambiguous',
    formats: [...MESSAGES, KEYED_MESSAGE],
    alter: { bundle: (bundle) => merged(bundle, { dsseEnvelope: ENVELOPE }) },
    checks: ['one content'],
  },
  {
    name: 'a message signature beside the envelope',
    code: 'bundle_ambiguous',
    formats: [...DSSE, KEYED_DSSE],
    alter: { bundle: (bundle) => merged(bundle, { messageSignature: MESSAGE }) },
  },
  {
    name: 'a certificate beside the chain',
    code: 'bundle_ambiguous',
    formats: CHAINED,
    alter: { bundle: (bundle) => replaced(bundle, 'verificationMaterial.certificate', { rawBytes: 'AAAA' }) },
    checks: ['one kind of key material'],
  },
  {
    name: 'a chain beside the certificate',
    code: 'bundle_ambiguous',
    formats: UNCHAINED,
    alter: { bundle: chainBeside },
  },
  {
    name: 'a key beside the certificate',
    code: 'bundle_ambiguous',
    formats: UNCHAINED,
    alter: { bundle: (bundle) => replaced(bundle, 'verificationMaterial.publicKey', { hint: 'x' }) },
  },
  {
    name: 'a key beside the certificate in snake_case',
    code: 'bundle_ambiguous',
    formats: SNAKE,
    alter: { bundle: (bundle) => replaced(bundle, 'verification_material.public_key', { hint: 'x' }) },
  },
  {
    name: 'nine timestamps',
    code: 'bundle_too_many_parts',
    formats: [
      {
        name: 'v0.3 message',
        version: '0.3',
        content: 'message',
        mode: 'keyless',
        entries: [{ log: 'rekor1', kind: 'hashedrekord 0.0.1' }],
        timestamps: Array.from({ length: 9 }, () => ({ tsa: 'tsa' as const })),
      },
    ],
    checks: ['number of parts'],
  },
  {
    name: 'nine entries',
    code: 'bundle_too_many_parts',
    formats: PROVED,
    alter: {
      bundle: (bundle) =>
        edited(bundle, 'verificationMaterial.tlogEntries', (entries) =>
          Array.from({ length: 9 }, () => (Array.isArray(entries) ? entries[0] : null)),
        ),
    },
  },
  {
    name: 'two signatures in the envelope',
    code: 'bundle_too_many_parts',
    formats: [...DSSE, KEYED_DSSE],
    alter: { bundle: (bundle) => repeated(bundle, 'dsseEnvelope.signatures') },
  },
  {
    name: 'no inclusion proof in v0.1',
    code: 'inclusion_proof_missing',
    formats: ['v0.1 message', 'v0.1 DSSE intoto v0.1'],
    alter: { bundle: (bundle) => removed(bundle, `${ENTRY}.inclusionProof`) },
    checks: ['inclusion proofs'],
  },
  {
    name: 'no inclusion proof in a newer bundle that calls itself v0.1',
    code: 'inclusion_proof_missing',
    formats: ['v0.3 message', 'v0.3 DSSE dsse'],
    alter: {
      bundle: (bundle) =>
        replaced(
          removed(bundle, `${ENTRY}.inclusionProof`),
          'mediaType',
          'application/vnd.dev.sigstore.bundle+json;version=0.1',
        ),
    },
    checks: ['inclusion proofs'],
  },
  {
    name: 'no inclusion proof',
    code: 'inclusion_proof_missing',
    formats: ['v0.2 message', 'v0.3 message', 'v0.2 DSSE intoto', 'v0.3 DSSE dsse', ...REKOR_V2],
    alter: { bundle: (bundle) => removed(bundle, `${ENTRY}.inclusionProof`) },
  },
  {
    name: 'no checkpoint',
    code: 'inclusion_proof_missing',
    formats: PROVED,
    alter: { bundle: (bundle) => removed(bundle, `${ENTRY}.inclusionProof.checkpoint`) },
  },
  {
    name: 'the root in the chain',
    code: 'bundle_holds_authority',
    formats: CHAINED,
    alter: { made: (made) => chained(made, (leaf, authorities) => [leaf, ...authorities]) },
    checks: ['no authority in the chain'],
  },
  {
    name: 'the leaf twice in the chain',
    code: 'bundle_holds_authority',
    formats: CHAINED,
    alter: { made: (made) => chained(made, (leaf) => [leaf, leaf]) },
    checks: ['no authority in the chain'],
  },
];
