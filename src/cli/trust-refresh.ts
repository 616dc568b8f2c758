import { resolve } from 'node:path';
import type { Command } from 'commander';
import { configPath, readConfig } from '../config.ts';
import type { CronSchedule } from '../durable/cron.ts';
import { CodedError } from '../errors.ts';
import { rfc3339 } from '../model/clock.ts';
import type { TrustEvent } from '../trust/event.ts';
import type { RootsConfig } from '../trust/root/config.ts';
import type { RootState } from '../trust/root/root-state.ts';
import { openRoots, type Roots } from '../trust/root/roots.ts';
import { usage } from './artifact-argument.ts';
import { paint, printable, printableJson, type Terminal } from './terminal.ts';

type Options = { readonly config: string; readonly json?: boolean };

/** What came of one root. */
type Outcome = {
  readonly name: string;
  /** `as_it_is`: a file, or the shipped root pinned, which nothing refreshes. */
  readonly outcome: 'refreshed' | 'as_it_is' | 'failed';
  readonly message: string;
  readonly digest?: string;
  readonly refreshed_at?: string;
};

/** Nothing runs by the clock in a command that ends. */
const noSchedule: CronSchedule = () => async () => undefined;

const HELP = `
What is fetched is verified and kept where the configuration says (cache), as the service does it; a service that runs beside it
takes it up with its next refresh. Roots that are files, or are pinned, are only read.

Exit codes: 0 where every root named is fresh and kept, 2 otherwise.

Examples:
  exequatur trust refresh -c config.yaml
  exequatur trust refresh -c config.yaml public-good && exequatur verify -c config.yaml --kind catalogue catalogue.yaml`;

/** Adds `refresh` to `exequatur trust`. */
export function addRefreshCommand(trust: Command, terminal: Terminal): void {
  trust
    .command('refresh')
    .description('Refreshes the trusted roots now and keeps them, as for a job that only verifies.')
    .argument('[root...]', 'names of trust.roots (default: all of them)')
    .requiredOption('-c, --config <file>', 'the configuration that names the roots')
    .option('--json', 'prints one JSON object')
    .addHelpText('after', HELP)
    .action(async (names: readonly string[], options: Options) => {
      const outcomes = await refresh(names, options, terminal);
      const fresh = outcomes.every(({ outcome }) => outcome !== 'failed');
      terminal.out(
        options.json === true
          ? `${printableJson(JSON.stringify({ fresh, roots: outcomes }))}\n`
          : outcomes.map((one) => outcomeText(one, terminal)).join(''),
      );
      terminal.setExit(fresh ? 0 : 2);
    });
}

/** @throws CodedError `usage`, `trust.no_roots`, `config.*`, `root.*`, `durable.file_*` */
async function refresh(names: readonly string[], options: Options, terminal: Terminal): Promise<readonly Outcome[]> {
  const file = resolve(terminal.cwd, options.config);
  const config = readConfig(file);
  const wanted = wantedRoots(config.trust?.roots ?? {}, names, file);
  const events: TrustEvent[] = [];
  const roots = await openRoots(wanted, {
    resolve: (path) => configPath(config, path),
    now: Date.now,
    onEvent: (event) => events.push(event),
    cron: noSchedule,
    refreshAtStart: false,
  });
  const stop = () => void roots.close();
  terminal.interrupted.addEventListener('abort', stop, { once: true });
  try {
    const succeeded = await roots.refresh();
    return Object.keys(wanted).map((name) => outcomeOf(name, roots, succeeded.get(name), events));
  } finally {
    terminal.interrupted.removeEventListener('abort', stop);
    await roots.close();
  }
}

function wantedRoots(roots: RootsConfig, names: readonly string[], file: string): RootsConfig {
  const all = Object.keys(roots);
  if (all.length === 0) {
    throw new CodedError('trust.no_roots', `${file} names no roots (trust.roots), so there is nothing to refresh`);
  }
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined) throw usage(`the configuration has no root ${unknown}; it has: ${all.join(', ')}`);
  return Object.fromEntries(Object.entries(roots).filter(([name]) => names.length === 0 || names.includes(name)));
}

function outcomeOf(name: string, roots: Roots, succeeded: boolean | undefined, events: readonly TrustEvent[]): Outcome {
  const state = roots.current()[name];
  const told = events.filter(({ message }) => message.startsWith(`root ${name}: `));
  // The next command would not find what could not be kept.
  const broken = told.findLast(({ code }) => code === 'root.cache_failed' || code === 'root.refresh_failed');
  const parts = { name, ...(state !== undefined && 'root' in state && factsOf(state)) };
  if (state === undefined || 'failure' in state || succeeded === false || broken !== undefined) {
    const why = broken ?? told.findLast(({ severity }) => severity !== 'info');
    const standing = state !== undefined && 'failure' in state ? state.message : 'the refresh was broken off';
    return { ...parts, outcome: 'failed', message: why === undefined ? standing : `${why.code}: ${why.message}` };
  }
  if (succeeded === undefined) {
    return { ...parts, outcome: 'as_it_is', message: 'a file, or pinned: nothing refreshes it' };
  }
  return { ...parts, outcome: 'refreshed', message: told.at(-1)?.message ?? '' };
}

function factsOf({ digest, refreshedAt }: Extract<RootState, { readonly root: unknown }>) {
  return { digest, ...(refreshedAt !== undefined && { refreshed_at: rfc3339(refreshedAt) }) };
}

const COLOURS = { refreshed: 'green', as_it_is: 'gray', failed: 'red' } as const;

function outcomeText({ name, outcome, message, digest }: Outcome, terminal: Terminal): string {
  const word = paint(terminal, COLOURS[outcome], outcome.replaceAll('_', ' '));
  const lines = [message, ...(digest === undefined ? [] : [digest])];
  return `${printable(name)}  ${word}\n${lines.map((line) => `  ${printable(line)}\n`).join('')}`;
}
