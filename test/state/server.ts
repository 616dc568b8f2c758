import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A real Redis or Valkey of a test's own: a free port on loopback, a temporary folder, ended by its process. */
export type RedisServer = {
  readonly port: number;
  readonly url: string;
  readonly folder: string;
  /** Starts it again on the same port and folder; with other settings where some are given. */
  readonly start: (settings?: readonly string[]) => Promise<void>;
  /** Ends it as a crash would. */
  readonly kill: () => Promise<void>;
  readonly pid: () => number;
};

/** What lets every confirmed write outlive a crash of a server without WAITAOF. */
export const ALWAYS: readonly string[] = ['--appendonly', 'yes', '--appendfsync', 'always'];
export const EVERY_SECOND: readonly string[] = ['--appendonly', 'yes', '--appendfsync', 'everysec'];

/** The first of the programs that is found, or undefined. */
function findProgram(...names: readonly string[]): string | undefined {
  return names.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0);
}

export const REDIS = findProgram('redis-server', 'valkey-server');

/** A server that has WAITAOF (Redis 7.2, Valkey), or undefined. */
export const WAITAOF_SERVER = ['valkey-server', 'redis-server'].find((name) => {
  const text = spawnSync(name, ['--version'], { encoding: 'utf8' }).stdout ?? '';
  const [major = 0, minor = 0] = (/v=(\d+)\.(\d+)/.exec(text) ?? []).slice(1).map(Number);
  return major > 7 || (major === 7 && minor >= 2);
});

/** Skips, and says why, where there is no such server; in CI it fails instead. */
export function needs(context: Mocha.Context, program: string | undefined, what: string): string {
  if (program !== undefined) return program;
  const message = `no ${what} is on the PATH (Debian: apt-get install redis-server)`;
  if (process.env.CI === 'true') throw new Error(message);
  process.stderr.write(`    skipped: ${message}\n`);
  return context.skip();
}

export async function startServer(program: string, settings: readonly string[]): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'exequatur-redis-'));
  const port = await freePort();
  let child: ChildProcess | undefined;
  let before = settings;

  const server: RedisServer = {
    port,
    url: `redis://127.0.0.1:${port}`,
    folder,
    async start(changed) {
      before = changed ?? before;
      // Its own settings last: a later one of the same name counts.
      const own = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--daemonize', 'no'];
      const started = spawn(program, [...own, ...before], { stdio: ['ignore', 'pipe', 'pipe'] });
      child = started;
      const closed = once(started, 'close');
      const lines: string[] = [];
      started.stderr.setEncoding('utf8').on('data', (text: string) => lines.push(text));
      for await (const line of createInterface({ input: started.stdout })) {
        lines.push(line);
        if (/[Rr]eady to accept connections/.test(line)) {
          started.stdout.resume();
          return;
        }
      }
      await closed;
      throw new Error(`${program} did not start:\n${lines.join('\n')}`);
    },
    async kill() {
      const running = child;
      child = undefined;
      if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
      const ended = once(running, 'exit');
      running.kill('SIGKILL');
      await ended;
    },
    pid() {
      if (child?.pid === undefined) throw new Error('the server does not run');
      return child.pid;
    },
  };
  await server.start();
  return server;
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
