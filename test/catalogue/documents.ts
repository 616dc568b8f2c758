import { createArgumentChecks } from '../../src/catalogue/argument-checks.ts';
import { type Catalogue, createCatalogueIndex } from '../../src/catalogue/catalogue.ts';
import { type CatalogueContent, parseCatalogue } from '../../src/catalogue/document.ts';
import type { ActiveDocument, DocumentStanding, IdleDocument } from '../../src/document/shelved.ts';
import { sha256 } from '../../src/model/digest.ts';
import type { DocumentFailure, Signatures } from '../../src/model/facts.ts';
import type { Json, JsonObject } from '../../src/model/json.ts';

/** A definition as small as MCP allows. */
export function definition(
  name: string,
  inputSchema: JsonObject = { type: 'object' },
  more: JsonObject = {},
): JsonObject {
  return { name, inputSchema, ...more };
}

/** The identity of a server that every document here has. */
export const IDENTITY = { url: 'https://mcp.example/', key: `sha256:${'ab'.repeat(32)}` };

const HEADER = {
  id: 'test',
  version: 1,
  issued: '2026-11-21T14:03:00Z',
  expires: '2036-11-21T14:03:00Z',
  owner: 'Tests',
};

/** A catalogue document of servers and the tools of each. */
export function document(servers: Readonly<Record<string, readonly JsonObject[]>>, more: JsonObject = {}): JsonObject {
  return {
    type: 'catalogue',
    ...HEADER,
    servers: Object.fromEntries(
      Object.entries(servers).map(([name, tools]) => [name, { identity: IDENTITY, tools: tools.map(reviewed) }]),
    ),
    ...more,
  };
}

/** A document of one tool. */
export function toolDocument(server: string, tool: JsonObject, more: JsonObject = {}): JsonObject {
  return { type: 'tool', ...HEADER, server: { name: server, identity: IDENTITY }, tool: reviewed(tool), ...more };
}

function reviewed(tool: JsonObject): JsonObject {
  return { version: '1', effect: 'read', definition: tool };
}

export function bytes(value: Json): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** A document that was read, and where it came from: what is compared with others. */
export function candidate(value: JsonObject, source = 'c.json') {
  return { ...parseCatalogue(bytes(value), source), source };
}

/** The same, as it counts. */
export function active(value: JsonObject, source = 'c.json'): ActiveDocument<CatalogueContent> {
  const { header, content } = candidate(value, source);
  return { source, header, content, digest: sha256(bytes(value)), bytes: bytes(value), since: 0 };
}

/** The same, as it does not count. `readable` false: it cannot be read. */
export function idle(
  value: JsonObject,
  state: IdleDocument<CatalogueContent>['state'],
  code: string,
  readable = true,
): IdleDocument<CatalogueContent> {
  const { source, ...parsed } = candidate(value, `${code}.json`);
  const failed = [{ code }];
  return { source, state, digest: sha256(bytes(value)), ...(readable && { parsed }), failed, message: code, since: 0 };
}

/** Signatures that count. */
export const SIGNED: Signatures = Object.freeze({
  verified: true,
  by: Object.freeze([Object.freeze({ authority: 'tests', mode: 'keyed' as const })]),
  failed: Object.freeze([]),
});

/** Documents as a shelf holds them; what stands on it may be changed. */
export function shelfOf(...documents: readonly ActiveDocument<CatalogueContent>[]) {
  const listeners = new Set<() => void>();
  const shelf = {
    documents: [...documents] as readonly ActiveDocument<CatalogueContent>[],
    idleDocuments: [] as readonly IdleDocument<CatalogueContent>[],
    failed: new Map<ActiveDocument<CatalogueContent>, readonly DocumentFailure[]>(),
    /** Puts other documents on it. */
    put(
      counting: readonly ActiveDocument<CatalogueContent>[],
      resting: readonly IdleDocument<CatalogueContent>[] = [],
    ) {
      shelf.documents = counting;
      shelf.idleDocuments = resting;
      for (const listener of listeners) listener();
    },
    active: () => shelf.documents,
    idle: () => shelf.idleDocuments,
    standing: (one: ActiveDocument<CatalogueContent>, time: number): DocumentStanding => {
      if (time >= one.header.expires) return { counts: false, failed: [{ code: 'document_expired' }] };
      const failed = shelf.failed.get(one);
      return failed === undefined ? { counts: true, signatures: SIGNED } : { counts: false, failed };
    },
    onChange: (listener: () => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  return shelf;
}

/** A catalogue of documents that all count. */
export function catalogueOf(...values: readonly JsonObject[]): Catalogue {
  return createCatalogueIndex(shelfOf(...values.map((value) => active(value))), createArgumentChecks());
}
