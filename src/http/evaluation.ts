import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Decide } from '../decision/decide.ts';
import type { Identified } from '../decision/facts.ts';
import type { Trace } from '../decision/record.ts';
import { CodedError } from '../errors.ts';
import type { Identify } from '../identity/identify.ts';
import type { Json } from '../model/json.ts';
import { parseEvaluationRequest, parseSubject } from '../model/parse-request.ts';
import { type JsonLimits, parseStrictJson } from '../model/strict-json.ts';
import { evaluationAnswer } from './answer.ts';
import { publicError } from './errors.ts';
import { readTrace } from './trace.ts';

/** What the endpoint needs. */
export type EvaluationPorts = {
  readonly identify: Identify;
  readonly decide: Decide;
  /** Records an error of an identified caller; resolves once that record is durable. */
  readonly recordRefusal: (identified: Identified, code: string, trace: Trace) => Promise<void>;
  /** Counts a refusal of nobody in particular. */
  readonly countRefusal: (code: string) => void;
  readonly jsonLimits: JsonLimits;
  /** Told of an error that nobody foresaw, with all its particulars. */
  readonly onUnexpected: (error: unknown) => void;
};

type Handler = (request: IncomingMessage & { body?: unknown }, response: ServerResponse) => Promise<void>;

/** `POST /access/v1/evaluation` (AuthZEN 1.0 section 6): parse, decide, serialise. */
export function evaluationEndpoint(ports: EvaluationPorts): Handler {
  return async (request, response) => {
    const trace = readTrace(request);
    const body = readJson(request, ports.jsonLimits);
    const identified = identifyCaller(ports.identify, body, request);
    const decision = await decideOrRecord(ports, body, identified, trace);
    const answer = Buffer.from(JSON.stringify(evaluationAnswer(decision)));
    response.statusCode = 200;
    response.setHeader('Content-Type', 'application/json');
    response.setHeader('Content-Length', answer.byteLength);
    response.setHeader('Cache-Control', 'no-store');
    response.end(answer);
  };
}

/** An error that was recorded under its caller's name, so that it is not counted among the strangers' as well. */
export class RecordedRefusal extends Error {
  override readonly name = 'RecordedRefusal';
}

async function decideOrRecord(ports: EvaluationPorts, body: Json, identified: Identified, trace: Trace) {
  try {
    return await ports.decide(parseEvaluationRequest(body), identified, trace);
  } catch (error) {
    const { status, code } = publicError(error);
    // Where no record can be written, there is no point in trying to write one about it.
    if (status === 503) throw error;
    // Before the record: should that fail as well, this is what is to be looked into.
    if (status === 500) ports.onUnexpected(error);
    await ports.recordRefusal(identified, code, trace);
    throw new RecordedRefusal('the refusal stands in the audit log', { cause: error });
  }
}

function identifyCaller(identify: Identify, body: Json, request: IncomingMessage): Identified {
  const subject = parseSubject(body);
  // Nobody is named, so nobody can be identified; the request's problems are all reported.
  if (subject === undefined) throw unidentified(body);
  return identify(subject, { remoteAddress: request.socket.remoteAddress, host: request.headers.host });
}

function unidentified(body: Json): unknown {
  try {
    parseEvaluationRequest(body);
  } catch (error) {
    return error;
  }
  return new CodedError('request.invalid', '/subject is missing');
}

/** `application/json`, with no parameter but a charset of UTF-8 (RFC 8259 section 11 defines none at all). */
const CONTENT_TYPE = /^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i;

function readJson(request: IncomingMessage & { body?: unknown }, limits: JsonLimits): Json {
  if (!CONTENT_TYPE.test(request.headers['content-type'] ?? '')) {
    throw new CodedError('http.content_type', 'send the request as Content-Type: application/json');
  }
  // The body reader leaves `undefined` where there was no body at all.
  const bytes = request.body instanceof Uint8Array ? request.body : new Uint8Array();
  return parseStrictJson(bytes, limits);
}
