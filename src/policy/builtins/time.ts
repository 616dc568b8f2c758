import type { BuiltinContext } from './answer.ts';
import type { Offsets } from './local-time.ts';

/**
 * A builtin's short way: the answer's text, or undefined where the question is not one that this way knows. Then OPA is asked, also
 * for what is wrong with an operand.
 */
export type FastBuiltin = (
  operands: readonly string[],
  context: BuiltinContext,
  offsets: Offsets,
) => string | undefined;

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** `NS` or `[NS, "ZONE"]`, and with a third member a layout. Nanoseconds have 19 digits from 2001 on; earlier and later times go to OPA. */
const TIME = /^\[?([0-9]{19})(?:, ?"([^"\\]*)"(?:, ?"([^"\\]*)")?)?\]?$/;

/** OPA's `time.clock`: [hour, minute, second]. */
export const clock: FastBuiltin = (operands, context, offsets) => {
  const local = localTime(operands, context, offsets);
  if (local === undefined) return undefined;
  const { date } = local;
  return `[${date.getUTCHours()},${date.getUTCMinutes()},${date.getUTCSeconds()}]`;
};

/** OPA's `time.date`: [year, month, day]. */
export const date: FastBuiltin = (operands, context, offsets) => {
  const local = localTime(operands, context, offsets);
  if (local === undefined) return undefined;
  return `[${local.date.getUTCFullYear()},${local.date.getUTCMonth() + 1},${local.date.getUTCDate()}]`;
};

/** OPA's `time.weekday`: the day's English name. */
export const weekday: FastBuiltin = (operands, context, offsets) => {
  const local = localTime(operands, context, offsets);
  return local === undefined ? undefined : `"${WEEKDAYS[local.date.getUTCDay()]}"`;
};

/** OPA's `time.format` for layouts of whole numeric fields, separators and the weekday's name; Go's other layouts are OPA's. */
export const format: FastBuiltin = (operands, context, offsets) => {
  const local = localTime(operands, context, offsets);
  if (local === undefined || local.layout === undefined || !LAYOUT.test(local.layout)) return undefined;
  return `"${local.layout.replace(FIELD, (field) => FIELDS[field]?.(local.date) ?? field)}"`;
};

// Go reads the longest field at each place. A minus before "07", a point before zeros and a lone digit would be fields of its own: no digit
// outside of the fields listed is let through.
const LAYOUT = /^(?:2006|01|02|15|04|05|Monday|[-:T/ ])+$/;
const FIELD = /2006|01|02|15|04|05|Monday/g;
const FIELDS: Readonly<Record<string, (date: Date) => string>> = {
  2006: (date) => String(date.getUTCFullYear()),
  '01': (date) => twoDigits(date.getUTCMonth() + 1),
  '02': (date) => twoDigits(date.getUTCDate()),
  15: (date) => twoDigits(date.getUTCHours()),
  '04': (date) => twoDigits(date.getUTCMinutes()),
  '05': (date) => twoDigits(date.getUTCSeconds()),
  Monday: (date) => WEEKDAYS[date.getUTCDay()] ?? '',
};

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

/** A date whose UTC fields are what a wall clock shows there. */
function localTime(
  operands: readonly string[],
  context: BuiltinContext,
  offsets: Offsets,
): { date: Date; layout: string | undefined } | undefined {
  const operand = operands[0];
  const match = operand === undefined ? null : TIME.exec(operand);
  if (match === null || operand === undefined) return undefined;
  const [, ns = '', zone, layout] = match;
  if ((zone !== undefined) !== operand.startsWith('[') || operand.startsWith('[') !== operand.endsWith(']')) {
    return undefined;
  }
  const seconds = Number(ns.slice(0, -9));
  const offset = offsets.at(zone ?? 'UTC', seconds, context);
  return offset === undefined ? undefined : { date: new Date((seconds + offset) * 1000), layout };
}

const RFC3339 =
  /^"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?(?:Z|([+-])([0-9]{2}):([0-9]{2}))"$/;
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** OPA's `time.parse_rfc3339_ns` for times of the years 1973 to 2199 that exist. */
export const parseRfc3339: FastBuiltin = (operands) => {
  const match = operands[0] === undefined ? null : RFC3339.exec(operands[0]);
  if (match === null) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const [hour, minute, second] = [Number(match[4]), Number(match[5]), Number(match[6])];
  const [awayHours, awayMinutes] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  if (year < 1973 || year >= 2200 || day < 1 || day > daysIn(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59 || awayHours > 23 || awayMinutes > 59) return undefined;
  const away = (awayHours * 60 + awayMinutes) * (match[8] === '-' ? -60 : 60);
  const seconds = Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - away;
  return `${seconds}${(match[7] ?? '').padEnd(9, '0')}`;
};

function daysIn(year: number, month: number): number {
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return (DAYS[month - 1] ?? 0) + (leap ? 1 : 0);
}
