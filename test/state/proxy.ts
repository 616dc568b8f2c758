import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A way to a server that can be cut at the worst moment: when the command has arrived and its answer has not. */
export type Proxy = {
  readonly url: string;
  /** Cuts the connection when the next command with this text was answered, in place of the answer. */
  readonly cutAnswerTo: (text: string) => void;
  /** From now on it takes connections and bytes, and passes nothing on. */
  readonly mute: () => void;
  /** How many connections there have been. */
  readonly connections: () => number;
  readonly close: () => Promise<void>;
};

export async function startProxy(port: number): Promise<Proxy> {
  let text: string | undefined;
  let muted = false;
  let connections = 0;
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    let cut = false;
    connections += 1;
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (bytes) => {
      if (text !== undefined && bytes.includes(text)) {
        cut = true;
        text = undefined;
      }
      if (!muted) upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (cut) client.destroy();
      else client.write(bytes);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `redis://127.0.0.1:${address.port}`,
    cutAnswerTo(next) {
      text = next;
    },
    mute() {
      muted = true;
    },
    connections: () => connections,
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
