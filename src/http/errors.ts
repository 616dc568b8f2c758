import type { ServerResponse } from 'node:http';
import { CodedError } from '../errors.ts';

/** How an error leaves the process: never a decision, never a cause or stack. */
export type PublicError = {
  readonly status: 400 | 401 | 403 | 404 | 405 | 429 | 500 | 503;
  readonly code: string;
  readonly message: string;
  /** Seconds, for the Retry-After header. */
  readonly retryAfter?: number;
};

const BY_AREA: ReadonlyMap<string, PublicError['status']> = new Map([
  ['json', 400],
  ['request', 400],
  ['http', 400],
  ['authentication', 401],
  ['plan', 400],
  ['audit', 503],
  ['state', 503],
  ['decision', 503],
  ['overload', 503],
]);

/** Where a code means something else than its area. */
const BY_CODE: ReadonlyMap<string, PublicError['status']> = new Map([
  ['http.not_found', 404],
  ['http.method', 405],
  ['plan.not_submitter', 403],
  ['plan.not_found', 404],
  ['plan.quota_exceeded', 429],
  // Nobody can know now what was spent: what the store holds is not what was written there.
  ['plan.ledger_torn', 503],
  ['plan.submission_torn', 503],
  ['trust.state_unavailable', 503],
  // The same request will never fit into a record; the log is well.
  ['audit.record_too_large', 400],
  ['audit.payload_too_large', 400],
  // A defect of ours, not of the disk.
  ['audit.not_json', 500],
  ['audit.member_reserved', 500],
]);

/**
 * Maps anything thrown on the way of a request to what its caller may know. An error that nobody foresaw is 500 with a constant
 * text: its own may hold anything.
 */
export function publicError(error: unknown): PublicError {
  const known = fromBodyReader(error) ?? error;
  const status = known instanceof CodedError ? statusOf(known.code) : 500;
  if (!(known instanceof CodedError) || status === 500) {
    return {
      status: 500,
      code: 'internal_error',
      message: 'the request could not be decided; the service log has the cause',
    };
  }
  if (known.code === 'overload.in_flight') return { status, code: known.code, message: known.message, retryAfter: 1 };
  if (status === 503) {
    const message = known.code.startsWith('audit.')
      ? 'the decision could not be recorded, so none was made; retry later'
      : 'what is needed for this cannot be had now, so nothing was done; retry later';
    return { status, code: known.code, message, retryAfter: 5 };
  }
  return { status, code: known.code, message: known.message };
}

function statusOf(code: string): PublicError['status'] {
  return BY_CODE.get(code) ?? BY_AREA.get(code.split('.')[0] ?? '') ?? 500;
}

/** The errors of Express' body reader, by their `type`; a malformed request is 400 in AuthZEN, also where HTTP knows a finer code. */
function fromBodyReader(error: unknown): CodedError | undefined {
  if (!(error instanceof Error) || !('type' in error) || typeof error.type !== 'string') return undefined;
  switch (error.type) {
    case 'entity.too.large':
      return new CodedError('json.too_large', 'the body is larger than the service accepts; see limits.body_bytes', {
        cause: error,
      });
    case 'encoding.unsupported':
      return new CodedError('http.content_encoding', 'send the body without Content-Encoding', { cause: error });
    case 'request.aborted':
    case 'request.size.invalid':
      return new CodedError('http.body_incomplete', 'the body ended before its Content-Length', { cause: error });
    default:
      return undefined;
  }
}

/** Writes the error, unless the answer has begun. */
export function sendError(response: ServerResponse, error: PublicError): void {
  if (response.headersSent || response.destroyed) return;
  const body = Buffer.from(JSON.stringify({ error: { code: error.code, message: error.message } }));
  response.statusCode = error.status;
  response.setHeader('Content-Type', 'application/json');
  response.setHeader('Content-Length', body.byteLength);
  response.setHeader('Cache-Control', 'no-store');
  if (error.retryAfter !== undefined) response.setHeader('Retry-After', error.retryAfter);
  response.end(body);
}
