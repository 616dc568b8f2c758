import { hash } from 'node:crypto';
import { replaced } from '../lab/edit.ts';
import { flippedEnd } from './alter.ts';
import {
  type Defect,
  DSSE,
  KEYED_DSSE,
  KEYED_LOGGED,
  KEYED_MESSAGE,
  KEYLESS,
  LEGACY,
  MESSAGES,
  MESSAGES_V1,
} from './defect.ts';

const KEYED = [
  KEYED_MESSAGE,
  KEYED_DSSE,
  'keyed message ed25519',
  'keyed dsse ed25519',
  'keyed message rsa-sign-pss-2048-sha256',
  ...KEYED_LOGGED,
];
const OTHER = Buffer.from('another artifact');

/** The signature, what it is over and whose key made it. */
export const SIGNATURE_DEFECTS: readonly Defect[] = [
  {
    name: 'a flipped signature, logged and stamped as such',
    code: 'signature_invalid',
    formats: [...KEYLESS, ...LEGACY, ...KEYED],
    alter: { signature: flippedEnd },
  },
  {
    name: 'a signature by another key than the certificate or hint names',
    code: 'signature_invalid',
    formats: [...KEYLESS, ...LEGACY, ...KEYED],
    alter: { signWith: ({ key }) => key('somebody else') },
  },
  {
    name: 'a signature exchanged afterwards',
    code: 'log_entry_mismatch',
    formats: MESSAGES_V1,
    alter: { bundle: (bundle) => replaced(bundle, 'messageSignature.signature', 'MAYCAQECAQE=') },
  },
  {
    name: 'another artifact',
    code: 'digest_mismatch',
    formats: [...MESSAGES, ...LEGACY, KEYED_MESSAGE, 'keyed message logged'],
    alter: { made: (made) => ({ ...made, artifact: OTHER }) },
  },
  {
    name: 'another artifact, by its digest',
    code: 'digest_mismatch',
    formats: [...MESSAGES, KEYED_MESSAGE],
    alter: { made: (made) => ({ ...made, artifact: OTHER, artifactByDigest: true }) },
  },
  {
    name: 'another artifact than the Statement is about',
    code: 'subject_mismatch',
    formats: [...DSSE, KEYED_DSSE],
    alter: { made: (made) => ({ ...made, artifact: OTHER }) },
    checks: ['subject of the Statement'],
  },
  {
    name: 'the digest of another artifact in the bundle',
    code: 'digest_mismatch',
    formats: [...MESSAGES, KEYED_MESSAGE],
    alter: {
      bundle: (bundle) => replaced(bundle, 'messageSignature.messageDigest.digest', hash('sha256', OTHER, 'base64')),
    },
    checks: ['digest of the artifact'],
  },
  {
    name: 'a digest by a hash that the key is not pinned to',
    code: 'algorithm_not_pinned',
    formats: [KEYED_MESSAGE],
    alter: {
      made: (made) => {
        const digest = { algorithm: 'SHA2_512', digest: hash('sha512', made.artifact, 'base64') };
        const bundle = replaced(made.bundle, 'messageSignature.messageDigest', digest);
        return { ...made, bundle, bundleBytes: Buffer.from(JSON.stringify(bundle)) };
      },
    },
    checks: ['algorithm of the key'],
  },
  {
    name: 'a key pinned to another hash',
    code: 'algorithm_not_pinned',
    formats: ['keyed message ecdsa-sha2-384-nistp384', 'keyed message ecdsa-sha2-512-nistp521'],
    alter: {
      made: ({ key, ...made }) => {
        if (key === undefined) throw new TypeError('the bundle is keyed');
        const algorithm = key.algorithm.endsWith('nistp384') ? 'ecdsa-sha2-256-nistp384' : 'ecdsa-sha2-256-nistp521';
        return { ...made, key: { ...key, algorithm } };
      },
    },
  },
  {
    name: 'a key pinned to another padding',
    code: 'signature_invalid',
    formats: ['keyed message rsa-sign-pss-2048-sha256', 'keyed dsse rsa-sign-pss-2048-sha256'],
    alter: {
      made: ({ key, ...made }) => {
        if (key === undefined) throw new TypeError('the bundle is keyed');
        return { ...made, key: { ...key, algorithm: 'rsa-sign-pkcs1-2048-sha256' } };
      },
    },
  },
  {
    name: "an Ed25519 signature by the artifact's digest alone",
    code: 'digest_alone_insufficient',
    formats: ['keyed message ed25519'],
    alter: { made: (made) => ({ ...made, artifactByDigest: true }) },
  },
  {
    name: 'a SHA-384 signature by a SHA-256 alone',
    code: 'digest_alone_insufficient',
    formats: ['keyed message ecdsa-sha2-384-nistp384', 'v0.3 message P-384'],
    alter: { made: (made) => ({ ...made, artifactByDigest: true }) },
  },
  {
    name: 'a key where a certificate is asked for',
    code: 'key_unknown',
    formats: KEYED,
    alter: { made: ({ key: _, ...made }) => made },
  },
];
