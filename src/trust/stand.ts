import type { Milliseconds } from '../model/clock.ts';
import type { AuthoritySource } from './authority/source.ts';
import { type CurrentVerdict, currentVerdict } from './current.ts';
import type { Standing } from './documents.ts';
import type { Revocations } from './revocation/revocations.ts';
import type { RootState } from './root/root-state.ts';
import type { AuthorityFailure, AuthorityMatch, DocumentVerdict } from './verdict.ts';
import { endOf } from './verdicts.ts';

/** A verdict as it counts now, and how long that holds if nothing else changes. Struck is also whose root has become stale. */
export type CurrentStanding = Standing & CurrentVerdict;

/** The roots as they count now, by name. */
export type RootStates = Readonly<Record<string, RootState>>;

/**
 * A verdict as it counts now: struck out is what rests on a keyless authority whose root has become stale, what is revoked, and what
 * has ended. `until`: when the earliest of its matches ends.
 */
export function standing(
  verdict: DocumentVerdict,
  revocations: Revocations,
  roots: RootStates,
  rootOf: ReadonlyMap<string, string>,
  now: Milliseconds,
): CurrentStanding {
  const lost = verdict.by.flatMap((match) => rootFailure(match, roots, rootOf) ?? []);
  const struck = new Set(lost.map(({ match }) => match));
  const left: DocumentVerdict =
    lost.length === 0
      ? verdict
      : {
          ...verdict,
          by: verdict.by.filter((match) => !struck.has(match)),
          failed: [...verdict.failed, ...lost.map(({ failure }) => failure)],
        };
  // What has ended already does not end again.
  const ends = verdict.by.filter(({ notAfter = Number.POSITIVE_INFINITY }) => notAfter > now);
  const current = currentVerdict(left, revocations, now);
  return { ...current, struck: [...current.struck, ...struck], until: endOf({ by: ends }) };
}

/** Which root each keyless authority verifies under. A pinned key stands by itself: its root only adds times and log entries. */
export function keylessRoots(authorities: readonly AuthoritySource[]): ReadonlyMap<string, string> {
  return new Map(
    authorities.flatMap(({ name, signer }) => (signer.mode === 'keyless' ? [[name, signer.root] as const] : [])),
  );
}

function rootFailure(
  match: AuthorityMatch,
  roots: RootStates,
  rootOf: ReadonlyMap<string, string>,
): { readonly match: AuthorityMatch; readonly failure: AuthorityFailure } | undefined {
  const names = [match.authority, ...(match.fact.attestations ?? []).map(({ authority }) => authority)];
  for (const authority of names) {
    const name = rootOf.get(authority);
    const state = name === undefined ? undefined : roots[name];
    if (name === undefined || (state !== undefined && 'root' in state)) continue;
    const code = state?.failure ?? 'root_unavailable';
    const message = state?.message ?? `the root ${name} is gone`;
    return { match, failure: { authority: match.authority, code, message } };
  }
  return undefined;
}
