import { Command, CommanderError } from 'commander';
import { CodedError, describeThrown } from '../errors.ts';
import { VERSION } from '../version.ts';
import { addAuditCommands } from './audit.ts';
import { addCatalogueCommands } from './catalogue.ts';
import { addEvaluateCommand } from './evaluate.ts';
import { addPlanCommands } from './plan.ts';
import { addPolicyCommands } from './policy.ts';
import { addServeCommand } from './serve.ts';
import { addSignCommand } from './sign.ts';
import { addStateCommands } from './state.ts';
import { paint, printable, printableJson, type Terminal } from './terminal.ts';
import { addTrustCommands } from './trust.ts';
import { addVerifyCommand } from './verify.ts';
import { addVerifyBundleCommand } from './verify-bundle.ts';

/** Runs one command line (without interpreter and script). Never throws: how it ended is told by `terminal.setExit`. */
export async function runCommandLine(words: readonly string[], terminal: Terminal): Promise<void> {
  try {
    await buildProgram(words, terminal).parseAsync([...words], { from: 'user' });
  } catch (error) {
    terminal.setExit(endedWell(error) ? 0 : 2);
    if (!endedWell(error)) report(error, words, terminal);
  }
}

/** Help and version, asked for by name, are successes; anything else that commander throws is a mistake on the command line. */
function endedWell(error: unknown): boolean {
  return error instanceof CommanderError && error.exitCode === 0;
}

function buildProgram(words: readonly string[], terminal: Terminal): Command {
  const program = new Command('exequatur')
    .description('A policy enforcement point for the tool calls of AI agents.')
    .version(VERSION)
    .helpOption('-h, --help', 'shows this text')
    .showHelpAfterError('(run with --help for what is accepted)')
    .showSuggestionAfterError(true)
    .addHelpText('after', '\nExit codes: 0 for a permit or success, 2 for everything else (denial, mistake, crash).')
    // Settings before the commands: those added below inherit them.
    .exitOverride()
    .enablePositionalOptions()
    // What was typed comes back in commander's complaints.
    .configureOutput({
      writeOut: terminal.out,
      writeErr: (text) => terminal.err(`${shown(text.replace(/\n$/, ''), words)}${text.endsWith('\n') ? '\n' : ''}`),
    });
  addServeCommand(program, terminal);
  addEvaluateCommand(program, terminal);
  addPolicyCommands(program, terminal);
  addAuditCommands(program, terminal);
  addStateCommands(program, terminal);
  addTrustCommands(program, terminal);
  addCatalogueCommands(program, terminal);
  addPlanCommands(program, terminal);
  addSignCommand(program, terminal);
  addVerifyCommand(program, terminal);
  addVerifyBundleCommand(program, terminal);
  return program;
}

function report(error: unknown, words: readonly string[], terminal: Terminal): void {
  const { code, message } = publicParts(error);
  if (words.includes('--json')) terminal.out(`${printableJson(JSON.stringify({ error: { code, message } }))}\n`);
  // commander has already told its own, with a hint.
  if (error instanceof CommanderError) return;
  terminal.err(`${paint(terminal, 'red', 'error')} ${code}: ${shown(message, words)}\n`);
}

/** Lines of a message stay lines, unless one was typed: then nobody can tell ours from those of a file's name, and all of it is one. */
function shown(message: string, words: readonly string[]): string {
  if (words.some((word) => word.includes('\n'))) return printable(message);
  return message.split('\n').map(printable).join('\n');
}

function publicParts(error: unknown): { code: string; message: string } {
  if (error instanceof CodedError) return { code: error.code, message: error.message };
  if (error instanceof CommanderError) return { code: 'usage', message: error.message };
  return { code: 'internal_error', message: `this is a defect of exequatur: ${describeThrown(error)}` };
}
