import type { IncomingMessage } from 'node:http';
import type { Identified } from '../decision/facts.ts';
import type { Trace } from '../decision/record.ts';
import { CodedError } from '../errors.ts';
import type { Identify } from '../identity/identify.ts';
import type { Json } from '../model/json.ts';
import { parseEvaluationRequest, parseSubject } from '../model/parse-request.ts';
import { type JsonLimits, parseStrictJson } from '../model/strict-json.ts';
import { publicError } from './errors.ts';
import { readTrace } from './trace.ts';

/** A request as Express hands it on, its body read. */
export type BodyRequest = IncomingMessage & { body?: unknown };

/** What an endpoint needs that does something for whoever asks. */
export type IdentifiedPorts = {
  readonly identify: Identify;
  /** Records an error of an identified caller; resolves once that record is durable. */
  readonly recordRefusal: (identified: Identified, code: string, trace: Trace) => Promise<void>;
  readonly jsonLimits: JsonLimits;
  /** Told of an error that nobody foresaw, with all its particulars. */
  readonly onUnexpected: (error: unknown) => void;
};

/** An error that was recorded under its caller's name, so that it is not counted among the strangers' as well. */
export class RecordedRefusal extends Error {
  override readonly name = 'RecordedRefusal';
}

/**
 * Reads the body, finds out who asks, and runs. What goes wrong from then on is recorded under the caller's name.
 *
 * @param parse tells what is wrong with a body that names nobody
 * @throws CodedError for a request that cannot be read or a caller that nobody knows; RecordedRefusal for what `run` throws
 */
export async function runIdentified<T>(
  ports: IdentifiedPorts,
  request: BodyRequest,
  run: (body: Json, identified: Identified, trace: Trace) => Promise<T>,
  parse: (body: Json) => unknown = parseEvaluationRequest,
): Promise<T> {
  const trace = readTrace(request);
  const body = readJson(request, ports.jsonLimits);
  const identified = identifyCaller(ports.identify, body, request, parse);
  try {
    return await run(body, identified, trace);
  } catch (error) {
    const { status, code } = publicError(error);
    // Where no record can be written, there is no point in trying to write one about it.
    if (code.startsWith('audit.') && status === 503) throw error;
    // Before the record: should that fail as well, this is what is to be looked into.
    if (status === 500) ports.onUnexpected(error);
    await ports.recordRefusal(identified, code, trace);
    throw new RecordedRefusal('the refusal stands in the audit log', { cause: error });
  }
}

function identifyCaller(
  identify: Identify,
  body: Json,
  request: BodyRequest,
  parse: (body: Json) => unknown,
): Identified {
  const subject = parseSubject(body);
  // Nobody is named, so nobody can be identified; the request's problems are all reported.
  if (subject === undefined) throw unidentified(body, parse);
  return identify(subject, { remoteAddress: request.socket.remoteAddress, host: request.headers.host });
}

function unidentified(body: Json, parse: (body: Json) => unknown): unknown {
  try {
    parse(body);
  } catch (error) {
    return error;
  }
  return new CodedError('request.invalid', '/subject is missing: say who asks, as {"type", "id"}');
}

/** `application/json`, with no parameter but a charset of UTF-8 (RFC 8259 section 11 defines none at all). */
const CONTENT_TYPE = /^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i;

function readJson(request: BodyRequest, limits: JsonLimits): Json {
  if (!CONTENT_TYPE.test(request.headers['content-type'] ?? '')) {
    throw new CodedError('http.content_type', 'send the request as Content-Type: application/json');
  }
  // The body reader leaves `undefined` where there was no body at all.
  const bytes = request.body instanceof Uint8Array ? request.body : new Uint8Array();
  return parseStrictJson(bytes, limits);
}

/** Who reads what is no secret among those who may ask at all: refused are strangers alone. */
export function identifyReader(identify: Identify, request: BodyRequest): void {
  const connection = { remoteAddress: request.socket.remoteAddress, host: request.headers.host };
  identify({ type: 'reader', id: 'reader' }, connection);
}
