import { randomUUID } from 'node:crypto';
import { unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Fetcher } from 'tuf-js';
// Not among the package's exports; its updater tells by this class, and no other, that there is no newer root.json.
import { DownloadHTTPError } from 'tuf-js/dist/error.js';
import { VERSION } from '../../version.ts';
import { readBody, whyFetchFailed } from '../response-body.ts';

/** Milliseconds before a failed request is made again; doubled each time. */
const PAUSE_MS = 500;

export type MirrorRequests = {
  readonly fetch: typeof fetch;
  /** Ends everything under way: the refresh was called off, or took too long. */
  readonly signal: AbortSignal;
  /** Milliseconds that one request may take, its body included. */
  readonly requestMs: number;
  /** How often a request is made again that met no answer, or a server's error. */
  readonly retries: number;
  /** For a download while it is verified. */
  readonly folder: string;
};

/** Fetches from a TUF mirror within bounds of time and size. What comes is verified by whoever asked. */
export function mirrorFetcher(requests: MirrorRequests): Fetcher {
  return {
    downloadBytes: (url, maxLength) => download(requests, url, maxLength),
    async downloadFile(url, maxLength, handler) {
      const file = join(requests.folder, `${randomUUID()}.download`);
      try {
        await writeFile(file, await download(requests, url, maxLength), { flag: 'wx', mode: 0o600 });
        return await handler(file);
      } finally {
        await unlink(file).catch(() => undefined);
      }
    },
  };
}

async function download(requests: MirrorRequests, url: string, maxLength: number): Promise<Buffer> {
  for (let tries = 0; ; tries++) {
    try {
      return await once(requests, url, maxLength);
    } catch (error) {
      requests.signal.throwIfAborted();
      const final = error instanceof TooLong || (error instanceof DownloadHTTPError && error.statusCode < 500);
      if (final || tries >= requests.retries) throw error;
      await pause(PAUSE_MS * 2 ** tries, requests.signal);
    }
  }
}

async function once({ fetch, signal, requestMs }: MirrorRequests, url: string, maxLength: number): Promise<Buffer> {
  const response = await fetch(url, {
    headers: { 'user-agent': `exequatur/${VERSION}` },
    signal: AbortSignal.any([signal, AbortSignal.timeout(requestMs)]),
  }).catch((cause) => {
    throw new Error(`${url}: ${whyFetchFailed(cause)}`, { cause });
  });
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new DownloadHTTPError(`${url} answered ${response.status}`, response.status);
  }
  const bytes = await readBody(response, maxLength);
  if (bytes === undefined) throw new TooLong(`${url} is longer than the ${maxLength} bytes that are signed or read`);
  return bytes;
}

class TooLong extends Error {}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  signal.addEventListener('abort', () => resolve(), { once: true });
  return promise.finally(() => clearTimeout(timer));
}
