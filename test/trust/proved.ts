import type { ProvedMatch } from '../../src/trust/proofs.ts';
import type { Proofs, Proved, SeenCheckpoint } from '../../src/trust/verdict.ts';

/** A match that proved nothing besides itself. */
export const NOTHING_PROVED: Proved = { logs: [], timestamps: [], scts: [], attestations: [], checkpoints: [] };

/** Matches that come to these proofs and checkpoints: authorities `authority 0` and on, all else by the first of them. */
export function matchesFor(proofs: Proofs, checkpoints: readonly SeenCheckpoint[] = []): readonly ProvedMatch[] {
  const all: Proved = {
    logs: operators(proofs.logs),
    timestamps: operators(proofs.timestamps),
    scts: operators(proofs.scts),
    attestations: proofs.attestations,
    checkpoints,
  };
  return Array.from({ length: proofs.authorities }, (_, place) => ({
    authority: `authority-${place}`,
    proved: place === 0 ? all : NOTHING_PROVED,
  }));
}

function operators(count: number): string[] {
  return Array.from({ length: count }, (_, place) => `operator ${place}`);
}
