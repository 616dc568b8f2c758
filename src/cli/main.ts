import { Command, CommanderError } from 'commander';
import { CodedError, describeThrown } from '../errors.ts';
import { VERSION } from '../version.ts';
import { addAuditCommands } from './audit.ts';
import { addEvaluateCommand } from './evaluate.ts';
import { addPolicyCommands } from './policy.ts';
import { addServeCommand } from './serve.ts';
import { paint, printable, type Terminal } from './terminal.ts';

/** Runs one command line (without interpreter and script). Never throws: how it ended is told by `terminal.setExit`. */
export async function runCommandLine(words: readonly string[], terminal: Terminal): Promise<void> {
  try {
    await buildProgram(terminal).parseAsync([...words], { from: 'user' });
  } catch (error) {
    terminal.setExit(endedWell(error) ? 0 : 2);
    if (!(error instanceof CommanderError)) report(error, words.includes('--json'), terminal);
  }
}

/** Help and version, asked for by name, are successes; anything else that commander throws is a mistake on the command line. */
function endedWell(error: unknown): boolean {
  return error instanceof CommanderError && error.exitCode === 0;
}

function buildProgram(terminal: Terminal): Command {
  const program = new Command('exequatur')
    .description('A policy enforcement point for the tool calls of AI agents.')
    .version(VERSION)
    .helpOption('-h, --help', 'shows this text')
    .showHelpAfterError('(run with --help for what is accepted)')
    .showSuggestionAfterError(true)
    .addHelpText('after', '\nExit codes: 0 for a permit or success, 2 for everything else (denial, mistake, crash).')
    // Settings before the commands: those added below inherit them.
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err });
  addServeCommand(program, terminal);
  addEvaluateCommand(program, terminal);
  addPolicyCommands(program, terminal);
  addAuditCommands(program, terminal);
  return program;
}

function report(error: unknown, asJson: boolean, terminal: Terminal): void {
  const code = error instanceof CodedError ? error.code : 'internal_error';
  const message =
    error instanceof CodedError ? error.message : `this is a defect of exequatur: ${describeThrown(error)}`;
  if (asJson) terminal.out(`${JSON.stringify({ error: { code, message } })}\n`);
  const lines = message.split('\n').map(printable).join('\n');
  terminal.err(`${paint(terminal, 'red', 'error')} ${code}: ${lines}\n`);
}
