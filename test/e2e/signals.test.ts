import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { demonstrationFolder } from '../fault/service-process.ts';

const entry = fileURLToPath(new URL('../../src/cli/entry.ts', import.meta.url));

type Ask = { readonly signal: () => void; readonly launcher: () => void; readonly loseLauncher: () => void };

/** The exit code of a service that is asked to stop, and asked again while a request keeps it from having ended. */
async function codeOfService(first: (ask: Ask) => void, second: (ask: Ask) => void): Promise<number | null> {
  const { folder, config } = demonstrationFolder();
  const child = spawn(process.execPath, [entry, 'serve', '--config', config, '--json'], {
    stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
  });
  const gone = once(child, 'exit');
  const ask: Ask = {
    signal: () => void child.kill('SIGTERM'),
    launcher: () => void child.send('stop'),
    loseLauncher: () => child.disconnect(),
  };
  assert.ok(child.stdout !== null);
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const { decisions, operations } = JSON.parse(String(line)).listening;
  const request = connect(Number(new URL(decisions).port), '127.0.0.1');
  request.on('error', () => undefined);
  await once(request, 'connect');
  const half = 'POST /access/v1/evaluation HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{';
  await new Promise((resolve) => request.write(half, resolve));
  // An answer on the other port: what was written before has arrived.
  while ((await fetch(`${operations}/readyz`)).status !== 200);
  first(ask);
  while ((await fetch(`${operations}/readyz`)).status !== 503);
  second(ask);
  // What was asked first is done before this is answered, or the service is gone.
  await fetch(`${operations}/healthz`).catch(() => undefined);
  request.destroy();
  const [code] = await gone;
  rmSync(folder, { recursive: true });
  return code;
}

describe('a service that is asked to stop', () => {
  const cases: readonly (readonly [string, (ask: Ask) => void, (ask: Ask) => void, number])[] = [
    ['by a signal that its launcher got too', ({ signal }) => signal(), ({ launcher }) => launcher(), 0],
    ['by its launcher and then the same signal', ({ launcher }) => launcher(), ({ signal }) => signal(), 0],
    ['by a signal, its launcher gone', ({ signal }) => signal(), ({ loseLauncher }) => loseLauncher(), 0],
    ['by two signals, which ends it at once', ({ signal }) => signal(), ({ signal }) => signal(), 2],
    ['twice by its launcher, which ends it at once', ({ launcher }) => launcher(), ({ launcher }) => launcher(), 2],
  ];
  for (const [name, first, second, code] of cases) {
    it(`${name}: ${code}`, async () => {
      assert.equal(await codeOfService(first, second), code);
    });
  }
});
