import { getEventListeners } from 'node:events';
import { describeThrown } from '../errors.ts';
import { runCommandLine } from './main.ts';
import type { ImportTerminal } from './mcp-server.ts';
import { askSecretly } from './prompt.ts';
import { printable } from './terminal.ts';

// The one place that touches the process: arguments, streams, signals, exit code.

const interruption = new AbortController();
const asked = new Set<Way>();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => interrupt('signal'));
// The launcher passes on what it was sent, or is gone, and with it whoever could stop this process by its name.
process.on('message', () => interrupt('launcher'));
process.on('disconnect', () => interrupt('launcher'));
process.channel?.unref();

// A reader that went away (`| head`) is no error of ours, but nothing may be taken for consent that was not read.
process.stdout.on('error', () => process.exit(2));
process.stderr.on('error', () => process.exit(2));

// Whatever escapes ends the process with 2, never with Node's 1. A service that lost track of itself must not go on deciding.
process.on('uncaughtException', crash);
process.on('unhandledRejection', crash);

const keyPassword = process.env.EXEQUATUR_KEY_PASSWORD ?? process.env.COSIGN_PASSWORD;

const terminal: ImportTerminal = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  ...(process.stderr.isTTY === true && { progress: (text) => void process.stderr.write(`\r\u001b[K${text}`) }),
  colour: process.stdout.isTTY === true && (process.env.NO_COLOR ?? '') === '',
  ...(process.stdout.isTTY === true && process.stdout.columns > 0 && { columns: process.stdout.columns }),
  cwd: process.cwd(),
  environment: process.env,
  ...(keyPassword !== undefined && { keyPassword }),
  ...(process.stdin.isTTY === true &&
    process.stderr.isTTY === true && {
      askSecretly: (question) => askSecretly(question, process.stdin, process.stderr),
    }),
  interrupted: interruption.signal,
  setExit: (code) => {
    process.exitCode = code;
  },
};

// Until the command says otherwise: a process that ends early has not succeeded.
process.exitCode = 2;
await runCommandLine(process.argv.slice(2), terminal);

type Way = 'signal' | 'launcher';

/**
 * Commands that have something to finish listen; any other ends here, and so does one that is asked again, with what it has come to. A
 * terminal or a service manager asks the launcher and this process at once: that is one question, though it comes both ways.
 */
function interrupt(way: Way): void {
  const again = asked.has(way);
  asked.add(way);
  if (interruption.signal.aborted && !again) return;
  if (getEventListeners(interruption.signal, 'abort').length === 0) process.exit();
  interruption.abort();
}

function crash(thrown: unknown): never {
  process.stderr.write(`exequatur: internal error: ${printable(describeThrown(thrown))}\n`);
  process.exit(2);
}
