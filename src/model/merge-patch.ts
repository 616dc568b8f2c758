import { isJsonObject, type Json, member } from './json.ts';

/** The result of a JSON Merge Patch (RFC 7396): members of the patch replace, null removes, everything else stays. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isJsonObject(patch)) return patch;
  const result: Record<string, Json> = target !== undefined && isJsonObject(target) ? { ...target } : {};
  for (const name of Object.keys(patch)) {
    const value = member(patch, name);
    if (value === null || value === undefined) delete result[name];
    else {
      const merged = mergePatch(Object.hasOwn(result, name) ? result[name] : undefined, value);
      Object.defineProperty(result, name, { value: merged, enumerable: true, configurable: true, writable: true });
    }
  }
  return result;
}
