import type { Thresholds } from '../trust/authority/authority.ts';

/**
 * What a signer named on the command line must come with, the same for every command: an entry in a log, a time, and for a certificate
 * its publication. Of a key nothing without a root: then nobody says whose logs and timestamps count.
 */
export function adHocThresholds(mode: 'keyed' | 'keyless', hasRoot: boolean): Thresholds {
  if (mode === 'keyless') return { logs: 1, timestamps: 1, scts: 1 };
  return hasRoot ? { logs: 1, timestamps: 1, scts: 0 } : { logs: 0, timestamps: 0, scts: 0 };
}
