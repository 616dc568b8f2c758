import type { ActiveDocument, DocumentStanding, IdleDocument } from '../document/shelved.ts';
import type { Milliseconds } from '../model/clock.ts';
import type { DocumentFailure, KnownTool, Signatures } from '../model/facts.ts';
import type { ArgumentsCheck } from '../schema/schema.ts';
import type { ArgumentChecks } from './argument-checks.ts';
import type { CatalogueContent, ListedServer, ListedTool } from './document.ts';

/** What a catalogue is made of: the documents on a shelf. */
export type CatalogueShelf = {
  /** Those that count: the same list while nothing changed. */
  readonly active: () => readonly ActiveDocument<CatalogueContent>[];
  readonly idle: () => readonly IdleDocument<CatalogueContent>[];
  readonly standing: (document: ActiveDocument<CatalogueContent>, time: Milliseconds) => DocumentStanding;
  readonly onChange: (listener: () => void) => () => void;
};

/** A tool that may be asked for. */
export type CatalogueEntry = {
  readonly document: ActiveDocument<CatalogueContent>;
  readonly server: ListedServer;
  readonly tool: ListedTool;
  /** The facts that calls of it had, made once for each kind of call, while its signatures come to the same. */
  facts: { readonly signatures: Signatures; readonly byKind: Map<number, KnownTool> } | undefined;
};

/** A tool that a document lists which does not count. */
export type IdleEntry = { readonly document: IdleDocument<CatalogueContent>; readonly server: ListedServer };

/** All that the documents of a shelf list, by `SERVER/TOOL`, whole. */
export type Catalogue = {
  readonly tools: () => ReadonlyMap<string, CatalogueEntry>;
  /** What the documents list that do not count: of several the one that was withdrawn, else any. */
  readonly idleTools: () => ReadonlyMap<string, IdleEntry>;
  /** Why a document cannot be read; undefined where all can. */
  readonly unreadable: () => readonly DocumentFailure[] | undefined;
  /** Whether an entry's document counts at a time, and with whose signatures. */
  readonly standing: (entry: CatalogueEntry, time: Milliseconds) => DocumentStanding;
  readonly check: (tool: ListedTool) => ArgumentsCheck;
  readonly close: () => void;
};

/**
 * The index of a shelf's documents. What has changed of them is taken in at the next question: a document that came or went costs what
 * it lists, a microsecond or two for each tool; a question while nothing changed costs the same however many there are.
 */
export function createCatalogueIndex(shelf: CatalogueShelf, checks: Pick<ArgumentChecks, 'of'>): Catalogue {
  const tools = new Map<string, CatalogueEntry>();
  let followed: readonly ActiveDocument<CatalogueContent>[] = [];
  let idle: Idle | undefined;
  const end = shelf.onChange(() => {
    idle = undefined;
  });

  function follow(): void {
    const active = shelf.active();
    if (active === followed) return;
    const [before, after] = [new Set(followed), new Set(active)];
    for (const document of before.difference(after)) {
      for (const { id } of toolsOf(document.content)) if (tools.get(id)?.document === document) tools.delete(id);
    }
    for (const document of after.difference(before)) {
      for (const server of document.content.servers) {
        for (const tool of server.tools) tools.set(tool.id, { document, server, tool, facts: undefined });
      }
    }
    followed = active;
  }

  return {
    tools: () => {
      follow();
      return tools;
    },
    idleTools: () => {
      idle ??= readIdle(shelf.idle());
      return idle.tools;
    },
    unreadable: () => {
      idle ??= readIdle(shelf.idle());
      return idle.unreadable;
    },
    standing: ({ document }, time) => shelf.standing(document, time),
    check: checks.of,
    close: end,
  };
}

type Idle = {
  readonly tools: ReadonlyMap<string, IdleEntry>;
  readonly unreadable: readonly DocumentFailure[] | undefined;
};

function readIdle(documents: readonly IdleDocument<CatalogueContent>[]): Idle {
  const tools = new Map<string, IdleEntry>();
  let unreadable: readonly DocumentFailure[] | undefined;
  for (const document of documents) {
    if (document.state === 'superseded') continue;
    if (document.parsed === undefined) unreadable ??= document.failed;
    for (const server of document.parsed?.content.servers ?? []) {
      for (const { id } of server.tools) {
        const known = tools.get(id);
        if (known === undefined || (known.document.state !== 'withdrawn' && document.state === 'withdrawn')) {
          tools.set(id, { document, server });
        }
      }
    }
  }
  return { tools, unreadable };
}

function toolsOf({ servers }: CatalogueContent): readonly ListedTool[] {
  return servers.flatMap(({ tools }) => tools);
}
