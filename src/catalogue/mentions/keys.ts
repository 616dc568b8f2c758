import { looksOf } from '../names/skeleton.ts';
import { readable, type Word, wordsOf } from './words.ts';

/** What texts and names are compared by. A text mentions a name where it says one of the name's keys. */
export type NameKeys = {
  readonly keys: readonly string[];
  /** The name is a single word that is told from plain words by a capital within alone, so that any spelling of it mentions it. */
  readonly isPlainWord: boolean;
};

/** Takes what a text says. `strong`: it is distinctive, or marked as a name; else it is a plain word among others. */
export type Say = (key: string, strong: boolean) => void;

/** More segments of a name than these are not compared: the last ones count. */
const MOST_SEGMENTS = 6;
/** Shorter plain words are passed over. */
const SHORTEST_PLAIN = 4;

/** The keys of a server's tool: of its name, and of its whole id. */
export function keysOfTool(server: string, tool: string): NameKeys {
  const name = keyOfName(tool);
  const id = keyOfName(`${server}/${tool}`);
  const keys = new Set<string>();
  for (const key of [name, id]) {
    if (key !== undefined) keys.add(key).add(lookingLike(key));
  }
  const isPlainWord =
    name !== undefined && name.length >= SHORTEST_PLAIN && /\p{Ll}\p{Lu}/u.test(tool) && !isDistinctive(name);
  return { keys: [...keys], isPlainWord };
}

/** The key of a name alone: the last of its segments, in lower case. Undefined where it holds no letter and no digit. */
export function keyOfName(name: string): string | undefined {
  const longest = wordsOf(readable(name)).reduce<Word | undefined>(
    (best, word) => (best !== undefined && lengthOf(best) >= lengthOf(word) ? best : word),
    undefined,
  );
  return longest?.segments.slice(-MOST_SEGMENTS).join('/').toLowerCase();
}

function lengthOf({ segments }: Word): number {
  return segments.reduce((sum, segment) => sum + segment.length + 1, 0);
}

/** Says all that a text could mention a name by. */
export function sayText(text: string, say: Say): void {
  for (const word of wordsOf(readable(text))) sayWord(word, say);
}

function sayWord({ segments, marked }: Word, say: Say): void {
  const single = segments.length === 1;
  for (let first = 0; first < segments.length; first += 1) {
    const segment = segments[first] ?? '';
    saySegment(segment, single && marked, say);
    let joined = segment;
    for (let last = first + 1; last < Math.min(segments.length, first + MOST_SEGMENTS); last += 1) {
      joined += `/${segments[last]}`;
      sayKey(joined, true, say);
    }
  }
}

function saySegment(segment: string, marked: boolean, say: Say): void {
  sayKey(segment, marked, say);
  if (segment.includes('-') && segment.includes('_')) {
    for (const part of segment.split('-')) if (part.includes('_')) sayKey(part, false, say);
  }
  if (ASCII.test(segment)) return;
  // Scripts that set no blanks between words; and an emphasis that runs into the word.
  for (const [part] of segment.matchAll(/[A-Za-z0-9_-]{2,}/g)) sayKey(part.replace(/^[_-]+|[_-]+$/g, ''), false, say);
}

function sayKey(spelled: string, marked: boolean, say: Say): void {
  const key = spelled.toLowerCase();
  const strong = marked || isDistinctive(key);
  if (!strong && key.length < SHORTEST_PLAIN) return;
  say(key, strong);
  if (ASCII.test(key)) return;
  const seen = lookingLike(key);
  say(seen, strong || isDistinctive(seen));
}

/** Homoglyphs in a text mention what they look like. Another alphabet's keys, as `m` looks like `rn` and no text that says `m` says `rn`. */
function lookingLike(key: string): string {
  return `~${looksOf(key)[0]}`;
}

/** No plain word: joined of several, or with a digit. */
function isDistinctive(key: string): boolean {
  return /[_./-]/.test(key) || (/\d/.test(key) && /\p{L}/u.test(key));
}

const ASCII = /^\p{ASCII}*$/u;
