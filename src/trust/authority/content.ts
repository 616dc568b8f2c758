import { type Sha256Digest, sha256 } from '../../model/digest.ts';
import type { DocumentContent } from './scope.ts';

/** Of a document that names nothing and declares no effect: no scope and no highest effect strikes anything. */
export const NO_CONTENT: DocumentContent = Object.freeze({
  servers: Object.freeze([]),
  tools: Object.freeze([]),
  planAgents: Object.freeze([]),
  environments: Object.freeze([]),
  effects: Object.freeze([]),
});

/** Bounds of what is compared with scopes; a document that says more is too large. */
export const CONTENT_LIMITS = {
  /** Distinct names and effects. */
  names: 250_000,
  /** UTF-16 code units of all of them. */
  characters: 33_554_432,
} as const;

/** A copy that no caller can change, each name once. */
export function ownContent(content: DocumentContent): DocumentContent {
  return {
    servers: [...new Set(content.servers)],
    tools: [...new Set(content.tools)],
    planAgents: [...new Set(content.planAgents)],
    environments: [...new Set(content.environments)],
    effects: [...new Set(content.effects)],
  };
}

/** True where there is nothing to compare with a scope. */
export function isEmptyContent(content: DocumentContent): boolean {
  return listsOf(content).every((list) => list.length === 0);
}

/** Why a content is not compared; undefined where it stays within `CONTENT_LIMITS`. */
export function contentProblem(content: DocumentContent): string | undefined {
  const lists = listsOf(content);
  const names = lists.reduce((count, list) => count + list.length, 0);
  if (names > CONTENT_LIMITS.names) return `it names ${names} things; at most ${CONTENT_LIMITS.names} are compared`;
  let characters = 0;
  for (const list of lists) for (const name of list) characters += name.length;
  if (characters <= CONTENT_LIMITS.characters) return undefined;
  return `its names have ${characters} characters; at most ${CONTENT_LIMITS.characters} are compared`;
}

/** SHA-256 over the names, list by list. JSON.stringify tells any two contents apart, and takes 100,000 names in milliseconds. */
export function digestOfContent(content: DocumentContent): Sha256Digest {
  return sha256(JSON.stringify(listsOf(content)));
}

function listsOf({ servers, tools, planAgents, environments, effects }: DocumentContent) {
  return [servers, tools, planAgents, environments, effects] as const;
}
