#!/usr/bin/env node
// Starts Exequatur on a Node that can run it.
//
// Exit codes: 0 for a permit or success, 2 for everything else, crashes included. Hooks of coding agents take any other code for
// consent, so every command but `serve` runs in a child whose end, whatever it is, becomes one of the two.
import { spawn } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { findNode, fits, REMEDY } from './node-runtime.js';

process.exitCode = 2;
process.on('uncaughtException', (error) => fail(error.message));

const entry = fileURLToPath(new URL('../src/cli/entry.ts', import.meta.url));
const node = findNode();
const words = process.argv.slice(2);

if (node === undefined) {
  process.stderr.write(REMEDY);
} else if (fits && words[0] === 'serve') {
  // A service runs for long and has signals of its own: no process in front of it.
  import(pathToFileURL(entry).href).catch((error) => fail(error instanceof Error ? error.message : String(error)));
} else {
  // The channel tells the child that this process was asked to stop, or is gone, however it went. A signal passed on as a signal would
  // look like a second one where the child got its own, as from a terminal. SIGUSR1 would open a debugger.
  const child = spawn(node, ['--disable-sigusr1', entry, ...words], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, passOn);
  for (const signal of ['SIGQUIT', 'SIGALRM', 'SIGUSR1', 'SIGUSR2', 'SIGVTALRM', 'SIGXCPU', 'SIGIO']) {
    // Each would end this process with a code of its own. Windows knows few of them.
    try {
      process.on(signal, passOn);
    } catch {}
  }
  function passOn() {
    // The child may be about to end by itself.
    if (child.connected) child.send('stop', () => undefined);
  }
  child.on('error', (error) => fail(`${node}: ${error.message}`));
  child.on('exit', (code) => {
    process.exitCode = code === 0 ? 0 : 2;
  });
}

function fail(reason) {
  process.stderr.write(`exequatur could not start: ${reason}\n`);
  process.exit(2);
}
