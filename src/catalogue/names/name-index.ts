import { printable } from '../../model/printable.ts';
import type { ListedServer } from '../document.ts';
import { createHolders } from '../holders.ts';
import { isSameServer } from '../identity.ts';
import { type Listed, type ListedDocument, whereListed } from '../listed.ts';
import { looksOf } from './skeleton.ts';

/** A name that cannot stand beside another one. */
export type NameClash = { readonly code: 'collision' | 'look_alike'; readonly place: string; readonly problem: string };

/** The names of documents' servers and tools, found by what they look like. */
export type NameIndex = {
  readonly add: (document: ListedDocument) => void;
  readonly remove: (document: ListedDocument) => void;
  readonly addServer: (source: string, server: ListedServer) => void;
  readonly addTool: (tool: Listed) => void;
  /** Why a server cannot stand beside those that are in. */
  readonly clashOfServer: (server: ListedServer) => NameClash | undefined;
  /** Why a tool cannot. */
  readonly clashOfTool: (tool: Listed) => NameClash | undefined;
};

type ServerHere = { readonly source: string; readonly server: ListedServer };

/**
 * Compares names: of servers with servers; of whole ids with ids, `SERVER/TOOL`; and of tools with tools, whatever their servers. The
 * same id twice collides, and so does a server that is another one elsewhere. Names that are not the same and look the same (UTS #39) are
 * refused. Tools of different servers may have the same name, hence names also that differ in case alone, where they are ASCII.
 *
 * Of those that are in, no two clash: it is enough to compare with one that looks the same.
 */
export function createNameIndex(): NameIndex {
  const servers = createHolders<ServerHere>();
  const serverLooks = createHolders<ServerHere>();
  const ids = createHolders<Listed>();
  const idLooks = createHolders<Listed>();
  const toolLooks = createHolders<Listed>();
  const here = new WeakMap<ListedServer, ServerHere>();

  function changeServer(what: 'add' | 'remove', source: string, server: ListedServer): void {
    const held = here.get(server) ?? { source, server };
    here.set(server, held);
    servers[what](server.name, held);
    for (const look of looksOf(server.name)) serverLooks[what](look, held);
  }

  function changeTool(what: 'add' | 'remove', listed: Listed): void {
    ids[what](listed.tool.id, listed);
    for (const look of listed.looksOfId) idLooks[what](look, listed);
    for (const look of listed.looks) toolLooks[what](look, listed);
  }

  function change(what: 'add' | 'remove', document: ListedDocument): void {
    for (const server of document.servers) changeServer(what, document.source, server);
    for (const tool of document.tools) changeTool(what, tool);
  }

  return {
    add: (document) => change('add', document),
    remove: (document) => change('remove', document),
    addServer: (source, server) => changeServer('add', source, server),
    addTool: (tool) => changeTool('add', tool),
    clashOfServer: (server) => {
      const known = servers.first(server.name);
      if (known !== undefined && !isSameServer(known.server.identity, server.identity)) {
        const where = whereListed(known.source, known.server.place);
        return {
          code: 'collision',
          place: `${server.place}/identity`,
          problem: `${shown(server.name)} is another server at ${where}; give one of them another name, or correct its identity`,
        };
      }
      for (const look of looksOf(server.name)) {
        const alike = serverLooks.first(look);
        if (alike !== undefined && alike.server.name !== server.name) {
          return lookAlike(server.place, server.name, alike.server.name, whereListed(alike.source, alike.server.place));
        }
      }
      return undefined;
    },
    clashOfTool: (listed) => {
      const { tool, looks, looksOfId } = listed;
      const known = ids.first(tool.id);
      if (known !== undefined) {
        const where = whereListed(known.source, known.tool.place);
        const problem = `${shown(tool.id)} is listed at ${where} as well; a call could mean either, so rename the server or remove one`;
        return { code: 'collision', place: tool.place, problem };
      }
      const place = `${tool.place}/definition/name`;
      for (const look of looksOfId) {
        const alike = idLooks.first(look);
        if (alike !== undefined) {
          return lookAlike(place, tool.id, alike.tool.id, whereListed(alike.source, alike.tool.place));
        }
      }
      for (const look of looks) {
        const alike = toolLooks.first(look);
        if (alike !== undefined && withoutCase(alike.tool.name) !== withoutCase(tool.name)) {
          return lookAlike(place, tool.id, alike.tool.id, whereListed(alike.source, alike.tool.place));
        }
      }
      return undefined;
    },
  };
}

function lookAlike(place: string, name: string, other: string, where: string): NameClash {
  return {
    code: 'look_alike',
    place,
    problem: `${shown(name)} looks like ${shown(other)} at ${where}, and people could take one for the other; rename one, or leave one out`,
  };
}

/** Only of ASCII, where case is all that differs: some letters of other scripts have an ASCII one in lower case. */
function withoutCase(name: string): string {
  return /^[\x21-\x7e]*$/.test(name) ? name.toLowerCase() : name;
}

/** What is not ASCII is shown by its code points too: looking at it tells nothing. */
function shown(name: string): string {
  const text = printable(name, 260);
  if (/^[\x20-\x7e\u2026]*$/.test(text)) return text;
  const foreign = [...new Set(text.match(/[^\x20-\x7e]/gu))].slice(0, 8);
  const points = foreign.map(
    (character) => `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`,
  );
  return `${text} (${points.join(' ')})`;
}
