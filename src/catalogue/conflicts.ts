import { invalidDocument } from '../document/problems.ts';
import type { ActiveDocument, DocumentFailureCode, ParsedDocument } from '../document/shelved.ts';
import { type ArgumentChecks, createArgumentChecks } from './argument-checks.ts';
import type { CatalogueContent } from './document.ts';
import { createFindings, type Finding } from './findings.ts';
import { type ListedDocument, listedIn } from './listed.ts';
import {
  type AllowedMentions,
  createMentionIndex,
  createOwnKeys,
  type MentionIndex,
} from './mentions/mention-index.ts';
import { saidIn } from './mentions/said.ts';
import { createNameIndex } from './names/name-index.ts';

/** Why a document may not count beside those that do. */
export type DocumentConflict = { readonly code: DocumentFailureCode; readonly message: string };

/** Refuses documents whose names, texts or schemas may not stand by themselves, or beside those that count. */
export type Conflicts = {
  /**
   * Why the candidate may not count: for the shelf's `conflict`. Undefined where it may. The message tells each place, and with what it
   * conflicts. Which of two documents came first makes no difference.
   *
   * Synchronous: some 50 µs for each of the candidate's tools, and what the compilation of its schemas takes.
   */
  readonly conflict: (
    candidate: ParsedDocument<CatalogueContent> & { readonly source: string },
    active: readonly ActiveDocument<CatalogueContent>[],
  ) => DocumentConflict | undefined;
};

export type ConflictsOptions = {
  /** Default: none. */
  readonly allowedMentions?: AllowedMentions;
  /** Where schemas are compiled: those that look-ups use, so that it is done once. */
  readonly checks?: ArgumentChecks;
};

/** Remembers the documents that count, each by what it is compared by: a candidate costs what it has itself, however many there are. */
export function createConflicts({ allowedMentions = new Map(), checks }: ConflictsOptions = {}): Conflicts {
  const names = createNameIndex();
  const mentions = createMentionIndex(allowedMentions);
  const findings = createFindings(allowedMentions, checks ?? createArgumentChecks());
  const known = new Map<ActiveDocument<CatalogueContent>, ListedDocument>();
  const before: ActiveDocument<CatalogueContent>[] = [];
  /** The last candidate, whose texts were heard: they stay so where it counts by now, else they are forgotten. */
  let pending: { readonly content: CatalogueContent; readonly listed: ListedDocument } | undefined;

  function follow(active: readonly ActiveDocument<CatalogueContent>[]): void {
    const { gone, came } = bringUpToDate(before, active);
    const last = pending;
    pending = undefined;
    if (last !== undefined && !came.some(({ content }) => content === last.content)) mentions.forget(last.listed);
    if (gone.length + came.length === 0) return;
    for (const document of gone) {
      const listed = known.get(document);
      if (listed === undefined) continue;
      known.delete(document);
      names.remove(listed);
      mentions.remove(listed);
    }
    for (const document of came) {
      const isLast = last?.content === document.content;
      const listed = isLast ? last.listed : listedIn(document.content, document.source);
      known.set(document, listed);
      names.add(listed);
      mentions.add(listed);
      if (!isLast) hear(listed, mentions);
    }
  }

  return {
    conflict: (candidate, active) => {
      follow(active);
      const listed = listedIn(candidate.content, candidate.source);
      pending = { content: candidate.content, listed };
      const found: readonly Finding[] = findings(candidate.content, listed, { names, mentions });
      const [first] = found;
      if (first === undefined) return undefined;
      return { code: first.code, message: invalidDocument('catalogue', candidate.source, found).message };
    },
  };
}

function hear(document: ListedDocument, mentions: MentionIndex): void {
  const ownKeys = createOwnKeys(document);
  for (const listed of document.tools) {
    const said = saidIn(listed.tool.definition, ownKeys(listed));
    if (said !== undefined) mentions.hear(listed, said);
  }
}

/** The same for documents that are at hand once. */
export function conflictOf(
  candidate: ParsedDocument<CatalogueContent> & { readonly source: string },
  active: readonly ActiveDocument<CatalogueContent>[],
  options: ConflictsOptions = {},
): DocumentConflict | undefined {
  return createConflicts(options).conflict(candidate, active);
}

/**
 * Makes a list the same as another one, and tells what it has no longer and what it has anew. Only what differs costs more than a look: a
 * list of many is asked about with every document that comes.
 */
function bringUpToDate<Item>(
  list: Item[],
  now: readonly Item[],
): { readonly gone: readonly Item[]; readonly came: readonly Item[] } {
  const [gone, came] = [new Set<Item>(), new Set<Item>()];
  for (const left of list.splice(now.length)) gone.add(left);
  for (let place = differing(list, now, 0); place < now.length; place = differing(list, now, place + 1)) {
    const was = list[place];
    const is = now[place];
    if (is === undefined) continue;
    if (was !== undefined) gone.add(was);
    came.add(is);
    list[place] = is;
  }
  const moved = gone.intersection(came);
  return { gone: [...gone.difference(moved)], came: [...came.difference(moved)] };
}

/** The next place that differs. Hardly anything does, so that this is nearly all of the work. */
function differing<Item>(list: readonly Item[], now: readonly Item[], from: number): number {
  let place = from;
  while (place < now.length && list[place] === now[place]) place += 1;
  return place;
}
