import { resolve } from 'node:path';
import type { Command } from 'commander';
import { readConfig } from '../config.ts';
import { CodedError } from '../errors.ts';
import { describeState } from '../state/config.ts';
import { initState, showState } from '../state/open.ts';
import { paint, printable, type Terminal } from './terminal.ts';

type Common = { readonly config: string; readonly json?: boolean };
type InitOptions = Common & { readonly dangerouslyForgetState?: boolean };

/** Adds `exequatur state init | show`. */
export function addStateCommands(program: Command, terminal: Terminal): void {
  const state = program
    .command('state')
    .description('Makes and shows the store of what replicas share and what outlives a restart.');
  state
    .command('init')
    .description(
      'Makes the configured store (state.store: file or redis), new and empty. Done once, before the first start.',
    )
    .requiredOption('-c, --config <file>', 'the configuration that names the store')
    .option(
      '--dangerously-forget-state',
      'takes the place of a store that stands there: every mark in it (versions and signatures seen, log sizes, steps spent) is forgotten, and what they kept out is let in again',
    )
    .option('--json', 'prints the store as JSON')
    .addHelpText(
      'after',
      '\nWhat it makes has no marks: whatever was seen before counts as never seen. Where a store was lost, restore it if there is any way.',
    )
    .action((options: InitOptions) => init(options, terminal));
  state
    .command('show')
    .description('Shows the configured store; also while a service has it open.')
    .requiredOption('-c, --config <file>', 'the configuration that names the store')
    .option('--json', 'prints it as JSON')
    .action((options: Common) => show(options, terminal));
}

async function init(options: InitOptions, terminal: Terminal): Promise<void> {
  const config = readConfig(resolve(terminal.cwd, options.config));
  const overwrite = options.dangerouslyForgetState === true;
  const store = await initState(config.state, config.folder, overwrite).catch((error: unknown) => {
    if (!(error instanceof CodedError) || error.code !== 'state.exists') throw error;
    throw new CodedError(
      error.code,
      `${error.message} To forget every mark in it, and let in again what they kept out, add --dangerously-forget-state.`,
      { cause: error, detail: error.detail },
    );
  });
  if (options.json === true) terminal.out(`${JSON.stringify({ store, revision: 0, entries: 0 })}\n`);
  else {
    terminal.out(`store ${store} is made, and empty.\n${printable(describeState(config.state))}\n`);
    if (overwrite && config.state.store === 'redis') {
      terminal.err(
        `${paint(terminal, 'yellow', 'warning')} whatever stood there is forgotten. Processes that had it open refuse (state.replaced) until they are started again.\n`,
      );
    }
  }
  terminal.setExit(0);
}

async function show(options: Common, terminal: Terminal): Promise<void> {
  const config = readConfig(resolve(terminal.cwd, options.config));
  const summary = await showState(config.state, config.folder);
  if (options.json === true) terminal.out(`${JSON.stringify(summary)}\n`);
  else {
    terminal.out(
      `store    ${printable(summary.store)}\nentries  ${summary.entries}\nwrites   ${summary.revision}\n${printable(describeState(config.state))}\n`,
    );
  }
  terminal.setExit(0);
}
