import { HEADER_MEMBERS, type LoadedKind, readHeader } from '../document/header.ts';
import { below, invalidDocument, type Problem } from '../document/problems.ts';
import { DOCUMENT_LINE, DOCUMENT_NAME, DocumentReader, parseDocumentJson } from '../document/reader.ts';
import type { ParsedDocument } from '../document/shelved.ts';
import { canonicalize } from '../model/canonical.ts';
import { type Sha256Digest, sha256 } from '../model/digest.ts';
import type { Effect } from '../model/facts.ts';
import { isJsonObject, type Json, type JsonObject, member } from '../model/json.ts';
import { printable } from '../model/printable.ts';
import { readIdentity, type ServerIdentity } from './identity.ts';

/** A tool as a catalogue lists it. */
export type ListedTool = {
  readonly name: string;
  /** `SERVER/TOOL`. */
  readonly id: string;
  /** The version of the server (or tool) whose definition this is. */
  readonly version: string;
  readonly effect: Effect;
  /** The whole tool object as the server lists it (MCP `Tool`), unknown members kept: all of it is digested. */
  readonly definition: JsonObject;
  /** The definition's own JSON Schema of the arguments. Whether it can be used, `ArgumentChecks` tell. */
  readonly inputSchema: JsonObject;
  /** SHA-256 over the RFC 8785 form of the definition. */
  readonly digest: Sha256Digest;
  /** RFC 6901 pointer to the tool in its document. */
  readonly place: string;
};

/** A server's tools under the name by which this deployment knows the server. */
export type ListedServer = {
  readonly name: string;
  /** Where the definitions were published; for people. */
  readonly source?: string;
  readonly identity: ServerIdentity;
  readonly tools: readonly ListedTool[];
  /** RFC 6901 pointer to the server in its document. */
  readonly place: string;
};

/** What a document lists: whole definitions of the tools of one or more MCP servers, or of one tool, with their effects. */
export type CatalogueContent = { readonly owner: string; readonly servers: readonly ListedServer[] };

/** A document with all that is wrong with it; of what is wrong, `document` has what could be read. */
export type CatalogueReading = {
  readonly problems: readonly Problem[];
  readonly document: ParsedDocument<CatalogueContent>;
};

/** 64 MiB hold some ten thousands of tools. */
export const MAX_DOCUMENT_BYTES = 67_108_864;
/** UTF-16 code units of a definition's RFC 8785 form: no more than a request may hold, so that a caller can supply it. */
export const MAX_DEFINITION_LENGTH = 262_144;
/** Definitions nest less than 64 deep. */
const LIMITS = { maxBytes: MAX_DOCUMENT_BYTES, maxDepth: 64 };
const KINDS: readonly [LoadedKind, ...LoadedKind[]] = ['catalogue', 'tool'];
const EFFECTS: ReadonlyMap<Json | undefined, Effect> = new Map([
  ['read', 'read'],
  ['write', 'write'],
  ['destructive', 'destructive'],
]);
/** Of a tool whose effect is not known: the document is refused, and this is what its other problems are looked for with. */
const UNKNOWN_EFFECT: Effect = 'destructive';

/**
 * Reads a catalogue document, or one of a single tool. Members that this version does not know are refused, so that a mistyped one cannot
 * pass for set; only in a tool's `definition` everything is kept, as the server decides what stands there. A tool whose effect is only
 * proposed is refused. Names, texts and schemas are not judged here but where documents are compared: see `createConflicts`.
 *
 * @throws CodedError `catalogue.not_json` when it is not strict JSON (the cause says where), `catalogue.invalid` with every problem
 *   and its place.
 */
export function parseCatalogue(bytes: Uint8Array, source: string): ParsedDocument<CatalogueContent> {
  const { problems, document } = readCatalogue(bytes, source);
  if (problems.length > 0) throw invalidDocument('catalogue', source, problems);
  return document;
}

/**
 * The same, and what is wrong is told beside what could be read: for whoever looks for all problems at once.
 *
 * @throws CodedError `catalogue.not_json`
 */
export function readCatalogue(bytes: Uint8Array, source: string): CatalogueReading {
  const value = parseDocumentJson('catalogue', bytes, source, LIMITS);
  const reader = new DocumentReader();
  const isTool = isJsonObject(value) && member(value, 'type') === 'tool';
  const members = [...HEADER_MEMBERS, 'owner', ...(isTool ? ['server', 'tool'] : ['servers'])];
  const document = reader.object(value, '', members);
  const header = readHeader(reader, document, KINDS);
  const what = 'one line of 1 to 512 characters: who answers for the catalogue';
  const owner = reader.text(document, 'owner', '', DOCUMENT_LINE, what);
  const servers = isTool ? readLoneTool(reader, document) : readServers(reader, member(document, 'servers'));
  const tools = servers.flatMap((server) => server.tools);
  const about = {
    servers: servers.map(({ name }) => name),
    tools: tools.map(({ id }) => id),
    planAgents: [],
    environments: [],
    effects: [...new Set(tools.map(({ effect }) => effect))],
  };
  return { problems: reader.problems, document: { header, content: { owner, servers }, about } };
}

