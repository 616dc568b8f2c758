import { CodedError } from '../errors.ts';
import { parseRfc3339 } from '../model/clock.ts';
import { type Sha256Digest, sha256 } from '../model/digest.ts';
import type { Effect } from '../model/facts.ts';
import { isJsonObject, type Json, type JsonObject, member } from '../model/json.ts';
import { printable } from '../model/printable.ts';
import { parseStrictJson } from '../model/strict-json.ts';
import { below, invalidCatalogue, type Problem } from './problems.ts';

/** A tool as a catalogue lists it. */
export type ListedTool = {
  readonly name: string;
  /** The version of the server (or tool) whose definition this is. */
  readonly version: string;
  readonly effect: Effect;
  /** The whole tool object as the server lists it (MCP `Tool`), unknown members kept: all of it is digested. */
  readonly definition: JsonObject;
  /** The definition's own JSON Schema of the arguments. */
  readonly inputSchema: JsonObject;
  /** RFC 6901 pointer to the tool in its document. */
  readonly place: string;
};

/** A server's tools under the name by which this deployment knows the server. */
export type ListedServer = { readonly name: string; readonly tools: readonly ListedTool[] };

/** A catalogue document: whole definitions of the tools of one or more MCP servers, with their effects. */
export type CatalogueDocument = {
  /** Where it was read from; for messages. */
  readonly source: string;
  /** Stays the same over all versions of the document. */
  readonly id: string;
  /** Counts up. */
  readonly version: number;
  /** RFC 3339. */
  readonly issued: string;
  readonly owner: string;
  readonly servers: readonly ListedServer[];
  /** SHA-256 of the bytes. */
  readonly digest: Sha256Digest;
  /** The bytes themselves, to be kept beside a log whose records name the digest. */
  readonly bytes: Uint8Array;
};

/** 64 MiB hold some ten thousands of tools. */
export const MAX_DOCUMENT_BYTES = 67_108_864;
/** Definitions nest less than 64 deep. */
const LIMITS = { maxBytes: MAX_DOCUMENT_BYTES, maxDepth: 64 };
/** Nothing invisible and no blank: two names that look alike must not differ by a zero-width character. */
const NAME = /^[^\p{C}\p{Z}]{1,128}$/u;
/** One line of text. */
const LINE = /^[^\p{C}\p{Zl}\p{Zp}]{1,512}$/u;
const EFFECTS: ReadonlyMap<Json | undefined, Effect> = new Map([
  ['read', 'read'],
  ['write', 'write'],
  ['destructive', 'destructive'],
]);

/**
 * Reads a catalogue document. Members that this version does not know are refused, so that a mistyped one cannot pass for set; only
 * in a tool's `definition` everything is kept, as the server decides what stands there.
 *
 * @throws CodedError `catalogue.not_json` when it is not strict JSON (the cause says where), `catalogue.invalid` with every problem
 *   and its place.
 */
export function parseCatalogue(bytes: Uint8Array, source: string): CatalogueDocument {
  let value: Json;
  try {
    value = parseStrictJson(bytes, LIMITS);
  } catch (cause) {
    const why = cause instanceof CodedError ? cause.message : 'it cannot be parsed';
    throw new CodedError('catalogue.not_json', `${source} is not strict JSON: ${why}`, { cause, detail: { source } });
  }
  const reader = new Reader();
  const document = reader.object(value, '', ['type', 'id', 'version', 'issued', 'owner', 'servers']);
  if (member(document, 'type') !== 'catalogue') reader.problem('/type', 'must be "catalogue"');
  const id = reader.text(document, 'id', '', NAME, 'a name of 1 to 128 visible characters without blanks');
  const version = member(document, 'version');
  if (typeof version !== 'number' || !Number.isSafeInteger(version) || version < 1) {
    reader.problem('/version', 'must be a whole number from 1 on; it counts the versions of this id');
  }
  const issued = reader.text(document, 'issued', '', LINE, 'a time as RFC 3339 has it');
  if (issued !== '' && parseRfc3339(issued) === undefined) {
    reader.problem('/issued', 'must be a time as RFC 3339 has it, such as 2026-11-21T14:03:00Z');
  }
  const owner = reader.text(
    document,
    'owner',
    '',
    LINE,
    'one line of 1 to 512 characters: who answers for the catalogue',
  );
  const servers = readServers(reader, member(document, 'servers'));
  if (reader.problems.length > 0 || typeof version !== 'number') throw invalidCatalogue(source, reader.problems);
  return { source, id, version, issued, owner, servers, digest: sha256(bytes), bytes };
}

function readServers(reader: Reader, value: Json | undefined): ListedServer[] {
  if (!isJsonObject(value)) {
    reader.problem('/servers', 'must be an object: the name of each server and its tools');
    return [];
  }
  return Object.keys(value).map((name) => {
    const place = below('/servers', name);
    if (!NAME.test(name)) reader.problem(place, 'a server is named by 1 to 128 visible characters without blanks');
    const server = reader.object(value[name], place, ['source', 'tools']);
    if (member(server, 'source') !== undefined) {
      reader.text(server, 'source', place, LINE, 'one line: where the definitions were published');
    }
    const tools = member(server, 'tools');
    if (!Array.isArray(tools)) reader.problem(`${place}/tools`, 'must be an array of tools');
    const listed = isArray(tools)
      ? tools.flatMap((tool, index) => readTool(reader, tool, below(`${place}/tools`, index)))
      : [];
    return { name, tools: listed };
  });
}

function readTool(reader: Reader, value: Json, place: string): ListedTool[] {
  if (!isJsonObject(value)) {
    reader.problem(place, 'must be an object with version, effect and definition');
    return [];
  }
  const tool = reader.object(value, place, ['version', 'effect', 'definition']);
  const version = reader.text(tool, 'version', place, NAME, 'a version of 1 to 128 visible characters, such as 1.4.0');
  const effect = EFFECTS.get(member(tool, 'effect'));
  if (effect === undefined) reader.problem(`${place}/effect`, 'must be "read", "write" or "destructive"');
  const at = `${place}/definition`;
  const definition = reader.object(member(tool, 'definition'), at);
  const name = reader.text(definition, 'name', at, NAME, 'a tool name of 1 to 128 visible characters without blanks');
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
  return effect === undefined ? [] : [{ name, version, effect, definition, inputSchema, place }];
}

/** Narrows a document and gathers what is wrong with it, so that all of it is told at once. What failed reads as empty. */
class Reader {
  readonly problems: Problem[] = [];

  problem(place: string, problem: string): void {
    this.problems.push({ place, problem });
  }

  /** An object; with `known`, one that has no other members. */
  object(value: Json | undefined, place: string, known?: readonly string[]): JsonObject {
    if (!isJsonObject(value)) {
      this.problem(place, value === undefined ? 'is missing: must be an object' : 'must be an object');
      return {};
    }
    if (known !== undefined) {
      for (const name of Object.keys(value)) {
        if (!known.includes(name)) {
          this.problem(
            below(place, name),
            `is not known here; known are ${known.join(', ')}. Remove it or correct its name`,
          );
        }
      }
    }
    return value;
  }

  text(object: JsonObject, name: string, place: string, form: RegExp, what: string): string {
    const value = member(object, name);
    if (typeof value === 'string' && form.test(value)) return value;
    const found = typeof value === 'string' ? `, not ${JSON.stringify(printable(value, 80))}` : '';
    this.problem(`${place}/${name}`, `must be ${what}${found}`);
    return '';
  }
}

function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
