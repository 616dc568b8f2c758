import type { IncomingMessage } from 'node:http';
import type { Trace } from '../decision/record.ts';
import { CodedError } from '../errors.ts';

const REQUEST_ID = /^[\x21-\x7e]{1,256}$/;
/** W3C Trace Context, section 3.2: version, trace id, parent id, flags. */
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/;

/** True for an `X-Request-ID` that can go back into a header and into the record as it is: visible ASCII. */
export function isRequestId(value: string | string[] | undefined): value is string {
  return typeof value === 'string' && REQUEST_ID.test(value);
}

/**
 * What identifies the request from outside: `X-Request-ID` (AuthZEN 1.0 section 10.1.4) and the trace id of `traceparent`, of which
 * a malformed one is ignored, as its specification asks.
 *
 * @throws CodedError `http.request_id` for a request id that cannot be echoed and recorded as it is.
 */
export function readTrace(request: IncomingMessage): Trace {
  const requestId = request.headers['x-request-id'];
  if (requestId !== undefined && !isRequestId(requestId)) {
    throw new CodedError('http.request_id', 'X-Request-ID must be 1 to 256 visible ASCII characters without spaces');
  }
  const parent = request.headers.traceparent;
  const traceId = typeof parent === 'string' ? TRACEPARENT.exec(parent)?.[1] : undefined;
  return { ...(requestId !== undefined && { requestId }), ...(traceId !== undefined && { traceId }) };
}
