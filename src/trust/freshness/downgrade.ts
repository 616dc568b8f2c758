import type { Proofs } from '../verdict.ts';
import { MAX_NAMES, type RememberedProofs } from './document-memory.ts';

const COUNTS = ['authorities', 'logs', 'timestamps', 'scts'] as const;
const WORDS = {
  authorities: 'authorities',
  logs: 'log operators',
  timestamps: 'timestamp operators',
  scts: 'SCT operators',
} as const;

/** What is weaker than before, part by part, as a reader is told; empty where nothing is. More of one part never makes up for another. */
export function weakerParts(before: Proofs, now: Proofs): readonly string[] {
  const counts = COUNTS.filter((part) => now[part] < before[part]).map(
    (part) => `${WORDS[part]}: ${before[part]} before, ${now[part]} now`,
  );
  const missing = before.attestations.filter((type) => !now.attestations.includes(type));
  return [...counts, ...missing.map((type) => `no attestation ${type} any more`)];
}

/** The stronger of both in every part: what a document must come with from then on. */
function strongest(before: Proofs, now: Proofs): Proofs {
  return {
    authorities: Math.max(before.authorities, now.authorities),
    logs: Math.max(before.logs, now.logs),
    timestamps: Math.max(before.timestamps, now.timestamps),
    scts: Math.max(before.scts, now.scts),
    attestations: [...new Set([...before.attestations, ...now.attestations])].sort(),
  };
}

/**
 * What is remembered after proofs by the authorities of these names, on top of what was before. Where there are more names than are
 * kept, those that count now stay.
 */
export function remembering(
  before: RememberedProofs | undefined,
  now: Proofs,
  names: readonly string[],
): RememberedProofs {
  const kept = [...new Set([...names, ...(before?.names ?? [])])].slice(0, MAX_NAMES).sort();
  return { ...strongest(before ?? now, now), names: kept };
}

/** True where what would be remembered is remembered already. */
export function addsNothing(before: RememberedProofs, after: RememberedProofs): boolean {
  return weakerParts(after, before).length === 0 && after.names.every((name) => before.names.includes(name));
}
