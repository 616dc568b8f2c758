// Runs a script, or one of the development tools, on the Node that the product runs on, whatever Node npm itself runs on:
// `node scripts/run.js FILE [ARGUMENTS]`. What it starts by the name `node` is that Node as well.
import { spawn } from 'node:child_process';
import { delimiter, dirname } from 'node:path';
import { findNode, REMEDY } from '../bin/node-runtime.js';

const node = findNode();
if (node === undefined) {
  process.stderr.write(REMEDY);
  process.exit(2);
}
const child = spawn(node, process.argv.slice(2), {
  stdio: 'inherit',
  env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => process.exit(code ?? 1));
