import type { Milliseconds } from '../../model/clock.ts';

/** Clocks of machines that are kept in time differ by less. */
const TOLERANCE_MS = 600_000;

/** What is known about the age of a root. */
export type Age = {
  /** Of the last successful refresh, or of the release that shipped the root. */
  readonly refreshedAt: Milliseconds;
  /** The latest time that the clock has shown since: a clock that is set back makes nothing younger. */
  readonly latest: Milliseconds;
};

/** True when the refresh lies in the future: the clock cannot tell its age. */
export function liesAhead({ refreshedAt }: Age, now: Milliseconds): boolean {
  return refreshedAt > now + TOLERANCE_MS;
}

/** True once the root was not refreshed for longer than it may be, or when its refresh lies in the future: the clock cannot tell. */
export function isStale(age: Age, now: Milliseconds, maxAgeMs: number): boolean {
  return liesAhead(age, now) || Math.max(now, age.latest) - age.refreshedAt > maxAgeMs;
}
