import { SIGNATURE_ALGORITHMS } from '../../../src/trust/algorithm.ts';
import { KEYLESS } from './keyless-scenarios.ts';
import type { Scenario } from './scenario.ts';

const v1 = { log: 'rekor1' } as const;
const v2 = { log: 'rekor2' } as const;
const tsa = { tsa: 'tsa' } as const;
const keyless = { mode: 'keyless', timestamps: [] } as const;

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
