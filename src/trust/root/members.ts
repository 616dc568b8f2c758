import { CodedError } from '../../errors.ts';
import { parseRfc3339 } from '../../model/clock.ts';
import { isJsonObject, type Json, type JsonObject, member } from '../../model/json.ts';
import { fromCanonicalBase64 } from '../bundle/base64.ts';

/** The window in which an instance counts, both ends inclusive. */
export type Validity = { readonly validFrom: number; readonly validTo?: number };

/** An object of a trusted root that has these members and no others; `null` stands for an absent one, as protobuf-JSON has it. */
export function objectOf(value: Json | undefined, where: string, known: readonly string[]): JsonObject {
  if (!isJsonObject(value)) throw malformed(where, 'must be an object');
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue;
    const camel = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    const remedy = known.includes(camel)
      ? `write it as ${camel}: trusted roots are read in camelCase`
      : 'it might narrow what is trusted, so it is not ignored; correct its name, remove it, or take a version that knows it';
    throw new CodedError('root.member_unknown', `${where}: the member ${shown(name)} is not known; ${remedy}`, {
      detail: { where },
    });
  }
  return value;
}

/** A member, or undefined where it is absent or null. */
export function optional(object: JsonObject, name: string): Json | undefined {
  return member(object, name) ?? undefined;
}

/** A list of at most `most` elements; absent counts as empty. */
export function listOf(object: JsonObject, name: string, most: number, where = ''): readonly Json[] {
  const place = where === '' ? name : `${where}.${name}`;
  const list = optional(object, name) ?? [];
  if (!Array.isArray(list)) throw malformed(place, 'must be a list');
  if (list.length > most) {
    throw new CodedError('root.too_many', `${place} has ${list.length} elements; at most ${most} are read`, {
      detail: { where: place },
    });
  }
  return list;
}

/** A text of printable ASCII without blanks; undefined where it is absent or empty. */
export function textOf(object: JsonObject, name: string, where: string): string | undefined {
  const text = optional(object, name);
  if (text === undefined || text === '') return undefined;
  if (typeof text !== 'string' || text.length > 512 || !/^[\x21-\x7e]+$/.test(text)) {
    throw malformed(`${where}.${name}`, 'must be printable ASCII without blanks, 512 characters at most');
  }
  return text;
}

/** Bytes in the one base64 that stands for them (RFC 4648, section 4, padded); undefined where the member is absent. */
export function bytesOf(object: JsonObject, name: string, where: string): Buffer | undefined {
  const text = optional(object, name);
  if (text === undefined || text === '') return undefined;
  const bytes = typeof text === 'string' ? fromCanonicalBase64(text) : undefined;
  if (bytes === undefined) throw malformed(`${where}.${name}`, 'must be base64 with padding');
  return bytes;
}

/**
 * The window of validity. Its start is asked for everywhere: without one an instance would count from the beginning of time.
 *
 * @throws CodedError `root.validity_missing`, `root.validity_malformed`
 */
export function validityOf(holder: JsonObject, where: string): Validity {
  const place = `${where}.validFor`;
  const range = optional(holder, 'validFor');
  const window = range === undefined ? {} : objectOf(range, place, ['start', 'end']);
  const validFrom = timeOf(window, 'start', place);
  const validTo = timeOf(window, 'end', place);
  if (validFrom === undefined) {
    throw new CodedError(
      'root.validity_missing',
      `${place}.start is missing; say from when the instance counts, as RFC 3339 (2025-09-23T00:00:00Z)`,
      { detail: { where: place } },
    );
  }
  if (validTo === undefined) return { validFrom };
  if (validTo < validFrom) {
    throw new CodedError('root.validity_malformed', `${place} ends before it starts; correct its start or its end`, {
      detail: { where: place },
    });
  }
  return { validFrom, validTo };
}

function timeOf(window: JsonObject, name: string, where: string): number | undefined {
  const text = optional(window, name);
  if (text === undefined) return undefined;
  const time = typeof text === 'string' ? parseRfc3339(text) : undefined;
  if (time === undefined) {
    throw new CodedError(
      'root.validity_malformed',
      `${where}.${name} is no time; write it as RFC 3339 (2025-09-23T00:00:00Z)`,
      { detail: { where } },
    );
  }
  return time;
}

/** True where two windows share a moment. */
export function overlap(one: Validity, other: Validity): boolean {
  return (
    one.validFrom <= (other.validTo ?? Number.POSITIVE_INFINITY) &&
    other.validFrom <= (one.validTo ?? Number.POSITIVE_INFINITY)
  );
}

/**
 * Who runs an instance. Thresholds count distinct operators; whoever names none cannot be told from another who names none, so all
 * of these are one operator.
 */
export function operatorOf(instance: JsonObject, where: string): string {
  return textOf(instance, 'operator', where)?.toLowerCase() ?? UNNAMED_OPERATOR;
}

/** The operator of every instance that names none; no instance can be named so. */
export const UNNAMED_OPERATOR = '(unnamed operator)';

export function malformed(where: string, what: string, cause?: unknown): CodedError {
  return new CodedError('root.malformed', `${where}: ${what}; fetch the trusted root again, or correct it`, {
    detail: { where },
    ...(cause === undefined ? {} : { cause }),
  });
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 64).toWellFormed());
}
