import type { Alterations } from '../lab/alterations.ts';
import { basicConstraints, EXTENSION, keyUsage, replaceExtension } from '../lab/certificate.ts';
import { edited, flippedAt, isArray, removed, repeated, replaced, snakeCase } from '../lab/edit.ts';
import { merged } from './alter.ts';

/** What is wrong with a trusted root, and the code with which it is refused before anything is verified under it. */
export type RootDefect = { readonly name: string; readonly code: string; readonly alter: Alterations };

const LOG = 'tlogs.0';
const CA = 'certificateAuthorities.0';

export const ROOT_DEFECTS: readonly RootDefect[] = [
  {
    name: 'an intermediate that is no authority',
    code: 'root.chain_invalid',
    alter: { intermediate: (one) => replaceExtension(one, EXTENSION.basicConstraints, basicConstraints(false)) },
  },
  {
    name: 'an intermediate that may not sign certificates',
    code: 'root.chain_invalid',
    alter: { intermediate: (one) => replaceExtension(one, EXTENSION.keyUsage, keyUsage('digitalSignature')) },
  },
  {
    name: 'a chain in the wrong order',
    code: 'root.chain_invalid',
    alter: {
      trustedRoot: (root) =>
        edited(root, `${CA}.certChain.certificates`, (chain) => (isArray(chain) ? chain.toReversed() : chain)),
    },
  },
  {
    name: 'an intermediate in the place of the anchor',
    code: 'root.anchor_not_self_signed',
    alter: {
      trustedRoot: (root) =>
        edited(root, `${CA}.certChain.certificates`, (chain) => (isArray(chain) ? chain.slice(0, 1) : chain)),
    },
  },
  {
    name: 'a log without a start of its validity',
    code: 'root.validity_missing',
    alter: { trustedRoot: (root) => removed(root, `${LOG}.publicKey.validFor.start`) },
  },
  {
    name: 'an authority without a start of its validity',
    code: 'root.validity_missing',
    alter: { trustedRoot: (root) => removed(root, `${CA}.validFor`) },
  },
  {
    name: 'a log under the id of another key',
    code: 'root.log_id_mismatch',
    alter: { trustedRoot: (root) => flippedAt(root, `${LOG}.logId.keyId`) },
  },
  { name: 'a log twice', code: 'root.duplicate', alter: { trustedRoot: (root) => repeated(root, 'tlogs') } },
  {
    name: 'a media type of the future',
    code: 'root.media_type_unsupported',
    alter: {
      trustedRoot: (root) => replaced(root, 'mediaType', 'application/vnd.dev.sigstore.trustedroot+json;version=9'),
    },
  },
  {
    name: 'an unknown member',
    code: 'root.member_unknown',
    alter: { trustedRoot: (root) => merged(root, { policies: [] }) },
  },
  { name: 'snake_case', code: 'root.media_type_unsupported', alter: { trustedRoot: snakeCase } },
  {
    name: 'nobody at all',
    code: 'root.empty',
    alter: {
      trustedRoot: (root) =>
        merged(root, { tlogs: [], ctlogs: [], certificateAuthorities: [], timestampAuthorities: [] }),
    },
  },
];
