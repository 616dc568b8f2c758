import { rfc3339 } from '../model/clock.ts';
import type { DocumentMemory } from '../trust/freshness/document-memory.ts';
import type { Remembered } from '../trust/freshness/list.ts';
import type { LogMemory } from '../trust/freshness/log-memory.ts';
import { paint, printable, type Terminal } from './terminal.ts';

/** What is remembered, as a reader sees it: a table of logs, those that are distrusted in full, a table of documents. */
export function rememberedText({ logs, documents, more }: Remembered, terminal: Terminal): string {
  const parts = [
    logs.length === 0
      ? 'No logs are remembered.\n'
      : table(['LOG', 'KEY', 'LIVE', 'SEEN', 'REMEMBERED', 'PROVED', 'STATE'], logs.map(logRow)),
    ...logs.map((log) => distrustText(log, terminal)),
    documents.length === 0
      ? 'No documents are remembered.\n'
      : `\n${table(['KIND', 'DOCUMENT', 'AUTHORITIES', 'LOGS', 'TIMESTAMPS', 'SCTS', 'MARKS', 'ATTESTATIONS'], documents.map(documentRow))}`,
    more ? 'There are more documents; raise --limit.\n' : '',
  ];
  return parts.join('');
}

function logRow({ logId, origin, trees, live, distrust }: LogMemory): string[] {
  return [
    origin,
    logId.slice(0, 16),
    live === undefined ? '–' : live.size.toString(),
    live === undefined ? '–' : rfc3339(live.time),
    `${trees.length}`,
    `${trees.filter(({ proved }) => proved).length}`,
    distrust === undefined ? 'believed' : distrust.code,
  ];
}

function distrustText({ logId, origin, distrust }: LogMemory, terminal: Terminal): string {
  if (distrust === undefined) return '';
  const [one, other] = distrust.trees;
  const head = `${origin} (${logId}) is not believed since ${distrust.time}: ${distrust.code}`;
  return `${paint(terminal, 'red', printable(head))}\n  size ${one.size}  root ${one.root}\n  size ${other.size}  root ${other.root}\n`;
}

function documentRow({ kind, name, document, proofs, marks }: DocumentMemory): string[] {
  const counts = [proofs?.authorities, proofs?.logs, proofs?.timestamps, proofs?.scts];
  return [
    kind,
    name ?? document,
    ...counts.map((count) => `${count ?? '–'}`),
    marks.map(({ origin, size }) => `${origin}: ${size}`).join(', ') || '–',
    proofs?.attestations.join(', ') || '–',
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows].map((row) => row.map(printable));
  const widths = head.map((_, place) => Math.max(...lines.map((line) => line[place]?.length ?? 0)));
  return lines
    .map(
      (line) =>
        `${line
          .map((cell, place) => cell.padEnd(widths[place] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
