import { isJsonObject, type Json } from '../../../src/model/json.ts';
import { at, edited, isArray, removed } from '../../trust/lab/edit.ts';

/** Numbers in [0, 1), the only source of chance. */
export type Random = () => number;

/** A bundle to be mutated, as bytes and as the JSON that they hold. */
export type Source = { readonly bytes: Buffer; readonly json: Json };

const below = (random: Random, end: number): number => Math.floor(random() * end);

export function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[below(random, items.length)];
  if (item === undefined) throw new TypeError('nothing to pick from');
  return item;
}

/** One to three mutations of a bundle; `other` is what is spliced in. */
export function mutated(source: Source, other: Source, random: Random): Buffer {
  if (random() < 0.15) return mutateBytes(source.bytes, other.bytes, random);
  let { json } = source;
  for (let times = 1 + below(random, 3); times > 0; times -= 1) json = mutateField(json, other.json, random);
  const bytes = Buffer.from(JSON.stringify(json));
  return random() < 0.05 ? mutateBytes(bytes, other.bytes, random) : bytes;
}

/** Flips, cuts, insertions, exchanges and splices, wherever they fall. */
export function mutateBytes(bytes: Buffer, other: Buffer, random: Random): Buffer {
  if (bytes.length === 0) return other.subarray(0, below(random, 16));
  const start = below(random, bytes.length);
  const end = Math.min(bytes.length, start + 1 + below(random, random() < 0.5 ? 4 : 400));
  const [head, middle, tail] = [bytes.subarray(0, start), bytes.subarray(start, end), bytes.subarray(end)];
  switch (below(random, 7)) {
    case 0:
      return Buffer.concat([head, Buffer.of((bytes[start] ?? 0) ^ (1 << below(random, 8))), bytes.subarray(start + 1)]);
    case 1:
      return Buffer.concat([head, tail]);
    case 2:
      return Buffer.concat([head, middle, middle, tail]);
    case 3:
      return Buffer.concat([head, Buffer.from(middle).reverse(), tail]);
    case 4:
      return Buffer.concat([head, other.subarray(below(random, other.length + 1))]);
    case 5:
      return Buffer.concat([head, Buffer.of(pick(random, STRANGE_BYTES)), bytes.subarray(start)]);
    default: {
      const from = below(random, other.length + 1);
      return Buffer.concat([head, other.subarray(from, from + middle.length), tail]);
    }
  }
}

const STRANGE_BYTES = [0x00, 0x0a, 0x20, 0x22, 0x2c, 0x30, 0x5c, 0x7b, 0x7d, 0x80, 0xc0, 0xef, 0xff];
const STRANGE: readonly Json[] = [
  null,
  true,
  0,
  -1,
  1e21,
  '',
  'a',
  '0',
  '-1',
  [],
  {},
  [null],
  ['x'],
  { a: 1 },
  '9'.repeat(40),
];
const NAMES = ['__proto__', 'constructor', 'mediaType', 'certificate', 'publicKey', 'dsseEnvelope', 'hint', 'toString'];

function mutateField(json: Json, other: Json, random: Random): Json {
  const paths = pathsOf(json);
  if (paths.length === 0) return other;
  const path = pick(random, paths);
  const value = at(json, path) ?? null;
  if (typeof value === 'string' && random() < 0.8)
    return edited(json, path, () => mutateLeaf(value, at(other, path), random));
  switch (below(random, 9)) {
    case 0:
      return removed(json, path);
    case 1:
      return edited(json, path, () => pick(random, STRANGE));
    case 2:
      return edited(json, path, () => at(other, path) ?? null);
    case 3: {
      const second = pick(random, paths);
      const there = at(json, second) ?? null;
      // One may hold the other: then what is below it no longer stands where it stood.
      if (second.startsWith(path) || path.startsWith(second)) return edited(json, path, () => [value, value]);
      return edited(
        edited(json, path, () => there),
        second,
        () => value,
      );
    }
    case 4:
      return edited(json, path, () => retyped(value));
    case 5:
      return edited(json, path, () => (isArray(value) ? [...value, ...value] : [value]));
    case 6:
      return edited(json, parentOf(path), (parent) =>
        isJsonObject(parent) ? { ...parent, [pick(random, NAMES)]: value } : (parent ?? null),
      );
    case 7:
      return edited(json, parentOf(path), (parent) => renamed(parent ?? null, lastOf(path)));
    default:
      return edited(json, path, (old) => mutateLeaf(old ?? null, at(other, path), random));
  }
}

