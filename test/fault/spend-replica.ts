// A service for test/fault/spend-kill.ts that ends itself by SIGKILL at one point between verdict and answer: before or after the n-th
// operation of the store, or of the log's file, counted from when it is told to arm.
// Usage: node test/fault/spend-replica.ts CONFIG POINT    (POINT: `none`, or `before|after store|log N`)
import { readConfig } from '../../src/config.ts';
import { nodeFiles } from '../../src/durable/files.ts';
import type { SharedState } from '../../src/model/shared-state.ts';
import { createLog } from '../../src/observe/log.ts';
import { startService } from '../../src/service.ts';
import { openState } from '../../src/state/open.ts';

const [config = '', when = 'none', what = '', number = '0'] = process.argv.slice(2);
let armed = false;
let count = 0;

/** Runs one operation, and ends the process there if this is the one. */
async function point<T>(kind: string, run: () => Promise<T>): Promise<T> {
  if (!armed || kind !== what) return run();
  const dies = count === Number(number);
  count += 1;
  if (dies && when === 'before') process.kill(process.pid, 'SIGKILL');
  const result = await run();
  if (dies) process.kill(process.pid, 'SIGKILL');
  return result;
}

function watched(state: SharedState): SharedState {
  return {
    ...state,
    read: (key) => point('store', () => state.read(key)),
    compareAndSet: (key, expected, value) => point('store', () => state.compareAndSet(key, expected, value)),
  };
}

const service = await startService(readConfig(config), createLog({ level: 'silent' }), new AbortController().signal, {
  openState: async (...args) => watched(await openState(...args)),
  files: {
    ...nodeFiles,
    write: (...args) => point('log', () => nodeFiles.write(...args)),
    fdatasync: (fd) => point('log', () => nodeFiles.fdatasync(fd)),
  },
});
process.on('disconnect', () => process.exit(1));
process.on('message', () => {
  armed = true;
  process.send?.('armed');
});
process.send?.({ decisions: service.decisions });
