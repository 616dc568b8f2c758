import { SIGNATURE_ALGORITHMS } from '../../../src/trust/algorithm.ts';
import type { Scenario } from './scenario.ts';

const v1 = { log: 'rekor1' } as const;
const v2 = { log: 'rekor2' } as const;
const tsa = { tsa: 'tsa' } as const;
const keyless = { mode: 'keyless', timestamps: [] } as const;

/** Keyless bundles: everything about them is right. */
const KEYLESS: readonly Scenario[] = [
  {
    ...keyless,
    name: 'v0.1 message',
    version: '0.1',
    content: 'message',
    entries: [{ ...v1, kind: 'hashedrekord 0.0.1' }],
  },
  {
    ...keyless,
    name: 'v0.2 message',
    version: '0.2',
    content: 'message',
    entries: [{ ...v1, kind: 'hashedrekord 0.0.1' }],
  },
  {
    ...keyless,
    name: 'v0.3 message',
    version: '0.3',
    content: 'message',
    entries: [{ ...v1, kind: 'hashedrekord 0.0.1' }],
  },
  {
    ...keyless,
    name: 'v0.3 message timestamped',
    version: '0.3',
    content: 'message',
    entries: [{ ...v1, kind: 'hashedrekord 0.0.1' }],
    timestamps: [tsa],
  },
  {
    ...keyless,
    name: 'v0.3 message snake_case',
    version: '0.3',
    content: 'message',
    entries: [{ ...v1, kind: 'hashedrekord 0.0.1' }],
    timestamps: [tsa],
    spelling: 'snake_case',
  },
  {
    ...keyless,
    name: 'v0.3 message of a person',
    version: '0.3',
    content: 'message',
    entries: [{ ...v1, kind: 'hashedrekord 0.0.1' }],
    person: true,
  },
  {
    ...keyless,
    name: 'v0.3 message without intermediate',
    version: '0.3',
    content: 'message',
    entries: [{ ...v1, kind: 'hashedrekord 0.0.1' }],
    intermediates: 0,
  },
  {
    ...keyless,
    name: 'v0.3 message under two intermediates',
    version: '0.3',
    content: 'message',
    entries: [{ ...v1, kind: 'hashedrekord 0.0.1' }],
    intermediates: 2,
  },
  {
    ...keyless,
    name: 'v0.3 message in a log of one',
    version: '0.3',
    content: 'message',
    entries: [{ ...v1, kind: 'hashedrekord 0.0.1', size: 1, index: 0 }],
  },
  {
    ...keyless,
    name: 'v0.3 message in a log of 1000',
    version: '0.3',
    content: 'message',
    entries: [{ ...v1, kind: 'hashedrekord 0.0.1', size: 1000, index: 701 }],
  },
  {
    ...keyless,
    name: 'v0.3 message last in its log',
    version: '0.3',
    content: 'message',
    entries: [{ ...v1, kind: 'hashedrekord 0.0.1', size: 777, index: 776 }],
  },
  {
    ...keyless,
    name: 'v0.3 message SCT with extensions',
    version: '0.3',
    content: 'message',
    entries: [{ ...v1, kind: 'hashedrekord 0.0.1' }],
    sctExtensions: true,
  },
  {
    ...keyless,
    name: 'v0.3 message P-384',
    version: '0.3',
    content: 'message',
    algorithm: 'ecdsa-sha2-384-nistp384',
    entries: [{ ...v1, kind: 'hashedrekord 0.0.1' }],
  },
  {
    ...keyless,
    name: 'v0.3 message P-521',
    version: '0.3',
    content: 'message',
    algorithm: 'ecdsa-sha2-512-nistp521',
    entries: [{ ...v1, kind: 'hashedrekord 0.0.1' }],
  },
  {
    ...keyless,
    name: 'v0.3 message RSA',
    version: '0.3',
    content: 'message',
    algorithm: 'rsa-sign-pkcs1-2048-sha256',
    entries: [{ ...v1, kind: 'hashedrekord 0.0.1' }],
  },
  {
    ...keyless,
    name: 'v0.1 DSSE intoto v0.1',
    version: '0.1',
    content: 'dsse',
    statement: 'v0.1',
    subjectDigest: 'sha512',
    entries: [{ ...v1, kind: 'intoto 0.0.2' }],
  },
  {
    ...keyless,
    name: 'v0.2 DSSE intoto',
    version: '0.2',
    content: 'dsse',
    entries: [{ ...v1, kind: 'intoto 0.0.2' }],
    timestamps: [tsa],
  },
  { ...keyless, name: 'v0.3 DSSE dsse', version: '0.3', content: 'dsse', entries: [{ ...v1, kind: 'dsse 0.0.1' }] },
  {
    ...keyless,
    name: 'v0.3 DSSE dsse snake_case',
    version: '0.3',
    content: 'dsse',
    entries: [{ ...v1, kind: 'dsse 0.0.1' }],
    spelling: 'snake_case',
  },
  {
    ...keyless,
    name: 'v0.3 DSSE dsse P-384',
    version: '0.3',
    content: 'dsse',
    algorithm: 'ecdsa-sha2-384-nistp384',
    entries: [{ ...v1, kind: 'dsse 0.0.1' }],
  },
  {
    ...keyless,
    name: 'v0.3 DSSE hashedrekord',
    version: '0.3',
    content: 'dsse',
    entries: [{ ...v1, kind: 'hashedrekord 0.0.1' }],
  },
  {
    ...keyless,
    name: 'v0.3 message Rekor v2',
    version: '0.3',
    content: 'message',
    entries: [{ ...v2, kind: 'hashedrekord 0.0.2' }],
    timestamps: [tsa],
  },
  {
    ...keyless,
    name: 'v0.3 message Rekor v2 ECDSA',
    version: '0.3',
    content: 'message',
    entries: [{ log: 'rekor2-ecdsa', kind: 'hashedrekord 0.0.2' }],
    timestamps: [tsa],
  },
  {
    ...keyless,
    name: 'v0.3 message Rekor v2 witnessed',
    version: '0.3',
    content: 'message',
    entries: [{ ...v2, kind: 'hashedrekord 0.0.2', size: 300, index: 255, witnesses: 2 }],
    timestamps: [{ tsa: 'tsa', embedded: false }],
  },
  {
    ...keyless,
    name: 'v0.3 message Rekor v2 P-384',
    version: '0.3',
    content: 'message',
    algorithm: 'ecdsa-sha2-384-nistp384',
    entries: [{ ...v2, kind: 'hashedrekord 0.0.2' }],
    timestamps: [tsa],
  },
  {
    ...keyless,
    name: 'v0.3 DSSE Rekor v2',
    version: '0.3',
    content: 'dsse',
    entries: [{ ...v2, kind: 'dsse 0.0.2' }],
    timestamps: [tsa],
  },
  {
    ...keyless,
    name: 'v0.3 DSSE Rekor v2 hashedrekord',
    version: '0.3',
    content: 'dsse',
    entries: [{ ...v2, kind: 'hashedrekord 0.0.2' }],
    timestamps: [tsa],
  },
  {
    ...keyless,
    name: 'v0.3 message two of each',
    version: '0.3',
    content: 'message',
    entries: [
      { ...v1, kind: 'hashedrekord 0.0.1' },
      { log: 'rekor1-other', kind: 'hashedrekord 0.0.1', size: 64, index: 63 },
    ],
    timestamps: [tsa, { tsa: 'tsa-other' }],
    scts: ['ct', 'ct-other'],
    thresholds: { logs: 2, timestamps: 2, scts: 2 },
  },
];

