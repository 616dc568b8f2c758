import { type Command, InvalidArgumentError, Option } from 'commander';
import { DOCUMENT_LINE, DOCUMENT_NAME } from '../document/reader.ts';
import { type Milliseconds, parseRfc3339 } from '../model/clock.ts';
import { usage } from './artifact-argument.ts';
import { collect } from './content-options.ts';
import { readLooseCatalogue } from './loose-catalogue.ts';
import type { ImportHeader } from './mcp-catalogue.ts';
import type { PackageOptions } from './mcp-identity.ts';
import type { ServerOptions } from './mcp-server.ts';

/** What the command line of an import says. */
export type ImportOptions = ServerOptions &
  PackageOptions & {
    readonly server: string;
    readonly id?: string;
    readonly owner?: string;
    readonly update?: string;
    readonly source?: string;
    readonly expires: number | { readonly days: number };
    readonly serverKey?: string;
    readonly output?: string;
    readonly force?: boolean;
    readonly timeout: number;
    readonly protocol?: string;
    readonly json?: boolean;
  };

const DAY_MS = 86_400_000;
const MOST_TIMEOUT_S = 3600;

/** Adds the options of an import to its command. */
export function addImportOptions(command: Command): Command {
  return command
    .requiredOption('--server <name>', 'the name by which this deployment knows the server')
    .option('--stdio', 'starts the server and speaks to it over its standard streams')
    .option('--url <url>', 'speaks to the server at this address (Streamable HTTP)')
    .option('--id <id>', 'the id of the document: the same in all its versions')
    .option('--owner <text>', 'who answers for the catalogue')
    .addOption(
      new Option(
        '--update <file>',
        'writes the next version of this document: takes its id, owner, other servers and reviewed effects',
      ).conflicts('id'),
    )
    .addOption(
      new Option('--expires <when>', 'until when it counts: a time as RFC 3339 has it, or days, such as 90d')
        .argParser(readExpiry)
        .default({ days: 180 }, '180d'),
    )
    .option('--source <text>', 'where the definitions are published')
    .option('--package <purl>', 'identity: the package that the server is, such as pkg:npm/NAME@VERSION')
    .option('--package-digest <digest>', 'its digest, sha256:HEX or sha512:HEX, as its registry publishes it')
    .option('--package-file <file>', 'the package itself, to compute the digest of')
    .option(
      '--server-key <file>',
      'identity, with --url: the public key or certificate of the server, as PEM (default: asked for)',
    )
    .option('--env <name>', 'with --stdio: passes this variable on as well; may be given several times', collect)
    .option('--header <name:value>', 'with --url: sends this header; may be given several times', collect)
    .option('--token-file <file>', 'with --url: sends the token in this file (Authorization: Bearer)')
    .option(
      '--dangerously-over-http',
      'takes http: from another machine: whoever is in between can change what is imported',
    )
    .option(
      '--protocol <revision>',
      'speaks only this revision, such as 2025-06-18 (default: the handshake, else 2026-07-28)',
      readRevision,
    )
    .option('--timeout <seconds>', 'how long all of it may take', readTimeout, 60)
    .option('-o, --output <file>', 'the catalogue (default: SERVER.json)')
    .option('--force', 'replaces a catalogue that is there already, and nothing else')
    .option('--json', 'prints one JSON object: what was imported and written, or error');
}

/** The file to write, as typed, or SERVER.json. */
export function outputOf({ output, server }: ImportOptions): string {
  if (!DOCUMENT_NAME.test(server)) throw usage('--server must be a name of 1 to 128 visible characters without blanks');
  if (output !== undefined) return output;
  if (/^\.|[/\\]/.test(server)) throw usage('--server is no name for a file; name one by --output');
  return `${server}.json`;
}

/** @throws CodedError `usage` for a time that is over */
export function expiryOf({ expires }: ImportOptions, issued: Milliseconds): Milliseconds {
  const time = typeof expires === 'number' ? expires : issued + expires.days * DAY_MS;
  if (time <= issued) throw usage('--expires lies in the past');
  return time;
}

/** @throws CodedError `usage`, `catalogue.not_json`, `file.*` */
export function headerOf({ id, owner, update, source }: ImportOptions, path: (typed: string) => string): ImportHeader {
  if (owner !== undefined && !DOCUMENT_LINE.test(owner)) throw usage('--owner must be one line of 1 to 512 characters');
  if (source !== undefined && !DOCUMENT_LINE.test(source))
    throw usage('--source must be one line of 1 to 512 characters');
  if (update !== undefined) {
    return { update: readLooseCatalogue(path(update)).document, ...(owner !== undefined && { owner }) };
  }
  if (id === undefined || owner === undefined) throw usage('give --id and --owner, or --update FILE');
  if (!DOCUMENT_NAME.test(id)) throw usage('--id must be a name of 1 to 128 visible characters without blanks');
  return { id, owner };
}

function readExpiry(text: string): ImportOptions['expires'] {
  const days = /^([1-9][0-9]{0,4})d$/.exec(text)?.[1];
  if (days !== undefined) return { days: Number(days) };
  const time = parseRfc3339(text);
  if (time === undefined)
    throw new InvalidArgumentError('a time such as 2027-01-31T00:00:00Z, or days such as 90d, is wanted.');
  return time;
}

function readTimeout(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0 && value <= MOST_TIMEOUT_S)) {
    throw new InvalidArgumentError(`seconds, at most ${MOST_TIMEOUT_S}, are wanted.`);
  }
  return value;
}

function readRevision(text: string): string {
  if (!/^20\d{2}-\d{2}-\d{2}$/.test(text)) throw new InvalidArgumentError('a revision such as 2025-06-18 is wanted.');
  return text;
}
