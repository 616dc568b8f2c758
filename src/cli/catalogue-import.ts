import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { ServerIdentity } from '../catalogue/identity.ts';
import type { Problem } from '../document/problems.ts';
import { DOCUMENT_NAME } from '../document/reader.ts';
import { CodedError } from '../errors.ts';
import { member } from '../model/json.ts';
import { usage } from './artifact-argument.ts';
import { addImportOptions, expiryOf, headerOf, type ImportOptions, outputOf } from './catalogue-import-options.ts';
import { importJson, importText } from './catalogue-import-text.ts';
import { MOST_CATALOGUE_BYTES, readLooseCatalogue } from './loose-catalogue.ts';
import { composeCatalogue, usableTools } from './mcp-catalogue.ts';
import { keyOfFile, keyOfServer, packageIdentity, versionOfPackage } from './mcp-identity.ts';
import { type ImportTerminal, readServer } from './mcp-server.ts';
import type { McpServer, McpTools } from './mcp-tools.ts';
import { writeNewFile } from './new-file.ts';
import { paint, printable, printableJson } from './terminal.ts';

const HELP = `
What a server says of itself is written down whole, and nothing of it is believed: every tool has a "proposed_effect" in place of its
"effect", and no document with one left is signed or loaded. With --update, tools whose definition is what it was keep their effect.

The server's program gets PATH and HOME of the environment and nothing else; name more with --env. A secret in --header can be seen by
other users of the machine: give a token by --token-file.

Exit codes: 0 where the catalogue was written, tools that no catalogue can list left out and named; 2 otherwise.

Examples:
  exequatur catalogue import --server filesystem --id filesystem --owner platform@example.com --package pkg:npm/%40modelcontextprotocol/server-filesystem@2026.8.31 --package-file server-filesystem-2026.8.31.tgz --stdio -- npx -y @modelcontextprotocol/server-filesystem@2026.8.31 /tmp
  exequatur catalogue import --server tickets --id tickets --owner platform@example.com --url https://tickets.example.com/mcp --token-file token
  exequatur catalogue import --server tickets --update tickets.json --url https://tickets.example.com/mcp --output tickets.new.json
  exequatur catalogue diff tickets.json tickets.new.json`;

/** Adds `import` to `exequatur catalogue`. */
export function addCatalogueImport(catalogue: Command, terminal: ImportTerminal): void {
  const command = catalogue
    .command('import')
    .description('Writes a catalogue of the tools of a running MCP server, for review.')
    .argument('[command...]', 'with --stdio, behind --: the program of the server, and its arguments');
  addImportOptions(command)
    .addHelpText('after', HELP)
    .action(async (command: readonly string[], options: ImportOptions) => {
      await importCatalogue(command, options, terminal);
      terminal.setExit(0);
    });
}

async function importCatalogue(
  command: readonly string[],
  options: ImportOptions,
  terminal: ImportTerminal,
): Promise<void> {
  const path = (typed: string) => resolve(terminal.cwd, typed);
  // What can be wrong without the server is said before it is started.
  const output = outputOf(options);
  checkOutput(path(output), output, options.force === true);
  const issued = Date.now();
  const expires = expiryOf(options, issued);
  const header = headerOf(options, path);
  const server = readServer(command, options, terminal);
  const given = givenIdentity(server, options, path);
  const { listed, identity } = await ask(server, given, options, terminal);
  const { tools, problems } = usableTools(listed.tools);
  if (tools.length === 0) throw noTools(listed, problems);
  const version = versionOf(options, listed);
  const { server: name, source } = options;
  const made = composeCatalogue({
    ...{ server: name, version, tools, issued, expires, header },
    ...(source !== undefined && { source }),
    ...(identity !== undefined && { identity }),
  });
  const bytes = Buffer.from(`${JSON.stringify(made.document, null, 2)}\n`);
  if (bytes.length > MOST_CATALOGUE_BYTES) throw tooLarge(bytes.length);
  await writeNewFile(path(output), bytes, options.force === true);
  const warnings = [
    ...problems.map(({ place, problem }) => `left out: ${place} ${problem}`),
    ...warningsOf(server, identity),
  ];
  const told = {
    output,
    server: name,
    listed,
    made,
    version,
    tools: tools.length,
    identity,
    skipped: problems,
    warnings,
  };
  if (options.json === true) terminal.out(`${printableJson(JSON.stringify(importJson(told)))}\n`);
  else terminal.out(importText(told, terminal));
  for (const warning of warnings) terminal.err(`${paint(terminal, 'yellow', 'warning')} ${printable(warning)}\n`);
}

