import { isJsonObject, type Json, type JsonObject, within } from '../../model/json.ts';
import type { Field, Message } from './shape.ts';

/** A member of a bundle as it was sent. */
export type Found = {
  /** Its place, by the names that the bundle uses: `verificationMaterial.tlogEntries[0].logIndex`. */
  readonly place: string;
  /** Absent: the shape knows no such member. */
  readonly field?: Field;
  readonly value: Json;
  /** The member's other spelling stands beside it. */
  readonly twice: boolean;
};

/** Every member of a message, and of those within it; also what the shape does not know or is of another kind than it says. */
export function* walk(json: JsonObject, message: Message, at = ''): Generator<Found> {
  for (const [name, value] of Object.entries(json)) {
    const place = at === '' ? shown(name) : `${at}.${shown(name)}`;
    const entry = message.get(name);
    if (entry === undefined) {
      yield { place, value, twice: false };
    } else {
      const other = name === entry.camel ? entry.snake : entry.camel;
      yield { place, field: entry.field, value, twice: other !== name && Object.hasOwn(json, other) };
      yield* walkWithin(value, entry.field, place);
    }
  }
}

function* walkWithin(value: Json, field: Field, place: string): Generator<Found> {
  if (field.kind === 'message' && isJsonObject(value)) yield* walk(value, field.message, place);
  if (field.kind === 'list' && Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const itsPlace = `${place}[${index}]`;
      yield { place: itsPlace, field: field.of, value: item, twice: false };
      yield* walkWithin(item, field.of, itsPlace);
    }
  }
}

/** The message with every member under its JSON name, as the library wants it. What the shape does not know stays where it is. */
export function inCamelCase(json: JsonObject, message: Message): JsonObject {
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => {
      const entry = message.get(name);
      return entry === undefined ? [name, value] : [entry.camel, translated(value, entry.field)];
    }),
  );
}

function translated(value: Json, field: Field): Json {
  if (field.kind === 'message' && isJsonObject(value)) return inCamelCase(value, field.message);
  if (field.kind === 'list' && Array.isArray(value)) return value.map((item) => translated(item, field.of));
  return value;
}

/** A member's name for a message: whoever made the bundle chose it. */
function shown(name: string): string {
  return /^[A-Za-z0-9_]{1,40}$/.test(name) ? name : '(a member of another name)';
}

/** The list at the end of these names; empty for anything else. */
export function listWithin(json: JsonObject, ...names: readonly string[]): readonly Json[] {
  const value = within(json, ...names);
  return Array.isArray(value) ? value : [];
}
