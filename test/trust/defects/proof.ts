import { hash } from 'node:crypto';
import type { Json } from '../../../src/model/json.ts';
import { edited, flippedAt, isArray, replaced } from '../lab/edit.ts';
import { type CheckpointChange, ENTRY } from './alter.ts';
import { type Defect, PROVED, REKOR_V1, REKOR_V2 } from './defect.ts';

const LOGGED = [...PROVED, 'keyed message logged'];
const PROOF = `${ENTRY}.inclusionProof`;
const hashes =
  (change: (list: readonly Json[]) => readonly Json[]) =>
  (bundle: Json): Json =>
    edited(bundle, `${PROOF}.hashes`, (list) => (isArray(list) ? change(list) : list));
const checkpoint = (change: CheckpointChange) => ({ checkpoint: change });
/** The second only where the first is left out. */
const CHECKPOINT_CHECKS = ['form of checkpoints', 'proofs agree with checkpoints'];
const ORIGIN_CHECKS = ['origin of checkpoints'];
const UNREAD = 'a checkpoint that is not read has no tree for its proof to agree with';
const envelope = (change: (note: string) => string) => ({ note: change });

/** Inclusion proofs and the checkpoints that they lead to. */
export const PROOF_DEFECTS: readonly Defect[] = [
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
    checks: CHECKPOINT_CHECKS,
    because: UNREAD,
  },
  {
    name: 'a checkpoint whose origin ends in a blank',
    code: 'log_checkpoint_invalid',
    formats: LOGGED,
    alter: checkpoint((one) => ({ ...one, origin: `${one.origin} ` })),
    checks: CHECKPOINT_CHECKS,
    because: UNREAD,
  },
  {
    name: 'a checkpoint whose origin turns the direction of reading',
    code: 'log_checkpoint_invalid',
    formats: LOGGED,
    alter: checkpoint((one) => ({ ...one, origin: `a\u009b31m\u202e${one.origin}` })),
    checks: CHECKPOINT_CHECKS,
    because: UNREAD,
  },
  {
    name: 'a checkpoint under the origin of no log',
    code: 'log_origin_unknown',
    formats: LOGGED,
    alter: checkpoint((one) => ({ ...one, origin: 'no-such-log.example' })),
    checks: ORIGIN_CHECKS,
  },
  {
    name: 'a checkpoint under its origin in capitals',
    code: 'log_origin_unknown',
    formats: LOGGED,
    alter: checkpoint((one) => ({ ...one, origin: one.origin.toUpperCase() })),
    checks: ORIGIN_CHECKS,
  },
  {
    name: 'a checkpoint of Rekor v1 without its tree',
    code: 'log_origin_unknown',
    formats: [...REKOR_V1, 'keyed message logged'],
    alter: checkpoint((one) => ({ ...one, origin: one.origin.replace(/ - .*/, '') })),
    checks: ORIGIN_CHECKS,
  },
  {
    name: 'a checkpoint of Rekor v1 whose tree has a leading zero',
    code: 'log_origin_unknown',
    formats: REKOR_V1,
    alter: checkpoint((one) => ({ ...one, origin: one.origin.replace(' - ', ' - 0') })),
    checks: ORIGIN_CHECKS,
  },
  {
    name: 'a checkpoint of Rekor v2 that names a tree',
    code: 'log_origin_unknown',
    formats: REKOR_V2,
    alter: checkpoint((one) => ({ ...one, origin: `${one.origin} - 1193050959916656506` })),
    checks: ORIGIN_CHECKS,
  },
  {
    name: "a checkpoint signed under a piece of the log's URL",
    code: 'log_origin_unknown',
    formats: LOGGED,
    alter: checkpoint((one) => ({
      ...one,
      signatures: one.signatures.map((signer) => ({ ...signer, name: 'https:' })),
    })),
    checks: ORIGIN_CHECKS,
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
    checks: CHECKPOINT_CHECKS,
    because: UNREAD,
  },
  {
    name: 'a checkpoint whose size has a leading zero',
    code: 'log_checkpoint_invalid',
    formats: LOGGED,
    alter: checkpoint((one) => ({ ...one, size: `0${one.size}` })),
    checks: CHECKPOINT_CHECKS,
    because: UNREAD,
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
    checks: CHECKPOINT_CHECKS,
    because: UNREAD,
  },
  {
    name: 'a checkpoint with junk among its signatures',
    code: 'log_checkpoint_invalid',
    formats: LOGGED,
    alter: envelope((note) => `${note}junk\n`),
    checks: CHECKPOINT_CHECKS,
    because: UNREAD,
  },
  {
    name: 'a checkpoint of 20 KiB',
    code: 'bundle_too_large',
    formats: LOGGED,
    alter: envelope((note) => `${note}${'— witness.example AAAAAAAA\n'.repeat(700)}`),
  },
];
