import type { Json } from '../../../src/model/json.ts';
import { edited, removed, repeated, replaced, textAt } from '../lab/edit.ts';
import { before, CHAIN, chained, ENTRY, merged, strayBits, textReplaced } from './alter.ts';
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

const chainBeside = (bundle: Json): Json =>
  replaced(bundle, 'verificationMaterial.x509CertificateChain', {
    certificates: [{ rawBytes: textAt(bundle, 'verificationMaterial.certificate.rawBytes') }],
  });

/** What is wrong with a bundle's JSON alone. */
export const FORM_DEFECTS: readonly Defect[] = [
  {
    name: 'nothing at all',
    code: 'bundle_malformed',
    formats: ['v0.3 message'],
    alter: { bytes: () => Buffer.alloc(0) },
  },
  { name: 'cut off', code: 'bundle_malformed', formats: EVERY, alter: { bytes: (bytes) => bytes.subarray(0, -20) } },
  { name: 'a list', code: 'bundle_malformed', formats: ['v0.3 message'], alter: { bundle: (bundle) => [bundle] } },
  {
    name: 'bytes that are no UTF-8',
    code: 'bundle_malformed',
    formats: ['v0.3 message'],
    alter: { bytes: (bytes) => Buffer.concat([Buffer.from('{"\xff":1,', 'latin1'), bytes.subarray(1)]) },
  },
  {
    name: 'nesting without end',
    code: 'bundle_malformed',
    formats: ['v0.3 message'],
    alter: { bytes: () => Buffer.from(`{"mediaType":${'['.repeat(100_000)}`) },
  },
  {
    name: 'more than a megabyte',
    code: 'bundle_too_large',
    formats: EVERY,
    alter: { bytes: (bytes) => Buffer.concat([bytes, Buffer.alloc(1_048_576, ' ')]) },
  },
  {
    name: 'a member twice',
    code: 'bundle_malformed',
    formats: EVERY,
    alter: {
      bytes: (bytes) => textReplaced(bytes, /^\{/, '{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json",'),
    },
  },
  {
    name: 'a member twice, once escaped',
    code: 'bundle_malformed',
    formats: EVERY,
    alter: {
      bytes: (bytes) =>
        textReplaced(bytes, /^\{/, '{"\\u006dediaType":"application/vnd.dev.sigstore.bundle.v0.3+json",'),
    },
  },
  {
    name: 'a media type of the future',
    code: 'bundle_unsupported',
    formats: UNCHAINED,
    alter: { bundle: (bundle) => replaced(bundle, 'mediaType', 'application/vnd.dev.sigstore.bundle.v9.9+json') },
    checks: ['media type'],
  },
  {
    name: 'a media type with more behind it',
    code: 'bundle_unsupported',
    formats: [...UNCHAINED, KEYED_MESSAGE],
    alter: { bundle: (bundle) => replaced(bundle, 'mediaType', 'application/vnd.dev.sigstore.bundle.v0.3+json; junk') },
    checks: ['media type'],
  },
  {
    name: 'media type 0.4 in the old form',
    code: 'bundle_unsupported',
    formats: UNCHAINED,
    alter: {
      bundle: (bundle) => replaced(bundle, 'mediaType', 'application/vnd.dev.sigstore.bundle+json;version=0.4'),
    },
    checks: ['media type'],
  },
  {
    name: 'no media type',
    code: 'bundle_unsupported',
    formats: EVERY,
    alter: { bundle: (bundle) => removed(bundle, 'mediaType') },
  },
  {
    name: 'an unknown member',
    code: 'bundle_unsupported',
    formats: EVERY,
    alter: { bundle: (bundle) => merged(bundle, { signedBy: 'somebody else' }) },
    checks: ['known members'],
  },
  {
    name: 'an unknown member of an entry',
    code: 'bundle_unsupported',
    formats: PROVED,
    alter: { bundle: (bundle) => replaced(bundle, `${ENTRY}.inclusionProof.leafHash`, 'AAAA') },
    checks: ['known members'],
  },
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
    name: 'neither message nor envelope',
    code: 'bundle_malformed',
    formats: EVERY,
    alter: { bundle: (bundle) => removed(removed(bundle, 'messageSignature'), 'dsseEnvelope') },
  },
  {
    name: 'no verification material',
    code: 'bundle_malformed',
    formats: EVERY,
    alter: { bundle: (bundle) => removed(bundle, 'verificationMaterial') },
  },
  {
    name: 'no certificate',
    code: 'bundle_malformed',
    formats: UNCHAINED,
    alter: { bundle: (bundle) => removed(bundle, 'verificationMaterial.certificate') },
  },
  {
    name: 'a chain of none',
    code: 'bundle_malformed',
    formats: CHAINED,
    alter: { bundle: (bundle) => replaced(bundle, CHAIN, []) },
  },
  {
    name: 'a chain in v0.3',
    code: 'bundle_malformed',
    formats: UNCHAINED,
    alter: { bundle: (bundle) => removed(chainBeside(bundle), 'verificationMaterial.certificate') },
  },
  {
    name: 'an empty signature',
    code: 'bundle_malformed',
    formats: [...MESSAGES, KEYED_MESSAGE],
    alter: { bundle: (bundle) => replaced(bundle, 'messageSignature.signature', '') },
  },
  {
    name: 'a list where text belongs',
    code: 'bundle_malformed',
    formats: PROVED,
    alter: { bundle: (bundle) => edited(bundle, `${ENTRY}.kindVersion.kind`, (kind) => [kind ?? '']) },
    checks: ['kinds of members'],
  },
  {
    name: 'base64 with a line break',
    code: 'bundle_malformed',
    formats: PROVED,
    alter: {
      bundle: (bundle) =>
        edited(bundle, `${ENTRY}.canonicalizedBody`, (body) => String(body).replace(/^.{64}/, '$&\n')),
    },
    checks: ['canonical base64'],
  },
  {
    name: 'base64 without padding',
    code: 'bundle_malformed',
    formats: PROVED,
    alter: { bundle: (bundle) => edited(bundle, `${ENTRY}.logId.keyId`, (id) => String(id).replace(/=+$/, '')) },
    checks: ['canonical base64'],
  },
  {
    name: 'base64 with stray bits',
    code: 'bundle_malformed',
    formats: PROVED,
    alter: { bundle: (bundle) => edited(bundle, `${ENTRY}.logId.keyId`, (id) => strayBits(String(id))) },
    checks: ['canonical base64'],
  },
  {
    name: 'a number in hex',
    code: 'bundle_malformed',
    formats: PROVED,
    alter: {
      bundle: (bundle) =>
        edited(bundle, `${ENTRY}.inclusionProof.logIndex`, (index) => `0x${Number(index).toString(16)}`),
    },
    checks: ['natural numbers'],
  },
  {
    name: 'a number with a leading zero',
    code: 'bundle_malformed',
    formats: PROVED,
    alter: { bundle: (bundle) => edited(bundle, `${ENTRY}.inclusionProof.logIndex`, (index) => `0${index}`) },
    checks: ['natural numbers'],
  },
  {
    name: 'a negative index',
    code: 'bundle_malformed',
    formats: PROVED,
    alter: { bundle: (bundle) => replaced(bundle, `${ENTRY}.inclusionProof.logIndex`, '-1') },
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
