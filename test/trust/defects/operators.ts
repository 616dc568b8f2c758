import type { Scenario } from '../lab/scenario.ts';
import type { Defect } from './defect.ts';

const v3: Omit<Scenario, 'name' | 'entries' | 'timestamps'> = { version: '0.3', content: 'message', mode: 'keyless' };
const rekor1 = { log: 'rekor1', kind: 'hashedrekord 0.0.1' } as const;
const rekor2 = { log: 'rekor2', kind: 'hashedrekord 0.0.2' } as const;
const one = { logs: 1, timestamps: 1, scts: 1 } as const;

/** Thresholds count who vouches, not how often. */
export const OPERATOR_DEFECTS: readonly Defect[] = [
  {
    name: 'two logs of one operator where two operators are asked for',
    code: 'too_few_log_operators',
    formats: [
      {
        ...v3,
        name: 'v0.3 message',
        entries: [rekor1, { ...rekor1, log: 'rekor1-twin' }],
        timestamps: [],
        thresholds: { ...one, logs: 2 },
      },
      {
        ...v3,
        name: 'v0.3 message Rekor v2',
        entries: [rekor2, { ...rekor2, log: 'rekor2-ecdsa' }],
        timestamps: [{ tsa: 'tsa' }],
        thresholds: { ...one, logs: 2 },
      },
      {
        ...v3,
        name: 'v0.3 message Rekor v1 and v2',
        entries: [rekor1, rekor2],
        timestamps: [],
        thresholds: { ...one, logs: 2 },
      },
    ],
    checks: ['operators of logs'],
  },
  {
    name: 'one log where two are asked for',
    code: 'too_few_log_operators',
    formats: [{ ...v3, name: 'v0.3 message', entries: [rekor1], timestamps: [], thresholds: { ...one, logs: 2 } }],
  },
  {
    name: 'two timestamp authorities of one operator where two operators are asked for',
    code: 'too_few_timestamp_operators',
    formats: [
      {
        ...v3,
        name: 'v0.3 message Rekor v2',
        entries: [rekor2],
        timestamps: [{ tsa: 'tsa' }, { tsa: 'tsa-twin' }],
        thresholds: { ...one, timestamps: 2 },
      },
    ],
    checks: ['operators of times'],
  },
  {
    name: 'two timestamps of one authority where two operators are asked for',
    code: 'too_few_timestamp_operators',
    formats: [
      {
        ...v3,
        name: 'v0.3 message Rekor v2',
        entries: [rekor2],
        timestamps: [{ tsa: 'tsa' }, { tsa: 'tsa' }],
        thresholds: { ...one, timestamps: 2 },
      },
    ],
    checks: ['operators of times'],
  },
  {
    name: 'a timestamp and a log of one operator where two operators are asked for',
    code: 'too_few_timestamp_operators',
    formats: [
      {
        ...v3,
        name: 'v0.3 message',
        entries: [rekor1],
        timestamps: [{ tsa: 'tsa' }],
        thresholds: { ...one, timestamps: 2 },
      },
    ],
    checks: ['operators of times'],
  },
  {
    name: 'one timestamp where two are asked for',
    code: 'too_few_timestamp_operators',
    formats: [
      {
        ...v3,
        name: 'v0.3 message Rekor v2',
        entries: [rekor2],
        timestamps: [{ tsa: 'tsa' }],
        thresholds: { ...one, timestamps: 2 },
      },
    ],
  },
  {
    name: 'SCTs of two logs of one operator where two operators are asked for',
    code: 'too_few_sct_operators',
    formats: [
      {
        ...v3,
        name: 'v0.3 message',
        entries: [rekor1],
        timestamps: [],
        scts: ['ct', 'ct-twin'],
        thresholds: { ...one, scts: 2 },
      },
    ],
    checks: ['operators of SCTs'],
  },
  {
    name: 'one SCT where two are asked for',
    code: 'too_few_sct_operators',
    formats: [{ ...v3, name: 'v0.3 message', entries: [rekor1], timestamps: [], thresholds: { ...one, scts: 2 } }],
  },
];
