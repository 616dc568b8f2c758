import type { Json } from '../../../src/model/json.ts';
import { EXTENSION, extendedKeyUsage, PURPOSE, replaceExtension } from '../lab/certificate.ts';
import { edited, isArray, removed, repeated, replaced } from '../lab/edit.ts';
import type { Scenario } from '../lab/scenario.ts';
import { flippedEnd } from './alter.ts';
import {
  type Defect,
  KEYED_DSSE,
  KEYED_LOGGED,
  KEYED_MESSAGE,
  KEYLESS,
  REKOR_V1,
  REKOR_V2,
  TIMESTAMPED,
} from './defect.ts';

const HOUR = 3_600_000;
const STAMPS = 'verificationMaterial.timestampVerificationData.rfc3161Timestamps';
const KEYED_TIMED = [...KEYED_LOGGED, 'keyed message Rekor v2', 'keyed DSSE timestamped'];
const KEYED = [...KEYED_TIMED, KEYED_MESSAGE, KEYED_DSSE];
const SIGNED = Date.UTC(2026, 2, 2, 10);

const everyTsa =
  (end: 'start' | 'end', time: string) =>
  (root: Json): Json =>
    edited(root, 'timestampAuthorities', (all) =>
      isArray(all) ? all.map((tsa) => replaced(tsa, `validFor.${end}`, time)) : all,
    );
const stranger = (embedded: boolean): Scenario => ({
  name: `v0.3 message Rekor v2, certificate ${embedded ? 'embedded' : 'not embedded'}`,
  version: '0.3',
  content: 'message',
  mode: 'keyless',
  entries: [{ log: 'rekor2', kind: 'hashedrekord 0.0.2' }],
  timestamps: [{ tsa: 'stranger', embedded }],
});

