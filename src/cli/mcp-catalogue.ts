import type { ServerIdentity } from '../catalogue/identity.ts';
import { proposeEffect } from '../catalogue/propose.ts';
import { below, type Problem } from '../document/problems.ts';
import { DOCUMENT_NAME, DocumentReader } from '../document/reader.ts';
import { CodedError } from '../errors.ts';
import { canonicalize } from '../model/canonical.ts';
import { type Milliseconds, rfc3339 } from '../model/clock.ts';
import type { Effect } from '../model/facts.ts';
import { isJsonObject, type Json, type JsonObject, member, within } from '../model/json.ts';
import { printable } from '../model/printable.ts';

/** What is imported, and how it is called here. */
export type Import = {
  readonly server: string;
  readonly source?: string;
  readonly identity?: ServerIdentity;
  /** Of the server: what every tool's entry names. */
  readonly version: string;
  readonly tools: readonly JsonObject[];
  readonly issued: Milliseconds;
  readonly expires: Milliseconds;
  readonly header: ImportHeader;
};

/** What a first version needs, or the document whose next version this is. */
export type ImportHeader =
  | { readonly id: string; readonly owner: string; readonly update?: undefined }
  | { readonly update: JsonObject; readonly id?: undefined; readonly owner?: string };

/** An unreviewed catalogue, and what is to be said of it. */
export type ImportedCatalogue = {
  readonly document: JsonObject;
  /** Proposals by effect. */
  readonly proposed: Readonly<Record<Effect, number>>;
  /** Tools whose reviewed effect was kept: their definition is what it was. */
  readonly kept: number;
  /** Names of tools that the document before listed, and the server no longer does. */
  readonly gone: readonly string[];
};

const EFFECTS: readonly Effect[] = ['read', 'write', 'destructive'];

/**
 * The tools that a catalogue can list, as they are, and what is wrong with the others. Places are meant from the server's list on.
 *
 * @throws CodedError `mcp.duplicate_tool` when a name is listed twice: a call could mean either
 */
export function usableTools(listed: readonly Json[]): { tools: readonly JsonObject[]; problems: readonly Problem[] } {
  const tools: JsonObject[] = [];
  const problems: Problem[] = [];
  const names = new Set<string>();
  for (const [place, tool] of listed.entries()) {
    const name = isJsonObject(tool) ? member(tool, 'name') : undefined;
    if (typeof name === 'string') {
      if (names.has(name)) throw duplicate(name);
      names.add(name);
    }
    const wrong = problemsOf(tool, below('/tools', place));
    problems.push(...wrong);
    if (wrong.length === 0 && isJsonObject(tool)) tools.push(tool);
  }
  return { tools, problems };
}

/** As MCP has it, and as a catalogue is read. */
function problemsOf(tool: Json, place: string): readonly Problem[] {
  const reader = new DocumentReader();
  const definition = reader.object(tool, place);
  if (!isJsonObject(tool)) return reader.problems;
  reader.text(definition, 'name', place, DOCUMENT_NAME, 'a tool name of 1 to 128 visible characters without blanks');
  for (const optional of ['title', 'description']) {
    const text = member(definition, optional);
    if (text !== undefined && typeof text !== 'string') reader.problem(`${place}/${optional}`, 'must be a string');
  }
  for (const optional of ['annotations', 'outputSchema']) {
    const object = member(definition, optional);
    if (object !== undefined && !isJsonObject(object)) reader.problem(`${place}/${optional}`, 'must be an object');
  }
  if (within(definition, 'inputSchema', 'type') !== 'object') {
    reader.problem(`${place}/inputSchema`, 'must be a JSON Schema whose type is "object"');
  }
  return reader.problems;
}

function duplicate(name: string): CodedError {
  return new CodedError(
    'mcp.duplicate_tool',
    `the server lists the tool ${printable(name, 140)} twice; a call could mean either, so nothing of it is imported`,
  );
}

/**
 * Writes the catalogue of a server's tools. Every tool has a `proposed_effect` that a reviewer has to replace by an `effect`; of the
 * document before, effects are kept where the whole definition is the same, and other servers stay as they are.
 *
 * @throws CodedError `catalogue.not_updatable`
 */
export function composeCatalogue(imported: Import): ImportedCatalogue {
  const { header, server, source, identity } = imported;
  const before = header.update === undefined ? undefined : readBefore(header.update, server);
  const proposed = { read: 0, write: 0, destructive: 0 };
  let kept = 0;
  const tools = imported.tools.map((definition): JsonObject => {
    const effect = before?.effects.get(canonicalize(definition));
    if (effect !== undefined) {
      kept += 1;
      return { version: imported.version, effect, definition };
    }
    const proposal = proposeEffect(definition);
    proposed[proposal.effect] += 1;
    return { version: imported.version, proposed_effect: { ...proposal }, definition };
  });
  const named = source ?? before?.source;
  const entry: JsonObject = {
    ...(named !== undefined && { source: named }),
    ...(identity !== undefined && { identity }),
    tools,
  };
  const listed = new Set(imported.tools.map((tool) => member(tool, 'name')));
  return {
    document: {
      type: 'catalogue',
      id: before?.id ?? header.id ?? '',
      version: (before?.version ?? 0) + 1,
      issued: rfc3339(imported.issued),
      expires: rfc3339(imported.expires),
      owner: header.owner ?? before?.owner ?? '',
      // From entries, so that a server named __proto__ is one like any other. One that was there keeps its place.
      servers: Object.fromEntries(new Map([...(before?.servers ?? []), [server, entry]])),
    },
    proposed,
    kept,
    gone: (before?.names ?? []).filter((name) => !listed.has(name)),
  };
}

type Before = {
  readonly id: string;
  readonly version: number;
  readonly owner: string;
  readonly source?: Json;
  readonly servers: readonly (readonly [string, Json])[];
  readonly names: readonly string[];
  /** Reviewed effects, by the RFC 8785 form of the whole definition. */
  readonly effects: ReadonlyMap<string, Effect>;
};

function readBefore(document: JsonObject, server: string): Before {
  const [id, version, owner, servers] = ['id', 'version', 'owner', 'servers'].map((name) => member(document, name));
  if (
    member(document, 'type') !== 'catalogue' ||
    typeof id !== 'string' ||
    typeof version !== 'number' ||
    !Number.isSafeInteger(version + 1) ||
    typeof owner !== 'string' ||
    !isJsonObject(servers)
  ) {
    throw new CodedError(
      'catalogue.not_updatable',
      'the document to update is no catalogue with an id, a version, an owner and servers; `exequatur catalogue lint` says more',
    );
  }
  const entry = member(servers, server);
  const source = isJsonObject(entry) ? member(entry, 'source') : undefined;
  const names: string[] = [];
  const effects = new Map<string, Effect>();
  for (const tool of listOf(isJsonObject(entry) ? member(entry, 'tools') : undefined)) {
    const [name, definition] = [within(tool, 'definition', 'name'), within(tool, 'definition')];
    const effect = EFFECTS.find((one) => one === within(tool, 'effect'));
    if (typeof name === 'string') names.push(name);
    if (definition !== undefined && effect !== undefined) effects.set(canonicalize(definition), effect);
  }
  return {
    id,
    version,
    owner,
    ...(source !== undefined && { source }),
    servers: Object.entries(servers),
    names,
    effects,
  };
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}
