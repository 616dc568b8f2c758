import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { type AuditLog, openAuditLog } from '../audit/log.ts';
import { type Config, configPath, readConfig } from '../config.ts';
import { createIds } from '../decision/decision-id.ts';
import { findVersion } from '../document/versions.ts';
import { timers } from '../durable/schedule.ts';
import { CodedError } from '../errors.ts';
import type { JsonObject } from '../model/json.ts';
import { readStateFile } from '../state/file.ts';
import { openState } from '../state/open.ts';
import { describeDocument, describeLog, type Forgettable, findDocument, findLogs } from '../trust/freshness/forget.ts';
import { listRemembered, type ReadableState } from '../trust/freshness/list.ts';
import { type Find, type Forgotten, forgetRecorded } from './forget-recorded.ts';
import { printable, printableJson, type Terminal } from './terminal.ts';
import { addRefreshCommand } from './trust-refresh.ts';
import { rememberedText } from './trust-text.ts';

type Common = { readonly config: string; readonly json?: boolean };
type ForgetOptions = Common & {
  readonly kind?: string;
  readonly document?: string;
  readonly log?: string;
  readonly logId?: string;
  readonly reason: string;
  readonly audit?: string;
};
type ShowOptions = Common & { readonly limit: number };

const MAX_REASON = 1000;

/** Adds `exequatur trust show | forget | refresh`. */
export function addTrustCommands(program: Command, terminal: Terminal): void {
  const trust = program
    .command('trust')
    .description(
      'Shows what is remembered of transparency logs and documents, forgets it where an operator means that, and refreshes roots.',
    );
  trust
    .command('show')
    .description('Lists the marks of logs and the proofs that documents came with; also while a service runs.')
    .requiredOption('-c, --config <file>', 'the configuration that names the store (state)')
    .option('--limit <number>', 'how many documents at most', parseLimit, 1000)
    .option('--json', 'prints one JSON object')
    .action((options: ShowOptions) => show(options, terminal));
  trust
    .command('forget')
    .description(
      'Undoes what is remembered of one document (its highest version, its proofs and strict marks: after a rollback or a downgrade that is meant), or of one log that is distrusted. Recorded in the audit log first.',
    )
    .requiredOption('-c, --config <file>', 'the configuration that names the store (state) and the audit log')
    .option('--kind <kind>', "the document's kind: tool, catalogue, plan, policy …")
    .option('--document <name>', 'its name, or sha256:… where it has none')
    .option('--log <origin>', 'the origin of a log: everything seen of it is forgotten, split views included')
    .option('--log-id <hex>', "the log's key id, where several keys sign under the origin")
    .requiredOption('--reason <text>', 'why, for the record that auditors read', parseReason)
    .option(
      '--audit <folder>',
      "records there, in a log of its own, while the service holds the configuration's audit folder",
    )
    .option('--json', 'prints one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  exequatur trust forget -c config.yaml --kind plan --document deploy-42 --reason "moved to one signer, change 1234"\n  exequatur trust forget -c config.yaml --log "rekor.example - 17" --reason "private log set up anew"\n  exequatur trust forget -c config.yaml --kind catalogue --document acme-tools --reason "back to version 7, change 1240"\n\nAfter it the next version that comes with good signatures is taken as the first: look at it before.',
    )
    .action((options: ForgetOptions) => forgetOne(options, terminal));
  addRefreshCommand(trust, terminal);
}

async function show(options: ShowOptions, terminal: Terminal): Promise<void> {
  const config = readConfig(resolve(terminal.cwd, options.config));
  refuseMemory(config);
  const { state, close } = await openForReading(config);
  try {
    const remembered = await listRemembered(state, options.limit);
    if (options.json === true) {
      const { more } = remembered;
      const logs = remembered.logs.map(describeLog);
      terminal.out(
        `${printableJson(JSON.stringify({ logs, documents: remembered.documents.map(describeDocument), more }))}\n`,
      );
    } else terminal.out(rememberedText(remembered, terminal));
  } finally {
    await close();
  }
  terminal.setExit(0);
}

/** A file belongs to the service that has it open; what stands there is whole at any time, and can be read beside it. */
async function openForReading(config: Config): Promise<{ state: ReadableState; close: () => Promise<void> }> {
  if (config.state.store !== 'file') {
    const state = await openState(config.state, config.folder);
    return { state, close: state.close };
  }
  const { entries } = await readStateFile(configPath(config, config.state.path));
  const list = async (prefix: string, limit: number): Promise<readonly string[]> =>
    [...entries.keys()].filter((key) => key.startsWith(prefix)).slice(0, limit);
  return { state: { read: async (key) => entries.get(key), list }, close: async () => undefined };
}