/** When it was signed, and who says so. */
export const TIME_DEFECTS: readonly Defect[] = [
  {
    name: 'no time',
    code: 'timestamp_missing',
    formats: REKOR_V2,
    alter: { bundle: (bundle) => removed(bundle, 'verificationMaterial.timestampVerificationData') },
  },
  {
    name: 'no time but one that nobody signed',
    code: 'timestamp_missing',
    formats: REKOR_V2,
    alter: {
      bundle: (bundle) =>
        replaced(
          removed(bundle, 'verificationMaterial.timestampVerificationData'),
          'verificationMaterial.tlogEntries.0.integratedTime',
          String(SIGNED / 1000),
        ),
    },
  },
  {
    name: 'a timestamp of something else',
    code: 'timestamp_invalid',
    formats: TIMESTAMPED,
    alter: { token: (token) => ({ ...token, data: Buffer.from('another signature') }) },
  },
  {
    name: 'a timestamp whose signature is flipped',
    code: 'timestamp_invalid',
    formats: TIMESTAMPED,
    alter: { timestamp: flippedEnd },
  },
  {
    name: 'a timestamp that is none',
    code: 'timestamp_invalid',
    formats: TIMESTAMPED,
    alter: { timestamp: () => Buffer.from('not a timestamp') },
  },
  {
    name: 'a timestamp of 20 KiB',
    code: 'bundle_too_large',
    formats: TIMESTAMPED,
    alter: { timestamp: (response) => Buffer.concat([response, Buffer.alloc(20_000)]) },
  },
  {
    name: 'a timestamp without its token',
    code: 'timestamp_invalid',
    formats: TIMESTAMPED,
    alter: { timestamp: () => Buffer.from('30053003020100', 'hex') },
  },
  {
    name: 'a timestamp that was refused',
    code: 'timestamp_invalid',
    formats: TIMESTAMPED,
    alter: { token: (token) => ({ ...token, status: 2 }) },
    checks: ['timestamps were granted'],
  },
  {
    name: 'a timestamp of no trusted authority',
    code: 'timestamp_invalid',
    formats: TIMESTAMPED,
    alter: { trustedRoot: (root) => replaced(root, 'timestampAuthorities', []) },
  },
  { name: 'a timestamp of a stranger', code: 'timestamp_invalid', formats: [stranger(true), stranger(false)] },
  {
    name: 'a timestamp of an authority trusted until before',
    code: 'timestamp_invalid',
    formats: TIMESTAMPED,
    alter: { trustedRoot: everyTsa('end', '2026-03-02T10:00:00Z') },
  },
  {
    name: 'a timestamp of an authority trusted from later',
    code: 'timestamp_invalid',
    formats: TIMESTAMPED,
    alter: { trustedRoot: everyTsa('start', '2026-03-02T10:00:02Z') },
  },
  {
    name: 'a timestamp of an authority whose certificate had expired',
    code: 'timestamp_invalid',
    formats: TIMESTAMPED,
    alter: { tsa: { leaf: (leaf) => ({ ...leaf, notAfter: new Date(SIGNED) }) } },
  },
  {
    name: 'a timestamp of an authority that may sign code',
    code: 'timestamp_invalid',
    formats: TIMESTAMPED,
    alter: {
      tsa: {
        leaf: (leaf) =>
          replaceExtension(leaf, EXTENSION.extendedKeyUsage, {
            ...extendedKeyUsage(PURPOSE.codeSigning),
            critical: true,
          }),
      },
    },
    checks: ['purpose of timestamp authorities'],
  },
  {
    name: 'a timestamp of an authority for more than time stamping',
    code: 'timestamp_invalid',
    formats: TIMESTAMPED,
    alter: {
      tsa: {
        leaf: (leaf) =>
          replaceExtension(leaf, EXTENSION.extendedKeyUsage, {
            ...extendedKeyUsage(PURPOSE.timeStamping, PURPOSE.serverAuth),
            critical: true,
          }),
      },
    },
    checks: ['purpose of timestamp authorities'],
  },
  {
    name: 'a timestamp of an authority whose purpose is not critical',
    code: 'timestamp_invalid',
    formats: TIMESTAMPED,
    alter: {
      tsa: {
        leaf: (leaf) => replaceExtension(leaf, EXTENSION.extendedKeyUsage, extendedKeyUsage(PURPOSE.timeStamping)),
      },
    },
    checks: ['purpose of timestamp authorities'],
  },
  {
    name: 'the same timestamp twice',
    code: 'timestamp_repeated',
    formats: TIMESTAMPED,
    alter: { bundle: (bundle) => repeated(bundle, STAMPS) },
  },
  {
    name: 'a timestamp from after the end of the certificate',
    code: 'chain_invalid',
    formats: TIMESTAMPED,
    alter: { token: (token) => ({ ...token, time: new Date(SIGNED + HOUR) }) },
  },
  {
    name: 'a promise from after the end of the certificate',
    code: 'chain_invalid',
    formats: REKOR_V1,
    alter: { promise: (promise) => ({ ...promise, integratedTime: SIGNED / 1000 + 3600 }) },
  },
  {
    name: 'a time that is still to come',
    code: 'timestamp_invalid',
    formats: [...KEYLESS, ...KEYED_TIMED],
    alter: { made: (made) => ({ ...made, signedAt: made.signedAt - 2 * HOUR }) },
    checks: ['times are past'],
  },
  {
    name: 'a key that was not yet valid',
    code: 'key_not_yet_valid',
    formats: KEYED,
    alter: { made: (made) => ({ ...made, keyValidity: { from: SIGNED + 24 * HOUR } }) },
    checks: ['start of the key'],
  },
  {
    name: 'a key that was no longer valid',
    code: 'key_expired',
    formats: KEYED,
    alter: { made: (made) => ({ ...made, keyValidity: { to: SIGNED - HOUR } }) },
    checks: ['end of the key'],
  },
  {
    name: 'a key that has ended since, and nothing says when it signed',
    code: 'key_expired',
    formats: [KEYED_MESSAGE, KEYED_DSSE],
    alter: { made: (made) => ({ ...made, keyValidity: { to: SIGNED + HOUR / 2 } }) },
    checks: ['end of the key'],
  },
  {
    name: 'a key that had been revoked',
    code: 'key_revoked',
    formats: KEYED,
    alter: { made: (made) => ({ ...made, keyValidity: { revokedAt: SIGNED } }) },
    checks: ['revocation of the key'],
  },
];
