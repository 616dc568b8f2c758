import { isJsonObject, type Json, member } from '../../src/model/json.ts';

/** One change to one leaf of a value. */
export type Mutation = {
  /** RFC 6901 pointer of the leaf. */
  readonly pointer: string;
  readonly how: 'removed' | 'other type' | 'broken text';
  readonly value: Json;
};

/** Every leaf (scalars, empty objects and arrays) and every inner node, removed, given another type, replaced by broken text. */
export function mutations(value: Json): Mutation[] {
  const found: Mutation[] = [];
  for (const path of paths(value, [])) {
    const pointer = path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
    const old = path.reduce<Json | undefined>((at, step) => (at === undefined ? undefined : child(at, step)), value);
    found.push({ pointer, how: 'removed', value: changed(value, path, undefined) });
    found.push({ pointer, how: 'other type', value: changed(value, path, otherType(old)) });
    found.push({ pointer, how: 'broken text', value: changed(value, path, '\u0000 broken "text\\') });
  }
  return found;
}

type Path = readonly (string | number)[];

function* paths(value: Json, at: Path): Generator<Path> {
  if (Array.isArray(value)) for (const [index, item] of value.entries()) yield* paths(item, [...at, index]);
  else if (isJsonObject(value)) for (const name of Object.keys(value)) yield* paths(value[name] ?? null, [...at, name]);
  if (at.length > 0) yield at;
}

function child(value: Json, step: string | number): Json | undefined {
  if (Array.isArray(value)) return value[Number(step)];
  return isJsonObject(value) ? member(value, String(step)) : undefined;
}

function otherType(value: Json | undefined): Json {
  switch (typeof value) {
    case 'string':
      return 7;
    case 'number':
      return 'seven';
    case 'boolean':
      return value ? 'true' : 1;
    default:
      return Array.isArray(value) ? { 0: 'x' } : ['x'];
  }
}

function changed(value: Json, path: Path, replacement: Json | undefined): Json {
  const [step, ...rest] = path;
  if (step === undefined) return replacement ?? null;
  if (Array.isArray(value)) {
    const items = [...value];
    if (rest.length === 0 && replacement === undefined) items.splice(Number(step), 1);
    else items[Number(step)] = changed(items[Number(step)] ?? null, rest, replacement);
    return items;
  }
  if (!isJsonObject(value)) return value;
  const copy = { ...value };
  if (rest.length === 0 && replacement === undefined) delete copy[String(step)];
  else copy[String(step)] = changed(copy[String(step)] ?? null, rest, replacement);
  return copy;
}
