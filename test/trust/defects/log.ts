import { pem } from '../lab/der.ts';
import { edited, flippedAt, isArray, removed, replaced } from '../lab/edit.ts';
import type { Signed } from '../lab/entry-body.ts';
import { ENTRY, everyLog, flippedEnd, textReplaced } from './alter.ts';
import {
  CERTIFIED,
  type Defect,
  DSSE_V2,
  KEYED_LOGGED,
  LEGACY,
  MESSAGES_V2,
  PROVED,
  REKOR_V1,
  REKOR_V2,
} from './defect.ts';

const LOGGED = [...PROVED, 'keyed message logged'];
const V2_HASHEDREKORD = [...MESSAGES_V2, 'v0.3 DSSE Rekor v2 hashedrekord'];
const OTHER = Buffer.from('another');
const logged = (change: (signed: Signed) => Partial<Signed>) => ({
  logged: (signed: Signed): Signed => ({ ...signed, ...change(signed) }),
});
const bareKey = ({ certificate: _, ...signed }: Signed): Signed => ({ ...signed, verifierPem: signed.key.spkiPem });

/** What a log says, or is made to say. */
export const LOG_DEFECTS: readonly Defect[] = [
  {
    name: 'no entry of a log',
    code: 'log_entry_missing',
    formats: ['v0.3 message timestamped', 'v0.2 DSSE intoto', ...REKOR_V2],
    alter: { bundle: (bundle) => replaced(bundle, 'verificationMaterial.tlogEntries', []) },
  },
  {
    name: 'an entry of an unknown kind',
    code: 'log_entry_unsupported',
    formats: PROVED,
    alter: {
      body: (body) => replaced(body, 'kind', 'alpine'),
      bundle: (bundle) => replaced(bundle, `${ENTRY}.kindVersion.kind`, 'alpine'),
    },
  },
  {
    name: 'an entry of a version of the future',
    code: 'log_entry_unsupported',
    formats: REKOR_V2,
    alter: {
      body: (body) => replaced(body, 'apiVersion', '0.0.9'),
      bundle: (bundle) => replaced(bundle, `${ENTRY}.kindVersion.version`, '0.0.9'),
    },
  },
  {
    name: 'an entry that is called another kind',
    code: 'log_entry_mismatch',
    formats: PROVED,
    alter: { body: (body) => replaced(body, 'kind', 'rekord') },
  },
  {
    name: 'an entry about another signature',
    code: 'log_entry_mismatch',
    formats: [...CERTIFIED, ...KEYED_LOGGED],
    alter: logged(({ signature }) => ({ signature: flippedEnd(signature) })),
  },
  {
    name: 'an entry about another artifact',
    code: 'log_entry_mismatch',
    formats: LOGGED,
    alter: logged(() => ({ message: OTHER, payload: OTHER })),
  },
  {
    name: 'an entry with the hash of another algorithm',
    code: 'log_entry_mismatch',
    formats: ['v0.1 message', 'v0.2 message', 'v0.3 message', 'v0.3 DSSE hashedrekord', 'keyed message logged'],
    alter: { body: (body) => replaced(body, 'spec.data.hash.algorithm', 'sha512') },
    checks: ['hashes in entries'],
  },
  {
    name: 'an entry of Rekor v2 with the hash of another algorithm',
    code: 'log_entry_mismatch',
    formats: V2_HASHEDREKORD,
    alter: { body: (body) => replaced(body, 'spec.hashedRekordV002.data.algorithm', 'SHA2_512') },
    checks: ['hashes in entries'],
  },
  {
    name: 'an entry that names another certificate',
    code: 'log_entry_not_bound',
    formats: CERTIFIED,
    alter: logged(({ certificate = OTHER }) => ({
      certificate: flippedEnd(certificate),
      verifierPem: pem('CERTIFICATE', flippedEnd(certificate)),
    })),
    checks: ['entries name the signer'],
  },
  {
    name: 'an entry that names junk in the place of the key',
    code: 'log_entry_not_bound',
    formats: CERTIFIED,
    alter: logged(() => ({ certificate: OTHER, verifierPem: 'another' })),
    checks: ['entries name the signer'],
  },
  {
    name: 'an entry that names the bare key of the certificate',
    code: 'log_entry_not_bound',
    formats: CERTIFIED,
    alter: { logged: bareKey },
    checks: ['entries name the signer'],
  },
  {
    name: 'an entry that names another key',
    code: 'log_entry_not_bound',
    formats: KEYED_LOGGED,
    alter: logged(() => ({ verifierPem: pem('PUBLIC KEY', OTHER) })),
    checks: ['entries name the signer'],
  },
  {
    name: 'the same entry twice',
    code: 'log_entry_repeated',
    formats: [
      {
        name: 'v0.3 message',
        version: '0.3',
        content: 'message',
        mode: 'keyless',
        entries: [
          { log: 'rekor1', kind: 'hashedrekord 0.0.1' },
          { log: 'rekor1', kind: 'hashedrekord 0.0.1', size: 40, index: 39 },
        ],
        timestamps: [],
      },
    ],
  },
  {
    name: 'the same entry of Rekor v2 twice',
    code: 'log_entry_repeated',
    formats: REKOR_V2,
    alter: {
      bundle: (bundle) =>
        edited(bundle, 'verificationMaterial.tlogEntries', (list) => (isArray(list) ? [...list, ...list] : list)),
    },
  },
  {
    name: 'an entry of an unknown log',
    code: 'log_unknown',
    formats: CERTIFIED,
    alter: { trustedRoot: (root) => replaced(root, 'tlogs', []) },
  },
  {
    name: 'an entry after the end of the key of its log',
    code: 'log_key_expired',
    formats: [...REKOR_V1, ...LEGACY],
    alter: { trustedRoot: everyLog('end', '2026-03-02T09:59:59Z') },
  },
  {
    name: 'an entry before the start of the key of its log',
    code: 'log_key_expired',
    formats: [...REKOR_V1, ...LEGACY],
    alter: { trustedRoot: everyLog('start', '2026-03-02T10:00:01Z') },
  },
  {
    name: 'an entry of Rekor v2 after the end of the key of its log',
    code: 'log_key_expired',
    formats: REKOR_V2,
    alter: { trustedRoot: everyLog('end', '2026-03-02T09:59:59Z') },
    checks: ['validity of the logs'],
  },
  {
    name: 'an entry of Rekor v2 before the start of the key of its log',
    code: 'log_key_expired',
    formats: REKOR_V2,
    alter: { trustedRoot: everyLog('start', '2026-03-03T10:00:00Z') },
    checks: ['validity of the logs'],
  },
  {
    name: 'a promise whose signature is flipped',
    code: 'log_promise_invalid',
    formats: REKOR_V1,
    alter: { bundle: (bundle) => flippedAt(bundle, `${ENTRY}.inclusionPromise.signedEntryTimestamp`, -1) },
  },
  {
    name: 'a legacy promise whose signature is flipped',
    code: 'log_promise_invalid',
    formats: LEGACY,
    alter: { bundle: (bundle) => flippedAt(bundle, 'rekorBundle.SignedEntryTimestamp', -1) },
  },
  {
    name: 'a promise for another time',
    code: 'log_promise_invalid',
    formats: REKOR_V1,
    alter: { bundle: (bundle) => edited(bundle, `${ENTRY}.integratedTime`, (time) => String(Number(time) + 1)) },
  },
  {
    name: 'a promise for another index',
    code: 'log_promise_invalid',
    formats: REKOR_V1,
    alter: { bundle: (bundle) => edited(bundle, `${ENTRY}.logIndex`, (index) => String(Number(index) + 1)) },
  },
  {
    name: 'an entry of Rekor v1 without a promise',
    code: 'log_promise_invalid',
    formats: ['v0.3 message timestamped', 'v0.2 DSSE intoto'],
    alter: { bundle: (bundle) => removed(bundle, `${ENTRY}.inclusionPromise`) },
    checks: ['promises of the logs'],
  },
  {
    name: 'a body that is no JSON',
    code: 'log_entry_mismatch',
    formats: PROVED,
    alter: { bodyBytes: () => Buffer.from('{') },
  },
  {
    name: 'a body without its spec',
    code: 'log_entry_unsupported',
    formats: [...REKOR_V1],
    alter: { body: (body) => removed(body, 'spec') },
  },
  {
    name: 'a body of Rekor v2 without its spec',
    code: 'log_entry_mismatch',
    formats: [...DSSE_V2, ...MESSAGES_V2],
    alter: { body: (body) => removed(body, 'spec') },
  },
  {
    name: 'a body with a member twice',
    code: 'log_entry_unsupported',
    formats: PROVED,
    alter: { bodyBytes: (body) => textReplaced(body, /"spec":/, '"spec":{},"spec":') },
  },
];
