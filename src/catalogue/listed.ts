import { printable } from '../model/printable.ts';
import type { CatalogueContent, ListedServer, ListedTool } from './document.ts';
import { keysOfTool, type NameKeys } from './mentions/keys.ts';
import { type Looks, looksOf } from './names/skeleton.ts';

/** A tool where it is listed, with what it is compared with others by. */
export type Listed = {
  /** Where its document came from; for messages. */
  readonly source: string;
  readonly server: ListedServer;
  readonly tool: ListedTool;
  /** What its texts are mentioned by. */
  readonly mentionKeys: NameKeys;
  /** What its name, and its whole id, look like. */
  readonly looks: Looks;
  readonly looksOfId: Looks;
};

/** A document as it is compared with others: its servers, and its tools, in its order. */
export type ListedDocument = {
  readonly source: string;
  readonly servers: readonly ListedServer[];
  readonly tools: readonly Listed[];
};

/** A document's servers and tools, to be compared. */
export function listedIn({ servers }: CatalogueContent, source: string): ListedDocument {
  const tools = servers.flatMap((server) => {
    const [serverLower, serverWritten] = looksOf(server.name);
    return server.tools.map((tool): Listed => {
      const looks = looksOf(tool.name);
      // No character is made of a slash and another one, so that the looks of both parts are those of the whole.
      const looksOfId: Looks = [`${serverLower}/${looks[0]}`, `${serverWritten}/${looks[1]}`];
      return { source, server, tool, mentionKeys: keysOfTool(server.name, tool.name), looks, looksOfId };
    });
  });
  return { source, servers, tools };
}

/** Where something is listed, for messages: the file and the pointer into it. */
export function whereListed(source: string, place: string): string {
  return `${printable(source, 1024)} ${place}`;
}
