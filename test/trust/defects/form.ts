import { edited, removed, replaced } from '../lab/edit.ts';
import { CHAIN, chainBeside, ENTRY, merged, strayBits, textReplaced } from './alter.ts';
import { CHAINED, type Defect, KEYED_DSSE, KEYED_MESSAGE, MESSAGES, PROVED, UNCHAINED } from './defect.ts';

const EVERY = [...PROVED, KEYED_MESSAGE, KEYED_DSSE];

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
    // String() of such an object throws.
    name: 'a media type that cannot be made text',
    code: 'bundle_unsupported',
    formats: EVERY,
    alter: { bundle: (bundle) => replaced(bundle, 'mediaType', { toString: [], valueOf: [] }) },
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
];
