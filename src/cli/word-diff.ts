import { diffWordsWithSpace } from 'diff';
import { paint, type Terminal } from './terminal.ts';
import { visibleText } from './visible-text.ts';

/** What differs in more words than so is told as a whole: nobody could follow it word by word. */
const MOST_EDITS = 1000;
/** Characters that are shown around what changed. */
const AROUND = 60;

/**
 * Two versions of a text as one, word by word: what went as `[-…-]`, what came as `{+…+}`, in red and green where there are colours. What
 * stays the same is shortened, what changed is shown whole, with what hides in it.
 *
 * @param indent stands before the second and every later line
 */
export function wordDiff(from: string, to: string, indent: string, terminal: Terminal): string {
  const parts = diffWordsWithSpace(from, to, { maxEditLength: MOST_EDITS }) ?? [
    { removed: true, added: false, value: from },
    { removed: false, added: true, value: to },
  ];
  return parts
    .map(({ removed, added, value }, place) => {
      if (removed) return gone(visibleText(value), terminal);
      if (added) return come(visibleText(value), terminal);
      return shortened(value, place > 0, place < parts.length - 1).replaceAll('\n', `\n${indent}`);
    })
    .join('');
}

/** What is no longer there. */
export function gone(text: string, terminal: Terminal): string {
  return paint(terminal, 'red', `[-${text}-]`);
}

/** What was not there before. */
export function come(text: string, terminal: Terminal): string {
  return paint(terminal, 'green', `{+${text}+}`);
}

function shortened(text: string, hasBefore: boolean, hasAfter: boolean): string {
  const [head, tail] = [hasBefore ? AROUND : 0, hasAfter ? AROUND : 0];
  if (text.length <= head + tail + 10) return visibleText(text, { lines: true });
  const end = tail === 0 ? '' : text.slice(-tail);
  return visibleText(`${text.slice(0, head)} … ${end}`.toWellFormed(), { lines: true });
}