/** The tools, and the identity that is to be written: what was given, else the key with which the address answers. */
async function ask(
  server: McpServer,
  given: ServerIdentity | undefined,
  { timeout, protocol }: ImportOptions,
  terminal: ImportTerminal,
): Promise<{ listed: McpTools; identity: ServerIdentity | undefined }> {
  const { interrupted, progress } = terminal;
  const timeoutMs = timeout * 1000;
  try {
    progress?.('asking the server for its tools …');
    const key = given === undefined && server.kind === 'http' && server.url.protocol === 'https:';
    const identity = key
      ? { url: server.url.href, key: await keyOfServer(server.url, { timeoutMs, interrupted }) }
      : given;
    // The SDK takes a tenth of a second to load, which every other command would wait for.
    const { listMcpTools } = await import('./mcp-tools.ts');
    const listed = await listMcpTools(server, {
      ...{ timeoutMs, interrupted },
      ...(protocol !== undefined && { protocol }),
      onPage: (page) => progress?.(`asking the server for its tools: page ${page} …`),
    });
    return { listed, identity };
  } finally {
    progress?.('');
  }
}

/** With --force only a catalogue is replaced: any other file stands there for something else. */
function checkOutput(path: string, output: string, force: boolean): void {
  if (!existsSync(path)) return;
  if (!force) {
    throw new CodedError(
      'file.exists',
      `${printable(output)} is there already; name another --output, or give --force to replace it`,
    );
  }
  if (isCatalogue(path)) return;
  throw new CodedError(
    'catalogue.output_not_catalogue',
    `${printable(output)} holds something else than a catalogue, and --force replaces catalogues alone; name another --output`,
  );
}

function isCatalogue(path: string): boolean {
  try {
    return member(readLooseCatalogue(path).document, 'type') === 'catalogue';
  } catch {
    return false;
  }
}

/** The identity that the command line tells, without asking anybody. */
function givenIdentity(
  server: McpServer,
  options: ImportOptions,
  path: (typed: string) => string,
): ServerIdentity | undefined {
  const named = packageIdentity(options, path);
  if (options.serverKey === undefined) return named;
  if (server.kind !== 'http' || named !== undefined) throw usage('--server-key is for --url, without --package');
  return { url: server.url.href, key: keyOfFile(path(options.serverKey)) };
}

/** Of the package where one is named: servers do not always know their own. */
function versionOf({ package: purl }: ImportOptions, { version }: McpTools): string {
  const known = (purl === undefined ? undefined : versionOfPackage(purl)) ?? version;
  return known !== undefined && DOCUMENT_NAME.test(known) ? known : 'unknown';
}

function warningsOf(server: McpServer, identity: ServerIdentity | undefined): readonly string[] {
  const remedy = server.kind === 'stdio' ? '--package' : '--server-key or --package';
  return [
    ...(identity === undefined
      ? [`the server has no identity in the catalogue, so lint refuses it; give ${remedy}, or write it in`]
      : []),
    ...(server.kind === 'http' && identity !== undefined && 'url' in identity && server.url.search !== ''
      ? ['the address stands in the catalogue with all that is behind its question mark; take out what is a secret']
      : []),
  ];
}

function noTools({ tools }: McpTools, [first]: readonly Problem[]): CodedError {
  const found = tools.length === 0 ? 'no tools' : 'no tool that a catalogue can list';
  const why = first === undefined ? '' : `: ${first.place} ${first.problem}`;
  return new CodedError('mcp.no_tools', `the server lists ${found}${why}; nothing was written`);
}

function tooLarge(bytes: number): CodedError {
  return new CodedError(
    'mcp.too_large',
    `the catalogue would have ${bytes} bytes, and at most ${MOST_CATALOGUE_BYTES} are loaded; nothing was written`,
  );
}
