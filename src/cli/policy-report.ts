import type { PolicyTest, PolicyTests } from '../policy/test.ts';
import { paint, printable, type Terminal } from './terminal.ts';

type TestSummary = {
  readonly total: number;
  readonly passed: number;
  /** Lines that tests reached, of all that count; 0 where none count. Percent. */
  readonly percent: number;
};

export function summarise({ tests, coverage }: PolicyTests): TestSummary {
  const lines = coverage.reduce((sum, { total }) => sum + total, 0);
  const covered = coverage.reduce((sum, file) => sum + file.covered, 0);
  return {
    total: tests.length,
    passed: tests.filter(({ outcome }) => outcome === 'pass').length,
    percent: lines === 0 ? 0 : (100 * covered) / lines,
  };
}

/** What the user reads: each test that did not pass and why, then coverage file by file, then the sums. */
export function describeTests(tests: PolicyTests, summary: TestSummary, coverage: boolean, terminal: Terminal): string {
  const parts = tests.tests.filter(({ outcome }) => outcome !== 'pass').map((test) => describeTest(test, terminal));
  if (coverage) {
    const width = Math.max(0, ...tests.coverage.map(({ file }) => file.length));
    parts.push(
      ...tests.coverage.map(({ file, covered, total, missing }) => {
        const share = total === 0 ? '     –' : `${((100 * covered) / total).toFixed(1).padStart(5)} %`;
        return `${printable(file).padEnd(width)}  ${share}${missing.length === 0 ? '' : `  lines ${ranges(missing)}`}`;
      }),
      `coverage ${summary.percent.toFixed(2)} %`,
    );
  }
  const verdict = summary.total === 0 ? 'no tests ran' : `${summary.passed} of ${summary.total} tests passed`;
  parts.push(paint(terminal, summary.total > 0 && summary.passed === summary.total ? 'green' : 'red', verdict));
  return `${parts.join('\n')}\n`;
}

function describeTest({ name, outcome, file, row, why, cases, output }: PolicyTest, terminal: Terminal): string {
  const lines = [`${paint(terminal, 'red', outcome)} ${printable(name)}  ${printable(file)}:${row}`];
  if (why !== undefined) lines.push(`  line ${why.row ?? row}: ${printable(why.message.trim())}`);
  if (cases.length > 0) lines.push(`  cases: ${cases.map(printable).join(', ')}`);
  for (const line of output.split('\n')) if (line !== '') lines.push(`  ${printable(line)}`);
  return lines.join('\n');
}

/** `3–5, 9`. */
function ranges(rows: readonly number[]): string {
  const found: { from: number; to: number }[] = [];
  for (const row of rows) {
    const last = found.at(-1);
    if (last !== undefined && last.to === row - 1) last.to = row;
    else found.push({ from: row, to: row });
  }
  return found.map(({ from, to }) => (from === to ? `${from}` : `${from}–${to}`)).join(', ');
}
