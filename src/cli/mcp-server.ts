import { resolve } from 'node:path';
import { isLoopbackHost } from '../model/loopback.ts';
import { usage } from './artifact-argument.ts';
import { readBoundedFile } from './bounded-file.ts';
import type { McpServer } from './mcp-tools.ts';
import { printable, type Terminal } from './terminal.ts';

/** A terminal whose environment a server's program may get a part of. */
export type ImportTerminal = Terminal & {
  /** The environment of the process. Default: an empty one. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
};

/** How the command line says where a server is. */
export type ServerOptions = {
  readonly stdio?: boolean;
  readonly url?: string;
  readonly env?: readonly string[];
  readonly header?: readonly string[];
  readonly tokenFile?: string;
  readonly dangerouslyOverHttp?: boolean;
};

/** What a program needs to be found and to find its home; on Windows also what it needs to run at all. */
const ALWAYS = ['PATH', 'HOME'];
const ALWAYS_ON_WINDOWS = ['SYSTEMROOT', 'PATHEXT', 'COMSPEC', 'USERPROFILE', 'APPDATA', 'LOCALAPPDATA', 'TEMP'];
const MOST_TOKEN_BYTES = 16_384;

/**
 * The server that the command line names: a program or an address, never both.
 *
 * @throws CodedError `usage`, `file.*`
 */
export function readServer(command: readonly string[], options: ServerOptions, terminal: ImportTerminal): McpServer {
  if ((options.stdio === true) === (options.url !== undefined)) {
    throw usage('name the server by either --stdio -- COMMAND or --url URL');
  }
  return options.url === undefined
    ? readCommand(command, options, terminal)
    : readUrl(options.url, command, options, terminal);
}

function readCommand(
  [program, ...args]: readonly string[],
  { env = [], header, tokenFile }: ServerOptions,
  { cwd, environment = {} }: ImportTerminal,
): McpServer {
  if (program === undefined) throw usage('--stdio needs the program of the server and its arguments, behind --');
  if (header !== undefined || tokenFile !== undefined) throw usage('--header and --token-file are for --url');
  const missing = env.find((name) => environment[name] === undefined);
  if (missing !== undefined) throw usage(`--env ${printable(missing)}: the environment has no such variable`);
  const names = [...ALWAYS, ...(process.platform === 'win32' ? ALWAYS_ON_WINDOWS : []), ...env];
  const passed = names.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { kind: 'stdio', command: program, args, cwd, env: Object.fromEntries(passed) };
}

function readUrl(typed: string, command: readonly string[], options: ServerOptions, terminal: Terminal): McpServer {
  if (command.length > 0) throw usage('--url takes no program; give --stdio to start one');
  if (options.env !== undefined) throw usage('--env is for --stdio');
  const url = URL.canParse(typed) ? new URL(typed) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw usage('--url must be an address that begins with https:// or, on this machine, http://');
  }
  if (url.username !== '' || url.password !== '') {
    throw usage(
      '--url must hold no user and no password, since it stands in the catalogue; give --token-file or --header',
    );
  }
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname) && options.dangerouslyOverHttp !== true) {
    throw usage(
      `whoever is between here and ${printable(url.host)} could change what comes over http; take https, or give --dangerously-over-http`,
    );
  }
  url.hash = '';
  return { kind: 'http', url, headers: readHeaders(options, terminal) };
}

/** Nothing of a header or a token stands in a message: it may be a secret. */
function readHeaders({ header = [], tokenFile }: ServerOptions, { cwd }: Terminal): Readonly<Record<string, string>> {
  const headers = new Headers();
  for (const [place, line] of header.entries()) {
    const [, name = '', value = ''] = /^([^:]+):\s*(.*)$/s.exec(line) ?? [];
    try {
      headers.append(name, value);
    } catch {
      throw usage(`--header number ${place + 1} is no header: one is written as NAME:VALUE`);
    }
  }
  if (tokenFile === undefined) return Object.fromEntries(headers);
  if (headers.has('authorization')) throw usage('--token-file sends Authorization already; leave out that --header');
  const token = readBoundedFile(resolve(cwd, tokenFile), MOST_TOKEN_BYTES, 'the token').toString('utf8').trim();
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw usage(`the token file ${printable(tokenFile)} holds no token: visible ASCII characters on one line`);
  }
  headers.set('authorization', `Bearer ${token}`);
  return Object.fromEntries(headers);
}
