/** A text of foreign origin made fit for messages: at most `length` characters, nothing invisible, no lone surrogate. */
export function printable(text: string, length: number): string {
  const cut = text.length > length ? `${text.slice(0, length)}…` : text;
  return cut.toWellFormed().replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\u{fffd}');
}
