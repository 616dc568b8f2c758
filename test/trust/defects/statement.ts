import { edited, removed, replaced } from '../lab/edit.ts';
import { merged, textReplaced } from './alter.ts';
import { type Defect, DSSE, KEYED_DSSE, LEGACY } from './defect.ts';

const EVERY = [...DSSE, KEYED_DSSE, 'legacy DSSE intoto'];
const EVERY_LEGACY = [...LEGACY, 'legacy message keyed', 'legacy DSSE intoto', 'legacy DSSE dsse'];

/** What is wrong with what an envelope holds. */
export const STATEMENT_DEFECTS: readonly Defect[] = [
  {
    name: 'another payload type',
    code: 'statement_unsupported',
    formats: EVERY,
    alter: { payloadType: () => 'application/vnd.other+json' },
  },
  {
    name: 'a Statement of another type',
    code: 'statement_unsupported',
    formats: EVERY,
    alter: { statement: (statement) => replaced(statement, '_type', 'https://in-toto.io/Statement/v9') },
  },
  {
    name: 'a payload that is no JSON',
    code: 'statement_malformed',
    formats: EVERY,
    alter: { payload: () => Buffer.from('PASSED') },
  },
  {
    name: 'a member twice in the Statement',
    code: 'statement_malformed',
    formats: EVERY,
    alter: {
      payload: (payload) => textReplaced(payload, /"predicate":/, '"predicate":{"result":"FAILED"},"predicate":'),
    },
  },
  {
    name: 'a Statement about nothing',
    code: 'statement_malformed',
    formats: EVERY,
    alter: { statement: (statement) => replaced(statement, 'subject', []) },
  },
  {
    name: 'a Statement without predicateType',
    code: 'statement_malformed',
    formats: EVERY,
    alter: { statement: (statement) => removed(statement, 'predicateType') },
  },
  {
    name: 'a predicate that is no object',
    code: 'statement_malformed',
    formats: EVERY,
    alter: { statement: (statement) => replaced(statement, 'predicate', ['PASSED']) },
  },
  {
    name: 'a digest in capitals',
    code: 'statement_malformed',
    formats: EVERY,
    alter: { statement: (statement) => replaced(statement, 'subject.0.digest', { sha256: 'AB'.repeat(32) }) },
  },
  {
    name: 'a digest of half the length',
    code: 'statement_malformed',
    formats: EVERY,
    alter: { statement: (statement) => replaced(statement, 'subject.0.digest', { sha256: 'ab'.repeat(16) }) },
  },
  {
    name: 'a Statement about another artifact',
    code: 'subject_mismatch',
    formats: EVERY,
    alter: { statement: (statement) => replaced(statement, 'subject.0.digest', { sha256: 'ab'.repeat(32) }) },
    checks: ['subject of the Statement'],
  },
  {
    name: 'a Statement about the name alone',
    code: 'subject_mismatch',
    formats: EVERY,
    alter: { statement: (statement) => replaced(statement, 'subject.0.digest', { gitCommit: 'ab'.repeat(20) }) },
    checks: ['subject of the Statement'],
  },
];

/** What is wrong with cosign's legacy bundle alone. */
export const LEGACY_DEFECTS: readonly Defect[] = [
  {
    name: "cosign's legacy bundle where it is not allowed",
    code: 'legacy_not_allowed',
    formats: EVERY_LEGACY,
    alter: { made: (made) => ({ ...made, allowCosignLegacy: false }) },
  },
  {
    name: "cosign's legacy bundle without its entry",
    code: 'log_entry_missing',
    formats: EVERY_LEGACY,
    alter: { bundle: (bundle) => removed(bundle, 'rekorBundle') },
  },
  {
    name: "cosign's legacy bundle with an unknown member",
    code: 'bundle_malformed',
    formats: EVERY_LEGACY,
    alter: { bundle: (bundle) => merged(bundle, { note: '' }) },
  },
  {
    name: "cosign's legacy bundle with a media type",
    code: 'bundle_unsupported',
    formats: EVERY_LEGACY,
    alter: { bundle: (bundle) => merged(bundle, { mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json' }) },
  },
  {
    name: "cosign's legacy bundle with two certificates in one",
    code: 'certificate_malformed',
    formats: [...LEGACY, 'legacy DSSE intoto'],
    alter: {
      bundle: (bundle) =>
        edited(bundle, 'cert', (cert) =>
          Buffer.from(Buffer.from(String(cert), 'base64').toString().repeat(2)).toString('base64'),
        ),
    },
  },
];
