import { RE2JS } from 're2js';
import type { TextMatch } from './authority.ts';

/** Characters of a text or pattern that the configuration compares with. */
export const MAX_TEXT = 1024;
/** Of the compiled pattern: bounded repetitions multiply (`(.{99}){99}`), and matching costs at worst length times program. */
const MAX_PROGRAM = 4096;
/** What is compared with a pattern at most: identities in certificates are far shorter. */
const MAX_SUBJECT = 8192;

const PRINTABLE_ASCII = /^[\x20-\x7e]+$/;

/** True for text that an identity may consist of: the library takes a byte of 0x80 and more for its ASCII twin. */
export function isPrintableAscii(text: string): boolean {
  return PRINTABLE_ASCII.test(text);
}

/**
 * What is wrong with a pattern, or undefined: it must be RE2 (no look-around, no back-references), begin with `^` and end with `$` as
 * anchors of the whole of it, and hold no other anchor, no flags, no alternation outside of a group (`^a|b$` is anchored at one end only).
 */
export function patternProblem(pattern: string): string | undefined {
  if (pattern.length > MAX_TEXT) return `must have ${MAX_TEXT} characters at most`;
  if (!pattern.startsWith('^') || !pattern.endsWith('$')) {
    return 'must begin with ^ and end with $: a pattern that is found anywhere matches what others prepare';
  }
  if (!isPrintableAscii(pattern)) return 'must be printable ASCII: identities are nothing else';
  const inner = pattern.slice(1, -1);
  return structureProblem(inner) ?? compileProblem(inner);
}

/** Walks over the pattern once, as RE2 would read it. What it does not know for sure, it refuses. */
function structureProblem(inner: string): string | undefined {
  let depth = 0;
  let at = 0;
  while (at < inner.length) {
    const character = inner.charAt(at);
    if (character === '\\') {
      const escaped = inner.charAt(at + 1);
      if (escaped === '') return 'must end with $ as an anchor; \\$ stands for the character';
      if (/[AzZbBQEpPCG]/.test(escaped)) return `must not hold \\${escaped}; write out what is meant`;
      at += 2;
    } else if (character === '[') {
      const end = classEnd(inner, at);
      if (end === undefined) return 'has a [ that is not closed';
      at = end;
    } else {
      if (character === '^' || character === '$')
        return 'must hold ^ and $ at its ends alone; \\$ stands for the character';
      if (character === '(') {
        if (inner.startsWith('(?', at) && !inner.startsWith('(?:', at)) {
          return 'must not hold (? but for (?:…): flags and look-around change what the anchors mean';
        }
        depth += 1;
      }
      if (character === ')') depth -= 1;
      if (depth < 0) return 'has a ) without its (';
      if (character === '|' && depth === 0) {
        return 'must have its alternatives in a group, ^(?:a|b)$: each of those in ^a|b$ is anchored at one end only';
      }
      at += 1;
    }
  }
  return depth > 0 ? 'has a ( that is not closed' : undefined;
}

/** Behind the `]` that closes the class which begins here. `[]…]` and `[^]…]` hold a bracket as their first character. */
export function classEnd(inner: string, start: number): number | undefined {
  let at = start + 1;
  if (inner.charAt(at) === '^') at += 1;
  if (inner.charAt(at) === ']') at += 1;
  while (at < inner.length) {
    const character = inner.charAt(at);
    if (character === ']') return at + 1;
    if (character === '\\') at += 2;
    else if (inner.startsWith('[:', at)) {
      const end = inner.indexOf(':]', at + 2);
      at = end < 0 ? at + 1 : end + 2;
    } else at += 1;
  }
  return undefined;
}

function compileProblem(inner: string): string | undefined {
  try {
    // By itself as well: whatever the walk above overlooked must not close the group around it.
    RE2JS.compile(inner);
    return compile(inner).programSize() > MAX_PROGRAM ? 'repeats too much; make its repetitions shorter' : undefined;
  } catch {
    return 'is no RE2 expression: look-around and back-references are not known there';
  }
}

function compile(inner: string): RE2JS {
  return RE2JS.compile(`\\A(?:${inner})\\z`);
}

/**
 * Compiles a text or pattern of the configuration: the whole of what is compared must match, in linear time, and nothing but printable
 * ASCII does.
 *
 * @throws TypeError for a pattern that `patternProblem` refuses: it stands in no checked configuration
 */
export function compileText(match: TextMatch): (text: string) => boolean {
  if ('exact' in match) {
    const { exact } = match;
    return (text) => text === exact && isPrintableAscii(text);
  }
  const problem = patternProblem(match.pattern);
  if (problem !== undefined) throw new TypeError(`the pattern ${problem}`);
  const expression = compile(match.pattern.slice(1, -1));
  return (text) => text.length <= MAX_SUBJECT && isPrintableAscii(text) && expression.matches(text);
}