/** Text is mutated as what it holds: bytes in base64, an entry's JSON in base64, a signed note, a number. */
function mutateLeaf(value: Json, other: Json | undefined, random: Random): Json {
  if (typeof value !== 'string') return isArray(value) ? value.toReversed() : value;
  const second = typeof other === 'string' ? other : value;
  if (/^\d{1,18}$/.test(value)) return String(Number(value) + pick(random, [-1, 1, 2, 1000, -Number(value)]));
  if (value.includes('\n')) return mutateNote(value, second, random);
  const bytes = Buffer.from(value, 'base64');
  if (bytes.toString('base64') !== value)
    return mutateBytes(Buffer.from(value), Buffer.from(second), random).toString();
  if (bytes[0] === 0x7b && random() < 0.7) {
    const inner = jsonIn(bytes);
    if (inner !== undefined) {
      const changed = mutateField(inner, jsonIn(Buffer.from(second, 'base64')) ?? inner, random);
      return Buffer.from(JSON.stringify(changed)).toString('base64');
    }
  }
  return mutateBytes(bytes, Buffer.from(second, 'base64'), random).toString('base64');
}

function mutateNote(note: string, other: string, random: Random): string {
  const lines = note.split('\n');
  const [one, two] = [below(random, lines.length), below(random, lines.length)];
  const line = lines[one] ?? '';
  switch (below(random, 6)) {
    case 0:
      return lines.toSpliced(one, 1).join('\n');
    case 1:
      return lines.toSpliced(one, 0, lines[two] ?? '').join('\n');
    case 2:
      return lines
        .with(one, lines[two] ?? '')
        .with(two, line)
        .join('\n');
    case 3:
      return lines.with(one, other.split('\n')[one] ?? '').join('\n');
    case 4:
      return lines.with(one, /^\d+$/.test(line) ? String(Number(line) + 1) : `${line} `).join('\n');
    default:
      return mutateBytes(Buffer.from(note), Buffer.from(other), random).toString();
  }
}

function jsonIn(bytes: Buffer): Json | undefined {
  try {
    const json: unknown = JSON.parse(bytes.toString());
    return isJsonObject(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

function retyped(value: Json): Json {
  if (typeof value === 'string') return /^\d{1,15}$/.test(value) ? Number(value) : { value };
  if (typeof value === 'number') return String(value);
  if (isArray(value)) return { ...value.map((item) => item) };
  return isJsonObject(value) ? Object.values(value) : String(value);
}

/** In snake_case, or in camelCase again. */
function renamed(parent: Json, name: string): Json {
  if (!isJsonObject(parent)) return parent;
  const other = /[A-Z]/.test(name)
    ? name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    : name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(parent).map(([member, value]) => [member === name ? other : member, value]));
}

const parentOf = (path: string): string => path.split('.').slice(0, -1).join('.') || path;
const lastOf = (path: string): string => path.split('.').at(-1) ?? path;

/** Of every member and item. None has a dot in its name: a bundle's own do not, and mutations add none. */
function pathsOf(json: Json, above = ''): string[] {
  const children: readonly (readonly [string, Json])[] = isArray(json)
    ? json.map((item, index) => [String(index), item])
    : isJsonObject(json)
      ? Object.entries(json)
      : [];
  return children.flatMap(([name, value]) => {
    const path = above === '' ? name : `${above}.${name}`;
    return name.includes('.') || name === '' ? [] : [path, ...pathsOf(value, path)];
  });
}
