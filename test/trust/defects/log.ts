import { hash } from 'node:crypto';
import type { Json } from '../../../src/model/json.ts';
import { edited, flippedAt, isArray, removed, replaced } from '../lab/edit.ts';
import type { Signed } from '../lab/entry-body.ts';
import { type CheckpointChange, ENTRY, everyLog, flippedEnd, textReplaced } from './alter.ts';
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
const PROOF = `${ENTRY}.inclusionProof`;
const OTHER = Buffer.from('another');
const logged = (change: (signed: Signed) => Partial<Signed>) => ({
  logged: (signed: Signed): Signed => ({ ...signed, ...change(signed) }),
});
const pemOf = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64')}\n-----END ${label}-----\n`;
const bareKey = ({ certificate: _, ...signed }: Signed): Signed => ({ ...signed, verifierPem: signed.key.spkiPem });
const hashes =
  (change: (list: readonly Json[]) => readonly Json[]) =>
  (bundle: Json): Json =>
    edited(bundle, `${PROOF}.hashes`, (list) => (isArray(list) ? change(list) : list));
const checkpoint = (change: CheckpointChange) => ({ checkpoint: change });
const envelope = (change: (note: string) => string) => ({ note: change });

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
      verifierPem: pemOf('CERTIFICATE', flippedEnd(certificate)),
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
    alter: logged(() => ({ verifierPem: pemOf('PUBLIC KEY', OTHER) })),
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
    name: 'a proof with a flipped hash',
    code: 'log_proof_invalid',
    formats: LOGGED,
    alter: { bundle: (bundle) => flippedAt(bundle, `${PROOF}.hashes.0`) },
  },
  {
    name: 'a proof of the neighbour',
    code: 'log_proof_invalid',
    formats: LOGGED,
    alter: { bundle: (bundle) => edited(bundle, `${PROOF}.logIndex`, (index) => String(Number(index) - 1)) },
  },
  {
    name: 'a proof for an index beyond the tree',
    code: 'log_proof_invalid',
    formats: LOGGED,
    alter: { bundle: (bundle) => replaced(bundle, `${PROOF}.logIndex`, '11') },
  },
  {
    name: 'a proof that lacks a hash',
    code: 'log_proof_invalid',
    formats: LOGGED,
    alter: { bundle: hashes((list) => list.slice(1)) },
  },
  {
    name: 'a proof with a hash too many',
    code: 'log_proof_invalid',
    formats: LOGGED,
    alter: { bundle: hashes((list) => [...list, ...list.slice(0, 1)]) },
  },
  { name: 'a proof without hashes', code: 'log_proof_invalid', formats: LOGGED, alter: { bundle: hashes(() => []) } },
  {
    name: 'a proof that names another size',
    code: 'log_proof_invalid',
    formats: LOGGED,
    alter: { bundle: (bundle) => replaced(bundle, `${PROOF}.treeSize`, '99999') },
    checks: ['proofs agree with checkpoints'],
  },
  {
    name: 'a proof that names another root',
    code: 'log_proof_invalid',
    formats: LOGGED,
    alter: { bundle: (bundle) => flippedAt(bundle, `${PROOF}.rootHash`) },
    checks: ['proofs agree with checkpoints'],
  },
  {
    name: 'a checkpoint of another tree',
    code: 'log_proof_invalid',
    formats: LOGGED,
    alter: checkpoint((one) => ({ ...one, root: hash('sha256', one.root, 'base64') })),
  },
  {
    name: 'a checkpoint of another size',
    code: 'log_proof_invalid',
    formats: LOGGED,
    alter: checkpoint((one) => ({ ...one, size: '12000' })),
  },
  {
    name: 'a checkpoint that another key signed',
    code: 'log_checkpoint_invalid',
    formats: LOGGED,
    alter: checkpoint((one) => ({
      ...one,
      signatures: one.signatures.map((signer) => ({ ...signer, sign: () => Buffer.alloc(64, 7) })),
    })),
  },
  {
    name: 'a checkpoint signed under another hint',
    code: 'log_checkpoint_invalid',
    formats: LOGGED,
    alter: checkpoint((one) => ({
      ...one,
      signatures: one.signatures.map((signer) => ({ ...signer, hint: Buffer.alloc(4, 7) })),
    })),
  },
  {
    name: 'a checkpoint signed under another name',
    code: 'log_checkpoint_invalid',
    formats: LOGGED,
    alter: checkpoint((one) => ({
      ...one,
      signatures: one.signatures.map((signer) => ({ ...signer, name: 'log.evil.example' })),
    })),
  },
  {
    name: 'a checkpoint that nobody signed',
    code: 'log_checkpoint_invalid',
    formats: LOGGED,
    alter: checkpoint((one) => ({ ...one, signatures: [] })),
  },
  {
    name: 'a checkpoint that only witnesses signed',
    code: 'log_checkpoint_invalid',
    formats: ['v0.3 message Rekor v2 witnessed'],
    alter: checkpoint((one) => ({ ...one, signatures: one.signatures.slice(1) })),
  },
  {
    name: 'a checkpoint whose text changed after it was signed',
    code: 'log_checkpoint_invalid',
    formats: LOGGED,
    alter: envelope((note) => note.replace('\n\n', '\nmore\n\n')),
  },
  {
    name: 'a checkpoint without the empty line',
    code: 'log_checkpoint_invalid',
    formats: LOGGED,
    alter: envelope((note) => note.replace('\n\n', '\n')),
  },
  {
    name: 'a checkpoint without origin',
    code: 'log_checkpoint_invalid',
    formats: LOGGED,
    alter: checkpoint((one) => ({ ...one, origin: '' })),
  },
  {
    name: 'a checkpoint whose origin is blank',
    code: 'log_checkpoint_invalid',
    formats: LOGGED,
    alter: checkpoint((one) => ({ ...one, origin: ' ' })),
    checks: ['form of checkpoints'],
  },
  {
    name: 'a checkpoint without size',
    code: 'log_checkpoint_invalid',
    formats: LOGGED,
    alter: checkpoint((one) => ({ ...one, size: '' })),
  },
  {
    name: 'a checkpoint whose size is no number',
    code: 'log_checkpoint_invalid',
    formats: LOGGED,
    alter: checkpoint((one) => ({ ...one, size: 'eleven' })),
  },
  {
    name: 'a checkpoint whose size is in hex',
    code: 'log_checkpoint_invalid',
    formats: LOGGED,
    alter: checkpoint((one) => ({ ...one, size: '0xb' })),
    checks: ['form of checkpoints'],
  },
  {
    name: 'a checkpoint whose size has a leading zero',
    code: 'log_checkpoint_invalid',
    formats: LOGGED,
    alter: checkpoint((one) => ({ ...one, size: `0${one.size}` })),
    checks: ['form of checkpoints'],
  },
  {
    name: 'a checkpoint without root',
    code: 'log_checkpoint_invalid',
    formats: LOGGED,
    alter: checkpoint((one) => ({ ...one, root: '' })),
  },
  {
    name: 'a checkpoint whose root is base64 of URLs without padding',
    code: 'log_checkpoint_invalid',
    formats: LOGGED,
    alter: checkpoint((one) => ({ ...one, root: Buffer.from(one.root, 'base64').toString('base64url') })),
    checks: ['form of checkpoints'],
  },
  {
    name: 'a checkpoint with junk among its signatures',
    code: 'log_checkpoint_invalid',
    formats: LOGGED,
    alter: envelope((note) => `${note}junk\n`),
    checks: ['form of checkpoints'],
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
  {
    name: 'a checkpoint of 20 KiB',
    code: 'bundle_too_large',
    formats: LOGGED,
    alter: envelope((note) => `${note}${'— witness.example AAAAAAAA\n'.repeat(700)}`),
  },
];