async function forgetOne(options: ForgetOptions, terminal: Terminal): Promise<void> {
  const find = finderOf(options);
  const config = readConfig(resolve(terminal.cwd, options.config));
  refuseMemory(config);
  const state = await openState(config.state, config.folder).catch((error: unknown) => {
    throw withRemedy(error, 'state.locked', 'Stop the service, forget, and start it again: a file is for one process.');
  });
  try {
    // Looked up before the audit log is opened: a name that nobody knows leaves no trace there.
    await find(state);
    const audit = await openRecords(config, options, terminal);
    try {
      const stamp = { now: Date.now, newId: createIds(randomBytes) };
      const circumstances = { by: operator(), reason: options.reason };
      report(await forgetRecorded(state, audit, stamp, find, circumstances), options, terminal);
    } finally {
      await audit.close();
    }
  } finally {
    await state.close();
  }
  terminal.setExit(0);
}

/** @throws CodedError `trust.forget_what` where the words name neither a document nor a log, or both */
function finderOf({ kind, document, log, logId }: ForgetOptions): Find {
  if (log === undefined && kind !== undefined && document !== undefined && logId === undefined) {
    return async (state) => {
      const found = joined(await findDocument(state, kind, document), await findVersion(state, kind, document));
      if (found !== undefined) return found;
      throw nothing(`no ${kind} called ${document} is remembered`);
    };
  }
  if (log === undefined || kind !== undefined || document !== undefined) {
    throw new CodedError('trust.forget_what', 'name either a document, by --kind and --document, or a log, by --log');
  }
  return async (state) => {
    const [found, ...others] = await findLogs(state, log, logId);
    if (found === undefined) throw nothing(`no log ${log} is remembered`);
    if (others.length === 0) return found;
    const ids = [found, ...others].map((one) => one.logId).join(', ');
    throw new CodedError('trust.forget_which', `several keys sign as ${log}; name one by --log-id: ${ids}`);
  };
}

/** What a document was proved by, and its highest version: one thing to whoever forgets it, and one record. */
function joined(proofs: Forgettable | undefined, version: Forgettable | undefined): Forgettable | undefined {
  if (proofs === undefined || version === undefined) return proofs ?? version;
  return {
    about: proofs.about,
    remembered: { ...version.remembered, ...proofs.remembered },
    entries: [...proofs.entries, ...version.entries],
  };
}

function nothing(what: string): CodedError {
  return new CodedError('trust.not_remembered', `${what}; \`exequatur trust show\` lists what is`);
}

/** Who runs the command, as far as the system says. */
function operator(): JsonObject {
  const uid = process.getuid?.() ?? null;
  try {
    return { user: userInfo().username, uid };
  } catch {
    // A container's user need not have a name.
    return { uid };
  }
}

async function openRecords(config: Config, { audit }: ForgetOptions, terminal: Terminal): Promise<AuditLog> {
  const { origin, ...settings } = config.audit;
  // A log of its own has a name of its own: two logs under one would look like a split view.
  const own = audit === undefined ? { ...(origin !== undefined && { origin }) } : {};
  const folder = audit === undefined ? configPath(config, settings.folder) : resolve(terminal.cwd, audit);
  return openAuditLog({
    ...settings,
    ...own,
    folder,
    instance: audit === undefined ? config.instance : `${config.instance}/trust`,
    tenant: config.tenant,
    randomBytes,
    schedule: timers,
    onEvent: () => undefined,
  }).catch((error: unknown) => {
    const remedy = 'Stop the service while you forget, or record in a log of its own with --audit FOLDER.';
    throw withRemedy(error, 'audit.locked', remedy);
  });
}

function withRemedy(error: unknown, code: string, remedy: string): unknown {
  if (!(error instanceof CodedError) || error.code !== code) return error;
  return new CodedError(code, `${error.message} ${remedy}`, { cause: error, detail: error.detail });
}

function refuseMemory({ state }: Config): void {
  if (state.store !== 'memory') return;
  throw new CodedError(
    'state.nothing_to_keep',
    'The configuration keeps state in memory (state.store): only the running service knows what it remembers, and a restart forgets it.',
  );
}

function report({ about, audit, remembered }: Forgotten, { json }: ForgetOptions, terminal: Terminal): void {
  if (json === true) terminal.out(`${printableJson(JSON.stringify({ forgotten: about, audit, remembered }))}\n`);
  else {
    terminal.out(
      `forgotten: ${printable(about)}\nrecorded:  ${printable(audit.origin)}, index ${audit.index}\nThe next time that it comes with good signatures is taken as the first.\n`,
    );
  }
}

function parseLimit(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('a whole number from 1 to 999999 is wanted.');
  return Number(text);
}

function parseReason(text: string): string {
  if (text.length > MAX_REASON) throw new InvalidArgumentError(`at most ${MAX_REASON} characters are kept.`);
  if (text.trim() === '') throw new InvalidArgumentError('a reason is wanted, which an auditor will read.');
  return text;
}
