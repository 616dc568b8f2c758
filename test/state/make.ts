import { createClient } from 'redis';
import { type RedisStateConfig, stateConfig } from '../../src/state/config.ts';
import type { RedisServer } from './server.ts';

/** The configuration for a server's store, with what a test changes in it. */
export function redisConfig(server: Pick<RedisServer, 'url'>, changes: Record<string, unknown> = {}): RedisStateConfig {
  const config = stateConfig.parse({ store: 'redis', url: server.url, ...changes });
  if (config.store !== 'redis') throw new TypeError('a test asks for Redis');
  return config;
}

/** Sends one command behind the store's back. */
export function command(server: Pick<RedisServer, 'url'>, ...words: readonly string[]): Promise<unknown> {
  return commands(server, [words]);
}

/** The same for several on one connection; the last one's reply. */
export async function commands(
  server: Pick<RedisServer, 'url'>,
  rows: readonly (readonly string[])[],
): Promise<unknown> {
  const client = createClient({ url: server.url, RESP: 2, socket: { reconnectStrategy: false } });
  client.on('error', () => undefined);
  await client.connect();
  try {
    let reply: unknown;
    for (const words of rows) reply = await client.sendCommand([...words]);
    return reply;
  } finally {
    client.destroy();
  }
}
