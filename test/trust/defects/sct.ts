import type { Json } from '../../../src/model/json.ts';
import { edited, isArray, replaced } from '../lab/edit.ts';
import { flippedEnd } from './alter.ts';
import { CERTIFIED, type Defect } from './defect.ts';

const ctLogsUntil =
  (end: string) =>
  (root: Json): Json =>
    edited(root, 'ctlogs', (logs) =>
      isArray(logs) ? logs.map((log) => replaced(log, 'publicKey.validFor.end', end)) : logs,
    );

/** Proofs that the certificate was published (RFC 6962). */
export const SCT_DEFECTS: readonly Defect[] = [
  { name: 'no SCT', code: 'sct_missing', formats: CERTIFIED, alter: { scts: () => [] } },
  {
    name: 'an SCT whose signature is flipped',
    code: 'sct_invalid',
    formats: CERTIFIED,
    alter: { scts: (scts) => scts.map(flippedEnd) },
  },
  {
    name: 'an SCT of another certificate',
    code: 'sct_invalid',
    formats: CERTIFIED,
    alter: { sct: (sct) => ({ ...sct, tbs: flippedEnd(sct.tbs) }) },
  },
  {
    name: 'an SCT of another issuer',
    code: 'sct_invalid',
    formats: CERTIFIED,
    alter: { sct: (sct) => ({ ...sct, issuerSpki: sct.log.key.spki }) },
  },
  {
    name: 'an SCT of an unknown log',
    code: 'sct_invalid',
    formats: [
      {
        name: 'v0.3 message',
        version: '0.3',
        content: 'message',
        mode: 'keyless',
        entries: [{ log: 'rekor1', kind: 'hashedrekord 0.0.1' }],
        timestamps: [],
        scts: ['stranger'],
      },
    ],
  },
  {
    name: 'an SCT of a log that is no longer trusted',
    code: 'sct_invalid',
    formats: CERTIFIED,
    alter: { trustedRoot: ctLogsUntil('2026-03-01T10:00:00Z') },
  },
  {
    name: 'the same SCT twice',
    code: 'sct_invalid',
    formats: CERTIFIED,
    alter: { scts: (scts) => [...scts, ...scts] },
  },
  {
    name: 'an SCT with more behind it',
    code: 'sct_invalid',
    formats: CERTIFIED,
    alter: { scts: (scts) => scts.map((sct) => Buffer.concat([sct, Buffer.of(0)])) },
  },
  {
    name: 'an SCT that is none',
    code: 'sct_invalid',
    formats: CERTIFIED,
    alter: { scts: () => [Buffer.from('not an SCT')] },
  },
];
