import { canonicalize } from '../model/canonical.ts';
import { type Sha256Digest, sha256 } from '../model/digest.ts';
import type { KnownTool } from '../model/facts.ts';
import { isJsonObject, type Json, type JsonObject, member } from '../model/json.ts';

/**
 * Compares the definition that a caller sees (`definition`, the whole MCP tool object) and its digest (`digest`, "sha256:HEX" over its
 * RFC 8785 form) with what was signed. All that is given has to agree; what has not its form agrees with nothing.
 */
export function observedDrift(properties: JsonObject | undefined, signed: Sha256Digest): KnownTool['drift'] {
  if (properties === undefined) return 'unobserved';
  const definition = member(properties, 'definition');
  const digest = member(properties, 'digest');
  if (definition === undefined && digest === undefined) return 'unobserved';
  if (digest !== undefined && digest !== signed) return 'changed';
  if (definition !== undefined && digestOf(definition) !== signed) return 'changed';
  return 'none';
}

function digestOf(definition: Json): Sha256Digest | undefined {
  if (!isJsonObject(definition)) return undefined;
  try {
    return sha256(canonicalize(definition));
  } catch {
    // Not from a parser of ours: something that JSON cannot say.
    return undefined;
  }
}
