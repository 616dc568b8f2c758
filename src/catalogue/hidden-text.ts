/** A character that people do not see, and a model reads. */
export type HiddenCharacter = { readonly character: string; readonly what: string };

/**
 * The first character of a text that people do not see though models read it: tags, changes of direction, zero-width and other ignorable
 * characters (UAX #44: Default_Ignorable_Code_Point), control characters besides tab and line ends. Undefined where there is none.
 *
 * What writing needs stays: joiners between letters of scripts that join, or between emoji; one variation selector behind an emoji, an
 * ideograph, a mathematical sign or a Mongolian letter; one direction mark beside a letter that is written from right to left. Of such
 * variation selectors of ideographs, which could carry a byte each, a text holds a few at most.
 */
export function hiddenCharacter(text: string): HiddenCharacter | undefined {
  if (/^[\t\n\r\x20-\x7e]*$/.test(text)) return undefined;
  let selectors = 0;
  for (const { 0: character, index } of text.matchAll(SUSPECT)) {
    const before = lastCharacter(text.slice(Math.max(0, index - 2), index));
    const after = firstCharacter(text.slice(index + character.length, index + character.length + 2));
    if (SELECTOR.test(character)) {
      if (EMOJI_SELECTOR.test(character) && (SYMBOL.test(before) || (/[0-9#*]/.test(before) && after === KEYCAP)))
        continue;
      selectors += 1;
      if (selectors <= MOST_SELECTORS && /[\p{Script_Extensions=Han}\p{Sm}]/u.test(before)) continue;
    }
    if (isNeeded(character, before, after)) continue;
    return { character, what: kindOf(character) };
  }
  return undefined;
}

/** A few rare names in a text have one each. */
const MOST_SELECTORS = 8;
/** And the blank of Braille, which is a letter without a dot. */
const SUSPECT = /(?![\t\n\r])[\p{Default_Ignorable_Code_Point}\p{Cc}\ufff9-\ufffb\u2800]/gu;
const SELECTOR = /[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/u;
const SYMBOL = /[\p{Extended_Pictographic}\p{Emoji_Presentation}\p{S}]/u;
const KEYCAP = '\u20e3';
const EMOJI_SELECTOR = /[\ufe0e\ufe0f]/u;
const DIRECTION_MARK = /[\u200e\u200f\u061c]/u;
const RIGHT_TO_LEFT = scripts('Arabic Hebrew Syriac Thaana Nko Adlam');
const JOINING = scripts(
  'Arabic Syriac Mongolian Nko Adlam Bengali Devanagari Gujarati Gurmukhi Kannada Malayalam Oriya Sinhala Tamil Telugu Khmer Myanmar Tibetan',
);
const MONGOLIAN = scripts('Mongolian');

function isNeeded(character: string, before: string, after: string): boolean {
  switch (character) {
    case '\u200d':
      return (EMOJI_PART.test(before) && /\p{Extended_Pictographic}/u.test(after)) || isLetterOf(JOINING, before);
    case '\u200c':
      return isLetterOf(JOINING, before) && isLetterOf(JOINING, after);
    case '\u180b':
    case '\u180c':
    case '\u180d':
    case '\u180e':
    case '\u180f':
      return isLetterOf(MONGOLIAN, before);
    default:
      return (
        DIRECTION_MARK.test(character) &&
        !SUSPECT_ONE.test(after) &&
        (isLetterOf(RIGHT_TO_LEFT, before) || isLetterOf(RIGHT_TO_LEFT, after))
      );
  }
}

const EMOJI_PART = /[\p{Extended_Pictographic}\p{Emoji_Modifier}]|\ufe0f/u;
const SUSPECT_ONE = new RegExp(SUSPECT.source, 'u');

function isLetterOf(of: RegExp, character: string): boolean {
  return of.test(character) && /[\p{L}\p{M}\p{N}\p{P}]/u.test(character);
}

function scripts(names: string): RegExp {
  return new RegExp(
    `[${names
      .split(' ')
      .map((name) => `\\p{Script_Extensions=${name}}`)
      .join('')}]`,
    'u',
  );
}

function kindOf(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  if (point >= 0xe0000 && point <= 0xe007f) return 'a tag character';
  if (/[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/u.test(character)) return 'a change of direction';
  if (SELECTOR.test(character)) return 'a variation selector where none is needed';
  if (/\p{Cc}/u.test(character)) return 'a control character';
  return 'a character without width';
}

/** A piece of two code units holds the neighbour whole, and at most half of what stands beyond. */
function lastCharacter(piece: string): string {
  return [...piece].at(-1) ?? '';
}

function firstCharacter(piece: string): string {
  return [...piece][0] ?? '';
}
