import { createServer, type RequestListener, type Server } from 'node:http';
import { CodedError, codeOf } from '../errors.ts';
import type { LimitsConfig, ListenConfig } from './config.ts';

/** A listening server. */
export type Listening = {
  /** `http://127.0.0.1:8470`, with the port that was really taken. */
  readonly url: string;
  /** Takes no more connections, ends idle ones, and resolves when the requests under way ended or `ms` have passed. */
  readonly drain: (ms: number) => Promise<void>;
};

/**
 * Puts an application on a socket, with bounds on what a slow or idle client can hold. `onError` is told of what fails later.
 *
 * @throws CodedError `listen.failed` with the address and the remedy.
 */
export async function listen(
  app: RequestListener,
  at: ListenConfig,
  limits: LimitsConfig,
  onError: (error: unknown) => void,
): Promise<Listening> {
  const server = createServer(
    {
      headersTimeout: limits.headers_ms,
      requestTimeout: limits.request_ms,
      keepAliveTimeout: limits.keep_alive_ms,
      connectionsCheckingInterval: 1000,
      maxHeaderSize: 16_384,
    },
    app,
  );
  server.maxConnections = limits.connections;
  await bind(server, at);
  // Such as no more file descriptors: the service goes on with the connections that it has.
  server.on('error', onError);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : at.port;
  const host = at.host.includes(':') ? `[${at.host}]` : at.host;
  return { url: `http://${host}:${port}`, drain: (ms) => drain(server, ms) };
}

function bind(server: Server, at: ListenConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (cause: Error): void => {
      const busy = codeOf(cause) === 'EADDRINUSE';
      reject(
        new CodedError(
          'listen.failed',
          `cannot listen on ${at.host}:${at.port}: ${busy ? 'the port is taken; stop what holds it or configure another' : (codeOf(cause) ?? 'unknown error')}`,
          { cause },
        ),
      );
    };
    server.once('error', refuse);
    server.listen(at.port, at.host, () => {
      server.off('error', refuse);
      resolve();
    });
  });
}

function drain(server: Server, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(() => server.closeAllConnections(), ms);
    // A kept-alive connection becomes idle when its last answer is out; it would hold the server open.
    const sweep = setInterval(() => server.closeIdleConnections(), 20);
    server.close(() => {
      clearTimeout(late);
      clearInterval(sweep);
      resolve();
    });
  });
}
