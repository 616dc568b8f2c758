/** What a text says word by word: runs of names' characters, as people would take them for one word, in their order. */
export type Word = {
  /** Its parts, as `server/tool`, `server.tool` and `mcp__server__tool` have them; hyphens and single underscores part nothing. */
  readonly segments: readonly string[];
  /** It stands in quotes or backticks, or beside the word "tool". */
  readonly marked: boolean;
};

/**
 * A text as its reader has it: compatibility forms are resolved (NFKC), what is not seen is gone, an escape that was escaped once more, as
 * `\\n` in JSON, is the blank that it stands for, Markdown's escapes and emphasis are taken off, and the signs that names hold stand for
 * themselves, however they are encoded.
 */
export function readable(text: string): string {
  const plain = WRITTEN_OTHERWISE.test(text) ? unwritten(text) : text;
  return ASCII.test(plain) ? plain : plain.normalize('NFKC').replace(UNSEEN, '');
}

const WRITTEN_OTHERWISE = /[\\*&%\u2017\u203f\u2040\ufe4d-\ufe4f]/;

function unwritten(text: string): string {
  return text
    .replace(/\\[nrt]/g, ' ')
    .replace(/\\([_*./:#-])/g, '$1')
    .replace(/&#(?:95|x5f);|&lowbar;|%5f|[\u2017\u203f\u2040\ufe4d-\ufe4f]/gi, '_')
    .replace(/&#(?:45|x2d);|&hyphen;|%2d/gi, '-')
    .replace(/&#(?:47|x2f);|&sol;|%2f/gi, '/')
    .replace(/(?<=[\p{L}\p{N}_-])\*{1,3}(?=[\p{L}\p{N}_-])/gu, '');
}

const ASCII = /^\p{ASCII}*$/u;
const UNSEEN = /\p{Default_Ignorable_Code_Point}/gu;
const LETTER = /[\p{L}\p{M}\p{N}]/u;

/** The words of a text that `readable` made. One pass. */
export function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  let previous: { readonly end: number; readonly isTool: boolean } | undefined;
  let at = 0;
  while (at < text.length) {
    const width = letterAt(text, at);
    if (width === 0) {
      at += 1;
      continue;
    }
    const start = at;
    const segments: string[] = [];
    for (;;) {
      const end = segmentEnd(text, at);
      segments.push(text.slice(at, end));
      const next = nextSegment(text, end);
      at = end;
      if (next === undefined) break;
      at = next;
    }
    const isTool = segments.length === 1 && /^tools?$/i.test(segments[0] ?? '');
    const afterTool = previous?.isTool === true && isGap(text, previous.end, start);
    if (isTool) markBefore(words, text, previous?.end, start);
    words.push({ segments, marked: afterTool || isQuoted(text, start, at) });
    previous = { end: at, isTool };
  }
  return words;
}

/** The word before the word "tool" is marked by it. */
function markBefore(words: Word[], text: string, end: number | undefined, start: number): void {
  const last = words.at(-1);
  if (last !== undefined && end !== undefined && isGap(text, end, start))
    words[words.length - 1] = { ...last, marked: true };
}

/** How many code units the letter, mark or digit at a place has; 0 where there is none. */
function letterAt(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  if (unit < 0x80) {
    return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a) || (unit >= 0x30 && unit <= 0x39) ? 1 : 0;
  }
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
  return LETTER.test(character) ? character.length : 0;
}

/** Letters, with single underscores and hyphens between them. */
function segmentEnd(text: string, start: number): number {
  let at = start;
  for (;;) {
    const width = letterAt(text, at);
    if (width > 0) {
      at += width;
      continue;
    }
    const unit = text[at];
    if ((unit !== '_' && unit !== '-') || at + 1 >= text.length || letterAt(text, at + 1) === 0) return at;
    at += 1;
  }
}

const JOINER = /[./:#\\_-]/;

/** Where the next segment of the same word begins: behind one or two signs that join, such as `/`, `.`, `::`, `__`. */
function nextSegment(text: string, end: number): number | undefined {
  let at = end;
  while (at < end + 2 && JOINER.test(text[at] ?? '')) at += 1;
  return at > end && at < text.length && letterAt(text, at) > 0 ? at : undefined;
}

const OPENING = new Set(['"', "'", '`', '“', '‘', '«', '‹', '„', '‚', '「', '『']);
const CLOSING = new Set(['"', "'", '`', '”', '’', '“', '‘', '»', '›', '」', '』', '(']);

/** Also as a call: what opens is a quote, and what follows may be a bracket. */
function isQuoted(text: string, start: number, end: number): boolean {
  return OPENING.has(text[start - 1] ?? '') && CLOSING.has(text[end] ?? '');
}

/** Nothing but blanks, quotes, emphasis or a colon stands between. */
function isGap(text: string, from: number, to: number): boolean {
  return to - from <= 4 && /^[\s"'`“”‘’«»*:]+$/.test(text.slice(from, to));
}
