/** A JSON value (RFC 8259) as this process holds it: plain objects and arrays, finite numbers, well-formed strings. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object. Members are own properties, also one named `__proto__`; read by `Object.hasOwn`, never by inheritance. */
export type JsonObject = { readonly [member: string]: Json };

/** True for a JSON object: not null, not an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An own member of an object, or undefined; inherited names such as `constructor` do not count. */
export function member(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** What lies at the end of these names and indexes, or undefined where one of them is missing, or is no object or array. */
export function within(json: Json | undefined, ...path: readonly (string | number)[]): Json | undefined {
  let value = json;
  for (const step of path) {
    if (typeof step === 'number') value = Array.isArray(value) ? value[step] : undefined;
    else value = isJsonObject(value) ? member(value, step) : undefined;
  }
  return value;
}
