import { canonicalize } from '../../model/canonical.ts';
import { isJsonObject, type JsonObject } from '../../model/json.ts';

/** YAML has values that JSON has not (`.nan`); they go as they come, and are no key. */
export function plainJson(value: { readonly [member: string]: unknown }): JsonObject | null {
  const json: unknown = JSON.parse(JSON.stringify(value));
  return isJson(json) ? json : null;
}

function isJson(value: unknown): value is JsonObject {
  return isJsonObject(value);
}

/** A JWK or JSON Schema of the configuration as JSON. @throws TypeError for what RFC 8785 has no form for */
export function schemaJson(schema: Readonly<Record<string, unknown>>): JsonObject {
  const json = plainJson(schema);
  if (json === null) throw new TypeError('it is no JSON object');
  canonicalize(json);
  return json;
}
