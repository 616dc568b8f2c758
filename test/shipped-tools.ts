import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { canonicalize } from '../src/model/canonical.ts';
import { type Sha256Digest, sha256 } from '../src/model/digest.ts';
import { isJsonObject, type Json, member, within } from '../src/model/json.ts';
import { parseStrictJson } from '../src/model/strict-json.ts';

const catalogue = parseStrictJson(readFileSync(new URL('../catalogue/exequatur.json', import.meta.url)));

/** What a client that sees a tool of the shipped catalogue unchanged sends as its digest. `server` and `tool` by their names. */
export function shippedDigest(server: string, tool: string): Sha256Digest {
  const tools = within(catalogue, 'servers', server, 'tools');
  assert.ok(Array.isArray(tools), `the catalogue has no server ${server}`);
  const definitions = tools.map((entry: Json) => (isJsonObject(entry) ? (member(entry, 'definition') ?? null) : null));
  const definition = definitions.find((one) => within(one, 'name') === tool);
  assert.ok(definition !== undefined, `the catalogue has no tool ${tool} of ${server}`);
  return sha256(canonicalize(definition));
}
