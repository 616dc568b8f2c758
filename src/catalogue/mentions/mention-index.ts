import { createHolders } from '../holders.ts';
import type { Listed, ListedDocument } from '../listed.ts';
import { placeOfText } from '../texts.ts';
import { sayText } from './keys.ts';
import { createPostings } from './postings.ts';
import { isKeyword } from './said.ts';

/** A tool's text that mentions a tool of another server. */
export type Mention = {
  readonly by: Listed;
  /** RFC 6901 pointer to the text, in the document of `by`. */
  readonly place: string;
  readonly mentioned: Listed;
};

/** Mentions that an operator allows: of tools by id (`SERVER/TOOL`), the ids of those that their texts may mention. */
export type AllowedMentions = ReadonlyMap<string, ReadonlySet<string>>;

/** The tools of documents, found by what mentions them. */
export type MentionIndex = {
  /** The names of a document's tools. */
  readonly add: (document: ListedDocument) => void;
  /** What a tool's texts say, by `saidIn`; not asked for in an index that no text is compared with later. */
  readonly hear: (listed: Listed, said: ReadonlyMap<string, boolean>) => void;
  /** Names and texts. */
  readonly remove: (document: ListedDocument) => void;
  /** The texts alone, where the names were not added. */
  readonly forget: (document: ListedDocument) => void;
  /** A tool of another server that the texts of `listed` mention; `said`: what they say. */
  readonly mentionedBy: (listed: Listed, said: ReadonlyMap<string, boolean>) => Mention | undefined;
  /** A text of another server's tool, among those that were heard, that mentions `listed`. */
  readonly mentionOf: (listed: Listed) => Mention | undefined;
};

/**
 * A definition mentions another server's tool where one of its texts says the whole id, `SERVER/TOOL`, with a slash, dot, colon or
 * `__` between; or the tool's name as a whole word, unless its own server has, in the same document, a tool of that name. A name that
 * could be a plain word (no `_`, `-`, `.`, `/`, no digit, no capital within) is mentioned only in quotes or backticks, or beside the word
 * "tool". Compatibility forms, case, what is not seen and homoglyphs make no difference.
 *
 * Adding a document and asking about a tool cost what their own texts do, however many tools there are.
 */
export function createMentionIndex(allowed: AllowedMentions): MentionIndex {
  const names = createHolders<Listed>();
  const plainWords = createHolders<Listed>();
  const postings = createPostings<Listed>();

  function change(what: 'add' | 'remove', { tools }: ListedDocument): void {
    for (const listed of tools) {
      const { keys, isPlainWord } = listed.mentionKeys;
      for (const key of keys) {
        names[what](key, listed);
        if (isPlainWord) plainWords[what](key, listed);
      }
    }
  }

  function isMention(by: Listed, mentioned: Listed): boolean {
    return by.server.name !== mentioned.server.name && allowed.get(by.tool.id)?.has(mentioned.tool.id) !== true;
  }

  return {
    add: (document) => change('add', document),
    hear: postings.add,
    remove: (document) => {
      change('remove', document);
      postings.remove(document.tools);
    },
    forget: (document) => postings.remove(document.tools),
    mentionedBy: (by, said) => {
      for (const [key, strong] of said) {
        for (const mentioned of (strong ? names : plainWords).of(key)) {
          if (isMention(by, mentioned)) return { by, place: placeOf(by, key, strong), mentioned };
        }
      }
      return undefined;
    },
    mentionOf: (mentioned) => {
      const { keys, isPlainWord } = mentioned.mentionKeys;
      for (const key of keys) {
        for (const strong of isPlainWord ? [true, false] : [true]) {
          for (const by of postings.of(key, strong)) {
            if (isMention(by, mentioned)) return { by, place: placeOf(by, key, strong), mentioned };
          }
        }
      }
      return undefined;
    },
  };
}

/** What a server's own tools of a document are mentioned by: its texts may say it. Made once for each server. */
export function createOwnKeys({ tools }: ListedDocument): (listed: Listed) => ReadonlySet<string> {
  const byServer = new Map<string, Set<string>>();
  for (const { server, mentionKeys } of tools) {
    const own = byServer.get(server.name) ?? new Set();
    byServer.set(server.name, own);
    for (const key of mentionKeys.keys) own.add(key);
  }
  return ({ server }) => byServer.get(server.name) ?? new Set();
}

function placeOf({ tool }: Listed, key: string, strong: boolean): string {
  const definition = `${tool.place}/definition`;
  const place = placeOfText(tool.definition, definition, (text, what) => {
    let found = false;
    if (isKeyword(text, what)) return found;
    sayText(text, (said, isStrong) => {
      found ||= said === key && isStrong === strong;
    });
    return found;
  });
  return place ?? definition;
}
