import { readFileSync } from 'node:fs';
import { isJsonObject, type Json, type JsonObject } from '../../../src/model/json.ts';

/** How a case differs from the good document that it starts from; places are JSON pointers. */
export type Change = {
  readonly set?: Readonly<Record<string, Json>>;
  readonly remove?: readonly string[];
  /** The list's first item, so many times. */
  readonly repeat?: Readonly<Record<string, number>>;
};

export type Defect = Change & {
  readonly name: string;
  readonly base: string;
  readonly code: string;
  /** The check that alone stands against it. */
  readonly check?: string;
};

/** A file of test/vectors/trust/bundle. Its shape is not checked: it is ours, and a mistake in it fails a test. */
export function readVectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../vectors/trust/bundle/${name}`, import.meta.url), 'utf8'));
}

/** The document, changed. */
export function changed(document: JsonObject, { set = {}, remove = [], repeat = {} }: Change): JsonObject {
  let result: Json = document;
  for (const pointer of remove) result = replaced(result, steps(pointer), () => undefined);
  for (const [pointer, value] of Object.entries(set)) result = replaced(result, steps(pointer), () => value);
  for (const [pointer, times] of Object.entries(repeat)) {
    result = replaced(result, steps(pointer), (list) => Array(times).fill(Array.isArray(list) ? list[0] : null));
  }
  if (!isJsonObject(result)) throw new TypeError('the change leaves no object');
  return result;
}

export function toBytes(json: Json): Buffer {
  return Buffer.from(JSON.stringify(json));
}

function steps(pointer: string): readonly string[] {
  return pointer.split('/').slice(1);
}

function replaced(value: Json | undefined, path: readonly string[], by: (old?: Json) => Json | undefined): Json {
  const [step = '', ...rest] = path;
  const next = (old?: Json) => (rest.length === 0 ? by(old) : replaced(old, rest, by));
  if (Array.isArray(value))
    return value.map((item: Json, index) => (String(index) === step ? (next(item) ?? null) : item));
  if (!isJsonObject(value)) throw new TypeError(`nothing at ${step}`);
  const members = Object.entries(value).filter(([name]) => name !== step);
  const replacement = next(Object.hasOwn(value, step) ? value[step] : undefined);
  return Object.fromEntries(replacement === undefined ? members : [...members, [step, replacement]]);
}
