import { CodedError, describeThrown } from '../../errors.ts';

/** How something is read from outside. */
export type Fetching = {
  /** `globalThis.fetch`, or a test's. */
  readonly fetch: typeof globalThis.fetch;
  /** Milliseconds for the whole request, its body included. */
  readonly timeoutMs: number;
  /** Calls the request off. */
  readonly signal: AbortSignal;
};

/**
 * GETs a resource of at most `maxBytes`, as it stands at this very address: redirects are refused, and reading ends at the bound.
 *
 * @throws CodedError `log.unreachable`, `log.timed_out`, `log.status`, `log.too_large`
 */
export async function fetchBytes(
  url: string,
  maxBytes: number,
  { fetch, timeoutMs, signal }: Fetching,
): Promise<Uint8Array> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      redirect: 'error',
      credentials: 'omit',
      cache: 'no-store',
      signal: AbortSignal.any([timeout, signal]),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new CodedError('log.status', `${url} answers with status ${response.status}`);
    }
    return await readBounded(response, url, maxBytes);
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    if (timeout.aborted)
      throw new CodedError('log.timed_out', `${url} did not answer within ${timeoutMs} ms`, { cause });
    throw new CodedError('log.unreachable', `${url} cannot be read: ${reason(cause)}`, { cause });
  }
}

async function readBounded(response: Response, url: string, maxBytes: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop cancels the rest.
  for await (const piece of response.body ?? []) {
    length += piece.length;
    if (length > maxBytes) throw new CodedError('log.too_large', `${url} answers with more than ${maxBytes} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces, length);
}

/** Node's fetch says "fetch failed" and puts why into the cause. */
function reason(thrown: unknown): string {
  return thrown instanceof Error && thrown.cause !== undefined ? describeThrown(thrown.cause) : describeThrown(thrown);
}
