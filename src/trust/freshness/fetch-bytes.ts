import { CodedError } from '../../errors.ts';
import { readBody, whyFetchFailed } from '../response-body.ts';

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
    const bytes = await readBody(response, maxBytes);
    if (bytes === undefined) throw new CodedError('log.too_large', `${url} answers with more than ${maxBytes} bytes`);
    return bytes;
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    if (timeout.aborted)
      throw new CodedError('log.timed_out', `${url} did not answer within ${timeoutMs} ms`, { cause });
    throw new CodedError('log.unreachable', `${url} cannot be read: ${whyFetchFailed(cause)}`, { cause });
  }
}
