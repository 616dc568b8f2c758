import { below, type Problem } from '../document/problems.ts';
import type { DocumentFailureCode } from '../document/shelved.ts';
import { printable } from '../model/printable.ts';
import type { ArgumentChecks } from './argument-checks.ts';
import type { CatalogueContent } from './document.ts';
import { type HiddenCharacter, hiddenCharacter } from './hidden-text.ts';
import { type Listed, type ListedDocument, whereListed } from './listed.ts';
import {
  type AllowedMentions,
  createMentionIndex,
  createOwnKeys,
  type Mention,
  type MentionIndex,
} from './mentions/mention-index.ts';
import { MOST_WORDS, saidIn } from './mentions/said.ts';
import { createNameIndex, type NameIndex } from './names/name-index.ts';
import { codePoint, nameProblem } from './names/restriction.ts';
import { placeOfText, visitTexts } from './texts.ts';

/** Why a document may not count, with the place in it. */
export type Finding = Problem & { readonly code: DocumentFailureCode };

/** The documents that a document is compared with. */
export type Others = {
  readonly names: Pick<NameIndex, 'clashOfServer' | 'clashOfTool'>;
  /** Hears the document's own texts too, as long as nothing was found: whoever asks forgets them, or adds the document. */
  readonly mentions: Pick<MentionIndex, 'mentionedBy' | 'mentionOf' | 'hear'>;
};

/** Whoever reads a hundred of them has a hundred things to do. */
const MOST_FINDINGS = 100;

/**
 * Looks for what is wrong with a document that could be read: by itself, and beside others where there are any. At most some hundred
 * findings, the gravest first, so that of two documents either is refused for the same.
 */
export function createFindings(
  allowed: AllowedMentions,
  checks: Pick<ArgumentChecks, 'problems'>,
): (content: CatalogueContent, listed: ListedDocument, others?: Others) => readonly Finding[] {
  return (content, listed, others) => {
    const found = [...inNames(listed, others), ...inTexts(listed, allowed, others)];
    if (found.length > 0) return found.sort((one, other) => rank(one) - rank(other));
    // Compiling takes longest, and a document with other problems comes back.
    return checks.problems(content).map((problem) => ({ code: 'document_invalid', ...problem }));
  };
}

const GRAVEST = ['collision', 'look_alike', 'hidden_text', 'mentions_other_server'];

function rank({ code }: Finding): number {
  const place = GRAVEST.indexOf(code);
  return place < 0 ? GRAVEST.length : place;
}

/** Names by themselves, against those of the document before them, and against others. */
function inNames({ source, servers, tools }: ListedDocument, others: Others | undefined): Finding[] {
  const found: Finding[] = [];
  const own = createNameIndex();
  for (const server of servers) {
    const problem = nameProblem(server.name);
    if (problem !== undefined) found.push(restricted(server.place, server.name, problem));
    const clash = own.clashOfServer(server) ?? others?.names.clashOfServer(server);
    if (clash !== undefined) found.push(clash);
    own.addServer(source, server);
  }
  for (const listed of tools) {
    if (found.length >= MOST_FINDINGS) return found;
    const { name, place } = listed.tool;
    const problem = nameProblem(name);
    if (problem !== undefined) found.push(restricted(`${place}/definition/name`, name, problem));
    const clash = own.clashOfTool(listed) ?? others?.names.clashOfTool(listed);
    if (clash !== undefined) found.push(clash);
    own.addTool(listed);
  }
  return found;
}

function restricted(place: string, name: string, problem: string): Finding {
  return {
    code: 'look_alike',
    place,
    problem: `the name ${printable(name, 140)} ${problem}; it could be taken for another one, so rename it`,
  };
}

/** What definitions hide, and whom they mention. */
function inTexts(document: ListedDocument, allowed: AllowedMentions, others: Others | undefined): Finding[] {
  const found: Finding[] = [];
  const own = createMentionIndex(allowed);
  const ownKeys = createOwnKeys(document);
  own.add(document);
  for (const listed of document.tools) {
    if (found.length >= MOST_FINDINGS) return found;
    const hidden = hiddenIn(listed);
    if (hidden !== undefined) found.push(hidden);
    const said = saidIn(listed.tool.definition, ownKeys(listed));
    if (said === undefined) {
      found.push({
        code: 'document_invalid',
        place: `${listed.tool.place}/definition`,
        problem: `says more than ${MOST_WORDS} different words, too many to be looked through for mentions; shorten it`,
      });
      continue;
    }
    const mention = own.mentionedBy(listed, said) ?? others?.mentions.mentionedBy(listed, said);
    if (mention !== undefined) found.push(mentioning(mention));
    const heard = others?.mentions.mentionOf(listed);
    if (heard !== undefined) found.push(mentioned(heard));
    if (found.length === 0) others?.mentions.hear(listed, said);
  }
  return found;
}

function hiddenIn({ tool: { definition, place } }: Listed): Finding | undefined {
  let hidden: HiddenCharacter | undefined;
  visitTexts(definition, (text) => {
    hidden ??= hiddenCharacter(text);
  });
  if (hidden === undefined) return undefined;
  const at = `${place}/definition`;
  return {
    code: 'hidden_text',
    place: placeOfText(definition, at, (text) => hiddenCharacter(text) !== undefined) ?? at,
    problem: `holds ${codePoint(hidden.character)}, ${hidden.what}: people do not see it, and a model reads it; remove it`,
  };
}

const REMEDY = 'an agent could be led from one to the other; reword it, or name both in catalogue.allowed_mentions';

function mentioning({ by, place, mentioned: other }: Mention): Finding {
  const where = whereListed(other.source, other.tool.place);
  return {
    code: 'mentions_other_server',
    place,
    problem: `a text of ${printable(by.tool.id, 260)} mentions ${printable(other.tool.id, 260)} of another server at ${where}; ${REMEDY}`,
  };
}

function mentioned({ by, place, mentioned: other }: Mention): Finding {
  return {
    code: 'mentions_other_server',
    place: below(other.tool.place, 'definition'),
    problem: `${printable(other.tool.id, 260)} is mentioned by a text of ${printable(by.tool.id, 260)}, of another server, at ${whereListed(by.source, place)}; ${REMEDY}`,
  };
}