function readLoneTool(reader: DocumentReader, document: JsonObject): ListedServer[] {
  const server = reader.object(member(document, 'server'), '/server', ['name', 'source', 'identity']);
  const name = reader.text(server, 'name', '/server', DOCUMENT_NAME, SERVER_NAME);
  const tools = readTool(reader, member(document, 'tool') ?? null, '/tool', name);
  return readServer(reader, name, server, '/server', tools);
}

const SERVER_NAME = 'the name of a server: 1 to 128 visible characters without blanks';

function readServers(reader: DocumentReader, value: Json | undefined): ListedServer[] {
  if (!isJsonObject(value)) {
    reader.problem('/servers', 'must be an object: the name of each server, its identity and its tools');
    return [];
  }
  return Object.keys(value).flatMap((name) => {
    const place = below('/servers', name);
    if (!DOCUMENT_NAME.test(name)) reader.problem(place, `must be ${SERVER_NAME}`);
    const server = reader.object(value[name], place, ['source', 'identity', 'tools']);
    const tools = reader
      .array(member(server, 'tools'), `${place}/tools`, 'an array of tools')
      .flatMap((tool, index) => readTool(reader, tool, `${place}/tools/${index}`, name));
    return readServer(reader, name, server, place, tools);
  });
}

function readServer(
  reader: DocumentReader,
  name: string,
  server: JsonObject,
  place: string,
  tools: readonly ListedTool[],
): ListedServer[] {
  const published = member(server, 'source') !== undefined;
  const source = published
    ? reader.text(server, 'source', place, DOCUMENT_LINE, 'one line: where the definitions were published')
    : '';
  const identity = readIdentity(reader, member(server, 'identity'), `${place}/identity`);
  // A server that is not told from others has problems enough; what stands for its identity is nobody's.
  return [{ name, ...(published && { source }), identity: identity ?? NOBODY, tools, place }];
}

const NOBODY: ServerIdentity = { package: '', digest: 'sha256:' };

function readTool(reader: DocumentReader, value: Json, place: string, server: string): ListedTool[] {
  if (!isJsonObject(value)) {
    reader.problem(place, 'must be an object with version, effect and definition');
    return [];
  }
  const tool = reader.object(value, place, ['version', 'effect', 'proposed_effect', 'definition']);
  const version = reader.text(
    tool,
    'version',
    place,
    DOCUMENT_NAME,
    'a version of 1 to 128 visible characters, such as 1.4.0',
  );
  const effect = readEffect(reader, tool, place);
  const at = `${place}/definition`;
  const definition = reader.object(member(tool, 'definition'), at);
  const what = 'a tool name of 1 to 128 visible characters without blanks';
  const name = reader.text(definition, 'name', at, DOCUMENT_NAME, what);
  const inputSchema = readShape(reader, definition, at);
  const form = canonicalize(definition);
  if (form.length > MAX_DEFINITION_LENGTH) {
    reader.problem(at, `has ${form.length} characters; a definition may have ${MAX_DEFINITION_LENGTH} at most`);
  }
  if (name === '') return [];
  return [{ name, id: `${server}/${name}`, version, effect, definition, inputSchema, digest: sha256(form), place }];
}

/** What an importer proposed is no effect: somebody has to look at the tool. */
function readEffect(reader: DocumentReader, tool: JsonObject, place: string): Effect {
  const effect = EFFECTS.get(member(tool, 'effect'));
  const proposed = member(tool, 'proposed_effect');
  if (proposed !== undefined) {
    const stated = isJsonObject(proposed) ? member(proposed, 'effect') : undefined;
    const quoted = typeof stated === 'string' ? ` "${printable(stated, 20)}"` : '';
    reader.problem(
      `${place}/proposed_effect`,
      `is a proposal${quoted} that nobody has reviewed; look at the tool and put "effect": "read", "write" or "destructive" in its place`,
    );
  }
  if (effect !== undefined) return effect;
  if (proposed === undefined || member(tool, 'effect') !== undefined) {
    reader.problem(`${place}/effect`, 'must be "read", "write" or "destructive"');
  }
  return UNKNOWN_EFFECT;
}

/** The members that MCP gives a meaning and a type to. */
function readShape(reader: DocumentReader, definition: JsonObject, at: string): JsonObject {
  for (const optional of ['title', 'description']) {
    const text = member(definition, optional);
    if (text !== undefined && typeof text !== 'string') reader.problem(`${at}/${optional}`, 'must be a string');
  }
  for (const optional of ['annotations', 'outputSchema']) {
    const object = member(definition, optional);
    if (object !== undefined && !isJsonObject(object)) reader.problem(`${at}/${optional}`, 'must be an object');
  }
  const inputSchema = reader.object(member(definition, 'inputSchema'), `${at}/inputSchema`);
  if (isJsonObject(member(definition, 'inputSchema')) && member(inputSchema, 'type') !== 'object') {
    reader.problem(`${at}/inputSchema/type`, 'must be "object", as MCP has it: the arguments of a call are an object');
  }
  return inputSchema;
}
