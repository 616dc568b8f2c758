import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const WRITER = fileURLToPath(new URL('./writer-process.ts', import.meta.url));

/** A process that writes a log, and what it said first: `ready`, or an error's code. */
export type Writer = { process: ChildProcess; lines: Interface; first: string };

/** Starts one on the folder; each further line is the id of a record that was acknowledged. */
export async function startWriter(folder: string, prefix = 'r', writers = 0): Promise<Writer> {
  const child = spawn(process.execPath, [WRITER, folder, prefix, String(writers)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const [first] = await once(lines, 'line');
  return { process: child, lines, first: String(first) };
}

/** `kill -9`; resolves once everything that it said has been read. */
export async function killWriter(child: Writer): Promise<void> {
  const closed = once(child.lines, 'close');
  child.process.kill('SIGKILL');
  await closed;
}
