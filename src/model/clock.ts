/** Milliseconds since 1970-01-01T00:00:00Z, whole: the precision of every time that Exequatur writes. */
export type Milliseconds = number;

/** Reads the time; injected, so that tests and replays bring their own. */
export type Clock = () => Milliseconds;

/** RFC 3339, UTC, milliseconds: `2026-11-21T14:03:00.123Z`. */
export function rfc3339(time: Milliseconds): string {
  return new Date(time).toISOString();
}

const FORM = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;

/** Parses RFC 3339 with an offset, cut to milliseconds; undefined for anything else, impossible dates included. */
export function parseRfc3339(text: string): Milliseconds | undefined {
  if (!FORM.test(text)) return undefined;
  const time = Date.parse(text);
  if (!Number.isFinite(time)) return undefined;
  // Date.parse takes February 30th for March 2nd; a day that does not survive the round trip was none.
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== text.slice(0, 10)) return undefined;
  return time;
}
