import { isJsonObject, type Json } from '../../../src/model/json.ts';

/** Members and indices from the top: `verificationMaterial.tlogEntries.0.logIndex`. No member of a bundle has a dot in its name. */
export type Path = string;

/** A copy with what stands at the path changed; a change to undefined removes it. What is not there is added. */
export function edited(json: Json, path: Path, change: (old: Json | undefined) => Json | undefined): Json {
  const [first = '', ...rest] = path.split('.');
  const step = (old: Json | undefined): Json | undefined =>
    rest.length === 0 ? change(old) : edited(old ?? {}, rest.join('.'), change);
  if (isArray(json)) {
    const index = Number(first);
    return [...json.slice(0, index), ...listOf(step(json[index])), ...json.slice(index + 1)];
  }
  if (!isJsonObject(json)) throw new TypeError(`nothing stands below ${first}`);
  const { [first]: old, ...others } = json;
  const changed = step(old);
  if (changed === undefined) return others;
  return old === undefined
    ? { ...others, [first]: changed }
    : Object.fromEntries(Object.entries(json).map(([name, value]) => [name, name === first ? changed : value]));
}

const listOf = (value: Json | undefined): Json[] => (value === undefined ? [] : [value]);

/** Array.isArray narrows a readonly array to any[]: this does not. */
export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

export const replaced = (json: Json, path: Path, value: Json): Json => edited(json, path, () => value);
export const removed = (json: Json, path: Path): Json => edited(json, path, () => undefined);

export function at(json: Json | undefined, path: Path): Json | undefined {
  let here = json;
  for (const name of path.split('.')) {
    if (isArray(here)) here = here[Number(name)];
    else if (isJsonObject(here)) here = here[name];
    else return undefined;
  }
  return here;
}

export function textAt(json: Json | undefined, path: Path): string {
  const found = at(json, path);
  if (typeof found !== 'string') throw new TypeError(`no text at ${path}`);
  return found;
}

/** A list with one more of the value that stands at the index. */
export const repeated = (json: Json, path: Path, index = 0): Json =>
  edited(json, path, (list) => {
    if (!isArray(list)) throw new TypeError(`no list at ${path}`);
    return [...list, list[index] ?? null];
  });

/** With one bit of the base64 content flipped, counted from the end where negative. */
export const flipped = (base64: string, byte = 0): string => {
  const bytes = Buffer.from(base64, 'base64');
  const index = byte < 0 ? bytes.length + byte : byte;
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  return bytes.toString('base64');
};

export const flippedAt = (json: Json, path: Path, byte = 0): Json =>
  edited(json, path, (old) => flipped(String(old), byte));

/** Members as the .proto files spell them, all the way down: protobuf's other JSON spelling. DSSE's own has `payloadType` there. */
export function snakeCase(json: Json): Json {
  if (isArray(json)) return json.map(snakeCase);
  if (!isJsonObject(json)) return json;
  const renamed = (name: string): string =>
    name === 'payloadType' ? name : name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [renamed(name), snakeCase(value)]));
}
