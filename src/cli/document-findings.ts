import type { Problem } from '../document/problems.ts';
import { paint, printable, printableJson, type Terminal } from './terminal.ts';

/** What a look at a document found: problems, for which it is refused, and what a person should look at before it is signed. */
export type Findings = { readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] };

/** The findings of one file, named as it was typed. */
export type FileFindings = Findings & { readonly file: string };

/** Tells what was found in all files, as lines or as one JSON object, and ends with 2 where there is any problem. */
export function reportFindings(files: readonly FileFindings[], json: boolean, terminal: Terminal): void {
  const ok = files.every(({ problems }) => problems.length === 0);
  if (json) terminal.out(`${printableJson(JSON.stringify({ ok, files }))}\n`);
  else for (const file of files) terminal.out(findingsText(file, terminal));
  terminal.setExit(ok ? 0 : 2);
}

function findingsText({ file, problems, warnings }: FileFindings, terminal: Terminal): string {
  const counted = [...count(problems, 'problem'), ...count(warnings, 'warning')].join(', ');
  const style = problems.length > 0 ? 'red' : warnings.length > 0 ? 'yellow' : 'green';
  return [
    `${printable(file)}: ${paint(terminal, style, counted === '' ? 'nothing to object to' : counted)}\n`,
    ...problems.map((one) => findingLine('problem', one, terminal)),
    ...warnings.map((one) => findingLine('warning', one, terminal)),
  ].join('');
}

/** One finding as a line. */
export function findingLine(word: 'problem' | 'warning', { place, problem }: Problem, terminal: Terminal): string {
  const where = place === '' ? 'the document' : place;
  return `  ${paint(terminal, word === 'problem' ? 'red' : 'yellow', word)}  ${printable(where)}: ${printable(problem)}\n`;
}

function count(found: readonly Problem[], word: string): readonly string[] {
  return found.length === 0 ? [] : [`${found.length} ${word}${found.length === 1 ? '' : 's'}`];
}
