import type { BundleCheck } from './bundle-check.ts';

/** Who vouches must be several where several are asked for: the library counts entries, timestamps and SCTs, not who runs them. */
export const THRESHOLD_CHECKS: readonly BundleCheck[] = [
  {
    name: 'operators of logs',
    code: 'too_few_log_operators',
    stage: 'proved',
    concerns: ({ thresholds }) => thresholds.logs > 0,
    refuse: ({ entries, thresholds }) =>
      tooFew(
        entries.map(({ log }) => log),
        thresholds.logs,
        'logs',
      ),
  },
  {
    name: 'operators of times',
    code: 'too_few_timestamp_operators',
    stage: 'proved',
    concerns: ({ thresholds }) => thresholds.timestamps > 0,
    refuse: ({ times, thresholds }) => tooFew(times, thresholds.timestamps, 'timestamps'),
  },
  {
    name: 'operators of SCTs',
    code: 'too_few_sct_operators',
    stage: 'proved',
    concerns: ({ thresholds }) => thresholds.scts > 0,
    only: 'keyless',
    refuse: ({ scts, thresholds }) => tooFew(scts, thresholds.scts, 'SCTs'),
  },
];

function tooFew(vouching: readonly { readonly operator: string }[], needed: number, what: string): string | undefined {
  const operators = new Set(vouching.map(({ operator }) => operator)).size;
  return operators >= needed ? undefined : `${what} of ${operators} distinct operators, where ${needed} are asked for`;
}
