// Writes the table of failure codes into docs/signatures.md. `npm run docs:build`; a test compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FAILURES } from '../src/trust/failure.ts';

const BEGIN = '<!-- failures -->';
const END = '<!-- /failures -->';

/** The page with the table as the source has it now. */
export function withFailureTable(page: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`the page has no ${BEGIN} … ${END}`);
  const rows = Object.entries(FAILURES).map(([code, meaning]) => `| \`${code}\` | ${meaning.replaceAll('|', '\\|')} |`);
  const table = ['| code | what it means, and what to do |', '| --- | --- |', ...rows].join('\n');
  return `${page.slice(0, begin)}${BEGIN}\n\n${table}\n\n${page.slice(end)}`;
}

const file = fileURLToPath(new URL('../docs/signatures.md', import.meta.url));
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(file, withFailureTable(readFileSync(file, 'utf8')));
}