const LEGACY: readonly Scenario[] = [
  {
    ...keyless,
    name: 'legacy message',
    version: 'legacy',
    content: 'message',
    entries: [{ ...v1, kind: 'hashedrekord 0.0.1' }],
  },
  {
    ...keyless,
    name: 'legacy DSSE intoto',
    version: 'legacy',
    content: 'dsse',
    statement: 'v0.1',
    entries: [{ ...v1, kind: 'intoto 0.0.2' }],
  },
  {
    ...keyless,
    name: 'legacy DSSE dsse',
    version: 'legacy',
    content: 'dsse',
    entries: [{ ...v1, kind: 'dsse 0.0.1' }],
  },
  {
    name: 'legacy message keyed',
    mode: 'keyed',
    timestamps: [],
    version: 'legacy',
    content: 'message',
    entries: [{ ...v1, kind: 'hashedrekord 0.0.1' }],
  },
];

/** As `cosign sign-blob --key` and `attest-blob --key` write them: nothing but the signature. */
const KEYED: readonly Scenario[] = SIGNATURE_ALGORITHMS.flatMap((algorithm) =>
  (['message', 'dsse'] as const).map((content) => ({
    name: `keyed ${content} ${algorithm}`,
    mode: 'keyed' as const,
    version: '0.3' as const,
    content,
    algorithm,
    statement: 'v0.1' as const,
    entries: [],
    timestamps: [],
  })),
);

const KEYED_LOGGED: readonly Scenario[] = [
  {
    name: 'keyed message logged',
    mode: 'keyed',
    version: '0.3',
    content: 'message',
    entries: [{ ...v1, kind: 'hashedrekord 0.0.1' }],
    timestamps: [],
  },
  {
    name: 'keyed message v0.2 logged',
    mode: 'keyed',
    version: '0.2',
    content: 'message',
    entries: [{ ...v1, kind: 'hashedrekord 0.0.1' }],
    timestamps: [],
  },
  {
    name: 'keyed message Rekor v2',
    mode: 'keyed',
    version: '0.3',
    content: 'message',
    entries: [{ ...v2, kind: 'hashedrekord 0.0.2' }],
    timestamps: [tsa],
  },
  {
    name: 'keyed DSSE logged',
    mode: 'keyed',
    version: '0.3',
    content: 'dsse',
    entries: [{ ...v1, kind: 'dsse 0.0.1' }],
    timestamps: [],
  },
  {
    name: 'keyed DSSE Rekor v2',
    mode: 'keyed',
    version: '0.3',
    content: 'dsse',
    entries: [{ ...v2, kind: 'dsse 0.0.2' }],
    timestamps: [tsa],
  },
  { name: 'keyed DSSE timestamped', mode: 'keyed', version: '0.3', content: 'dsse', entries: [], timestamps: [tsa] },
];

/** Every good case: as many as there are forms that are read. */
export const SCENARIOS: readonly Scenario[] = [...KEYLESS, ...LEGACY, ...KEYED, ...KEYED_LOGGED];

export function scenario(name: string): Scenario {
  const found = SCENARIOS.find((one) => one.name === name);
  if (found === undefined) throw new TypeError(`no scenario is called ${name}`);
  return found;
}
