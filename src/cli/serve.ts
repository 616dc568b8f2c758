import { resolve } from 'node:path';
import type { Command } from 'commander';
import { demonstrationFile, readConfig } from '../config.ts';
import { createLog } from '../observe/log.ts';
import { startService } from '../service.ts';
import { paint, type Terminal } from './terminal.ts';

type Options = { readonly config?: string; readonly json?: boolean };

/** Adds `exequatur serve`. */
export function addServeCommand(program: Command, terminal: Terminal): void {
  program
    .command('serve')
    .description('Runs the decision service until it is asked to stop (SIGTERM, SIGINT).')
    .option('-c, --config <file>', 'the configuration (default: the demonstration, on loopback)')
    .option('--json', 'prints one JSON object with the addresses once it listens')
    .addHelpText('after', '\nExamples:\n  exequatur serve\n  exequatur serve --config /etc/exequatur/config.yaml')
    .action(async (options: Options) => {
      const file = options.config === undefined ? demonstrationFile() : resolve(terminal.cwd, options.config);
      const config = readConfig(file);
      const service = await startService(config, createLog(config.log), terminal.interrupted);
      const { decisions, operations } = service;
      if (options.json === true) {
        terminal.out(`${JSON.stringify({ listening: { decisions, operations } })}\n`);
      } else {
        if (options.config === undefined) {
          terminal.out(
            `${paint(terminal, 'yellow', 'This is the demonstration:')} whoever connects is taken at his word, and unsigned tools are tolerated.\nIt listens on loopback alone. Copy ${file} to make it yours.\n\n`,
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
