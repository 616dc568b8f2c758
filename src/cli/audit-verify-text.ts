import type { VerifyProblem } from '../audit/verify/problem.ts';
import type { VerifyResult } from '../audit/verify.ts';
import { paint, printable, type Terminal } from './terminal.ts';

/** What a verification found, for people: what holds and warnings to `out`, the first problem with its place to `err`. */
export function verifyText(result: VerifyResult, folder: string, terminal: Terminal): { out: string; err: string } {
  const { payloads, objects } = result;
  const range = result.lastIndex === undefined ? '' : ` (${result.firstIndex ?? 0} to ${result.lastIndex})`;
  const lines = [
    `${result.ok ? paint(terminal, 'green', 'the log holds') : paint(terminal, 'red', 'the log does not hold')}: ${printable(folder)}`,
    `  ${counted(result.records, 'record')}${range} in ${counted(result.segments, 'segment')}, ${counted(result.bytes, 'byte')}`,
    `  ${counted(payloads.present, 'payload')} with the digest that the record names`,
  ];
  if (result.origin !== undefined) lines.push(`  log ${printable(result.origin)}`);
  if (payloads.dropped > 0) lines.push(`  ${counted(payloads.dropped, 'payload')} dropped; the records hold without`);
  lines.push(`  ${counted(objects.present, 'object')}`);
  if ((result.firstIndex ?? 0) > 0) lines.push(`  records before ${result.firstIndex} are not here`);
  for (const digest of objects.missing) lines.push(`  ${paint(terminal, 'yellow', 'missing object')} ${digest}`);
  if (result.beingWritten) lines.push('  it is being written: the last line was not finished');
  if (result.head !== undefined) lines.push(`  head ${result.head}`);
  const [first] = result.problems;
  return {
    out: `${lines.join('\n')}\n`,
    err: first === undefined ? '' : problemText(first, result.problemCount, terminal),
  };
}

function problemText(problem: VerifyProblem, count: number, terminal: Terminal): string {
  const place = [
    printable(problem.file),
    ...(problem.line === undefined ? [] : [`line ${problem.line}`]),
    ...(problem.offset === undefined ? [] : [`byte ${problem.offset}`]),
    ...(problem.index === undefined ? [] : [`index ${problem.index}`]),
    ...(problem.id === undefined ? [] : [`record ${printable(problem.id)}`]),
  ].join(', ');
  const more = count > 1 ? `${counted(count - 1, 'more problem')}; --json lists them.\n` : '';
  return `${paint(terminal, 'red', 'problem')} ${problem.code}: ${place}: ${printable(problem.message)}\n${more}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
