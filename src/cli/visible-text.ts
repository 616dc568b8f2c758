/** What nobody sees, or sees as a plain blank: controls, formats, fillers, variation selectors, unassigned and private characters. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/gu;
const WORD = /[\p{L}\p{M}]+/gu;
const LATIN = /\p{Script=Latin}/u;
const FOREIGN = /(?!\p{Script=Latin}|\p{Script=Common}|\p{Script=Inherited})\p{L}/gu;

/**
 * A foreign text for a reviewer: characters that are not seen, and letters of another script within a word of Latin ones (`pаypal` with a
 * Cyrillic а), stand as `\u{HEX}`, a line end as `\n`, or as it is where `lines` is true.
 */
export function visibleText(text: string, { lines = false } = {}): string {
  return text
    .replace(WORD, (word) => (LATIN.test(word) ? word.replace(FOREIGN, escaped) : word))
    .replace(UNSEEN, (character) => (character === '\n' ? (lines ? '\n' : '\\n') : escaped(character)));
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
