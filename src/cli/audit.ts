import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { findLine, followLines, lastLines, type ReadLine, type RecordFilter } from '../audit/read.ts';
import { verifyLog } from '../audit/verify.ts';
import { CodedError } from '../errors.ts';
import { type Milliseconds, parseRfc3339 } from '../model/clock.ts';
import { recordLine, recordPage } from './audit-text.ts';
import { verifyText } from './audit-verify-text.ts';
import { paint, printable, printableJson, type Terminal } from './terminal.ts';

const FOLDER = './data/audit';
/** Milliseconds between looks at a log that is followed. */
const LOOK_MS = 200;

type Common = { readonly folder: string; readonly json?: boolean };
type TailOptions = Common & {
  readonly follow?: boolean;
  readonly lines: number;
  readonly denied?: boolean;
  readonly principal?: string;
  readonly control?: string;
  readonly since?: Milliseconds;
};

/** Adds `exequatur audit tail | show | verify`. They only read, also while the service writes. */
export function addAuditCommands(program: Command, terminal: Terminal): void {
  const audit = program.command('audit').description('Reads and verifies the audit log.');
  audit
    .command('tail')
    .description('Prints the last records, one a line.')
    .option('--folder <folder>', "the log's folder", FOLDER)
    .option('-f, --follow', 'goes on as records are written, until Ctrl-C')
    .option('-n, --lines <number>', 'how many of the last records', parseCount, 20)
    .option('--denied', 'denials and refusals alone')
    .option('--principal <id>', 'decisions for this principal, and its refusals')
    .option('--control <name>', 'decisions in which this control failed')
    .option('--since <time>', 'an RFC 3339 time, or an age: 90s, 15m, 2h, 7d', parseSince)
    .option('--json', "prints the log's own lines")
    .action((options: TailOptions) => tail(options, terminal));
  audit
    .command('show')
    .description(
      "Prints one record whole, with what the caller sent, by an evaluation's id or by its index in the log.",
    )
    .argument('<id>', "the answer's evaluation_id, or its audit.index")
    .option('--folder <folder>', "the log's folder", FOLDER)
    .option('--json', "prints the log's own line")
    .action((id: string, options: Common) => show(id, options, terminal));
  audit
    .command('verify')
    .description(
      'Checks every byte of records and objects (form, hashes, chain, payloads), the files beside them, and that the log goes as far as its seal says. Names the first problem with its place.',
    )
    .option('--folder <folder>', "the log's folder", FOLDER)
    .option('--json', 'prints counts and problems as JSON')
    .addHelpText(
      'after',
      '\nRecords missing behind the last seal, a log written anew as a whole, or one under another name do not show here: compare head and name with what was kept elsewhere.',
    )
    .action((options: Common) => verify(options, terminal));
}

async function tail(options: TailOptions, terminal: Terminal): Promise<void> {
  const folder = resolve(terminal.cwd, options.folder);
  const filter: RecordFilter = {
    ...(options.denied === true && { denied: true }),
    ...(options.principal !== undefined && { principal: options.principal }),
    ...(options.control !== undefined && { control: options.control }),
    ...(options.since !== undefined && { since: options.since }),
  };
  let damaged = 0;
  const print = (line: ReadLine): void => {
    if (!line.checked.intact) {
      damaged += 1;
      terminal.err(`${paint(terminal, 'red', 'damaged')} ${place(line)}: ${printable(line.checked.damage.message)}\n`);
    } else if (options.json === true) {
      terminal.out(`${printableJson(line.text)}\n`);
    } else {
      terminal.out(`${recordLine(line.checked.line.record, terminal)}\n`);
    }
  };
  const { lines, cursor } = await lastLines(folder, options.lines, filter);
  lines.forEach(print);
  if (options.follow === true) {
    const pause = (): Promise<void> => waited(LOOK_MS, terminal.interrupted);
    for await (const line of followLines(folder, cursor, filter, pause, terminal.interrupted)) print(line);
  }
  if (damaged > 0) terminal.err('Run "exequatur audit verify" for what is wrong.\n');
  terminal.setExit(damaged === 0 ? 0 : 2);
}

async function show(id: string, options: Common, terminal: Terminal): Promise<void> {
  const folder = resolve(terminal.cwd, options.folder);
  const line = await findLine(folder, /^\d{1,15}$/.test(id) ? { index: Number(id) } : { id });
  if (line === undefined) {
    throw new CodedError(
      'audit.no_record',
      `There is no record ${id} in ${folder}. Give an answer's evaluation_id or audit.index, and the folder of the log that it names.`,
      { detail: { id, folder } },
    );
  }
  if (options.json === true) terminal.out(`${printableJson(line.text)}\n`);
  if (!line.checked.intact) {
    throw new CodedError(
      line.checked.damage.code,
      `${place(line)} is damaged: ${line.checked.damage.message}. Run "exequatur audit verify".`,
      { detail: { file: line.file, line: line.number } },
    );
  }
  if (options.json !== true) terminal.out(recordPage(line.checked.line, place(line), terminal));
  terminal.setExit(0);
}

async function verify(options: Common, terminal: Terminal): Promise<void> {
  const folder = resolve(terminal.cwd, options.folder);
  const result = await verifyLog(folder);
  if (options.json === true) terminal.out(`${printableJson(JSON.stringify(result))}\n`);
  else {
    const { out, err } = verifyText(result, options.folder, terminal);
    terminal.out(out);
    if (err !== '') terminal.err(err);
  }
  terminal.setExit(result.ok ? 0 : 2);
}

function place(line: ReadLine): string {
  return `${line.file}, line ${line.number}`;
}

function parseCount(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('a whole number below a million is wanted.');
  return Number(text);
}

const UNITS: Readonly<Record<string, Milliseconds>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function parseSince(text: string): Milliseconds {
  const age = /^(\d{1,6})([smhd])$/.exec(text);
  const unit = UNITS[age?.[2] ?? ''];
  const time = unit === undefined ? parseRfc3339(text) : Date.now() - Number(age?.[1]) * unit;
  if (time === undefined) throw new InvalidArgumentError('an RFC 3339 time or an age such as 15m is wanted.');
  return time;
}

function waited(ms: number, ended: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (ended.aborted) return done();
    const finish = (): void => {
      clearTimeout(timer);
      ended.removeEventListener('abort', finish);
      done();
    };
    const timer = setTimeout(finish, ms);
    ended.addEventListener('abort', finish, { once: true });
  });
}
