import type { FoundAttestation } from './authority/attestations.ts';
import type { AuthorityMatch, Proofs, Proved, SeenCheckpoint } from './verdict.ts';
import type { VerifiedBundle } from './verified-bundle.ts';

/** What an authority's match proved. */
export type ProvedMatch = Pick<AuthorityMatch, 'authority' | 'proved'>;

/** What the bundles behind one match proved: the authority's own, and the attestations that it asks for. */
export function provedBy(own: VerifiedBundle, found: readonly FoundAttestation[]): Proved {
  const bundles = [own, ...found.map(({ signed }) => signed.proved)];
  const operators = (list: (bundle: VerifiedBundle) => readonly { readonly operator: string }[]) =>
    unique(bundles.flatMap((bundle) => list(bundle).map(({ operator }) => operator)));
  return {
    logs: operators(({ logs }) => logs),
    timestamps: operators(({ times }) => times),
    scts: operators(({ scts }) => scts),
    attestations: unique(found.map(({ needed }) => needed.predicateType)),
    checkpoints: distinct(
      bundles
        .flatMap(({ logs }) => logs)
        .flatMap(({ logId, origin, size, root }) =>
          origin === undefined || size === undefined || root === undefined ? [] : [{ logId, origin, size, root }],
        ),
    ),
  };
}

/** How strongly a document was proved by these matches together: distinct authorities, operators and attestations over all of them. */
export function proofsOf(matches: readonly ProvedMatch[]): Proofs {
  const all = (part: (proved: Proved) => readonly string[]) => unique(matches.flatMap(({ proved }) => part(proved)));
  return {
    authorities: authoritiesOf(matches).length,
    logs: all(({ logs }) => logs).length,
    timestamps: all(({ timestamps }) => timestamps).length,
    scts: all(({ scts }) => scts).length,
    attestations: all(({ attestations }) => attestations).sort(),
  };
}

/** The checkpoints that these matches came with, each once: what anybody else signed must not move a mark of the document. */
export function checkpointsOf(matches: readonly ProvedMatch[]): readonly SeenCheckpoint[] {
  return distinct(matches.flatMap(({ proved }) => proved.checkpoints));
}

/** True where `now` proves something that `before` did not: by another authority or operator, an attestation, a checkpoint. */
export function addsTo(before: readonly ProvedMatch[], now: readonly ProvedMatch[]): boolean {
  return partsOf([...before, ...now]) > partsOf(before);
}

function partsOf(matches: readonly ProvedMatch[]): number {
  const { authorities, logs, timestamps, scts, attestations } = proofsOf(matches);
  return authorities + logs + timestamps + scts + attestations.length + checkpointsOf(matches).length;
}

/** Their names, each once. */
export function authoritiesOf(matches: readonly ProvedMatch[]): readonly string[] {
  return unique(matches.map(({ authority }) => authority));
}

function distinct(checkpoints: readonly SeenCheckpoint[]): readonly SeenCheckpoint[] {
  const seen = checkpoints.map(
    (checkpoint) =>
      [JSON.stringify([checkpoint.logId, checkpoint.origin, checkpoint.size, checkpoint.root]), checkpoint] as const,
  );
  return [...new Map(seen).values()];
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}
