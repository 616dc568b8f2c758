import { resolve } from 'node:path';
import type { Command } from 'commander';
import { demonstrationFile, readConfig } from '../config.ts';
import { createLog } from '../observe/log.ts';
import { startService } from '../service.ts';
import { checkConfiguration, foundText } from './check.ts';
import { paint, type Terminal } from './terminal.ts';

type Options = { readonly config?: string; readonly check?: boolean; readonly json?: boolean };

const HELP = `
With --check the policy, the catalogue, keys, roots and revocations are read as at a start. Nothing listens, is fetched or is recorded;
the store of state and the folder of the audit log are left alone. Exit codes then: 0 without problems, 2 otherwise.

Examples:
  exequatur serve
  exequatur serve --config /etc/exequatur/config.yaml
  exequatur serve --config /etc/exequatur/config.yaml --check`;

/** Adds `exequatur serve`. */
export function addServeCommand(program: Command, terminal: Terminal): void {
  program
    .command('serve')
    .description('Runs the decision service until it is asked to stop (SIGTERM, SIGINT).')
    .option('-c, --config <file>', 'the configuration (default: the demonstration, on loopback)')
    .option('--check', 'starts nothing: reads the configuration and all that it names, and tells every problem')
    .option('--json', 'prints one JSON object: the addresses once it listens, or what --check found')
    .addHelpText('after', HELP)
    .action(async (options: Options) => {
      const file = options.config === undefined ? demonstrationFile() : resolve(terminal.cwd, options.config);
      if (options.check === true) {
        const found = await checkConfiguration(file, terminal.interrupted);
        terminal.out(foundText(file, found, options.json === true, terminal));
        terminal.setExit(found.problems.length === 0 ? 0 : 2);
        return;
      }
      const config = readConfig(file);
      const service = await startService(config, createLog(config.log), terminal.interrupted);
      const { decisions, operations } = service;
      if (options.json === true) {
        terminal.out(`${JSON.stringify({ listening: { decisions, operations } })}\n`);
      } else {
        if (options.config === undefined) {
          terminal.out(
            `${paint(terminal, 'yellow', 'This is the demonstration:')} whoever connects is taken at his word; what it ships is signed by a key that was thrown away.\nIt listens on loopback alone. Copy ${file} to make it yours.\n\n`,
          );
        }
        terminal.out(
          `decisions   ${decisions}/access/v1/evaluation\noperations  ${operations}/healthz, ${operations}/readyz\npolicy      ${service.policy}\naudit log   ${service.audit}\n\nStop it with Ctrl-C.\n`,
        );
      }
      await service.ended;
      terminal.setExit(0);
    });
}
