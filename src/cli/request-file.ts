import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CodedError, codeOf } from '../errors.ts';
import { type Milliseconds, parseRfc3339 } from '../model/clock.ts';
import { isJsonObject, type Json, member } from '../model/json.ts';
import { parseEvaluationRequest } from '../model/parse-request.ts';
import type { EvaluationRequest } from '../model/request.ts';
import { parseStrictJson } from '../model/strict-json.ts';

/**
 * What a file for offline evaluation holds: an AuthZEN request, or an example, which brings a time and what is laid over the
 * gathered facts.
 */
export type RequestFile = {
  readonly request: EvaluationRequest;
  readonly time?: Milliseconds;
  /** A merge patch (RFC 7396) over the facts. */
  readonly facts?: Json;
};

const LIMITS = { maxBytes: 4 * 1024 * 1024, maxDepth: 256 };

/**
 * Reads a request file; `-` is standard input.
 *
 * @param trusted whether a file in the form of an example may bring its own time and facts. Who writes the request would otherwise
 *   write the facts that it is judged by.
 * @throws CodedError `evaluate.unreadable`, `evaluate.time`, `evaluate.not_trusted`, `json.*`, `request.invalid`.
 */
export async function readRequestFile(name: string, cwd: string, trusted: boolean): Promise<RequestFile> {
  const value = parseNamed(name, await readBytes(name, cwd));
  const wrapped = isJsonObject(value) ? member(value, 'request') : undefined;
  if (!isJsonObject(value) || wrapped === undefined || member(value, 'subject') !== undefined) {
    return { request: parseEvaluationRequest(value) };
  }
  const time = member(value, 'time');
  const facts = member(value, 'facts');
  if (!trusted && (time !== undefined || facts !== undefined)) {
    throw new CodedError(
      'evaluate.not_trusted',
      `${name} brings its own time or facts, by which it would be judged; if they are yours, as in examples/, say --dangerously-trust-file`,
    );
  }
  return {
    request: parseEvaluationRequest(wrapped),
    ...(time !== undefined && { time: readTime(time) }),
    ...(facts !== undefined && { facts }),
  };
}

function parseNamed(name: string, bytes: Uint8Array): Json {
  try {
    return parseStrictJson(bytes, LIMITS);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    throw new CodedError(error.code, `${name}: ${error.message}`, { cause: error });
  }
}

/** @throws CodedError `evaluate.time` for anything but RFC 3339. */
export function readTime(value: Json): Milliseconds {
  const time = typeof value === 'string' ? parseRfc3339(value) : undefined;
  if (time === undefined) {
    throw new CodedError('evaluate.time', 'the time must be RFC 3339 with an offset, such as 2026-11-23T10:00:00Z');
  }
  return time;
}

async function readBytes(name: string, cwd: string): Promise<Uint8Array> {
  try {
    if (name === '-') return await readStream(process.stdin);
    const path = resolve(cwd, name);
    if ((await stat(path)).size > LIMITS.maxBytes) throw tooLarge(name);
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    throw new CodedError(
      'evaluate.unreadable',
      `cannot read ${name} (${codeOf(cause) ?? 'unknown error'}); name a file with a request, or - for standard input`,
      { cause },
    );
  }
}

/** A pipe may be slow, and give what it has piece by piece. */
async function readStream(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of stream) {
    size += piece.length;
    if (size > LIMITS.maxBytes) throw tooLarge('-');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function tooLarge(name: string): CodedError {
  return new CodedError('evaluate.unreadable', `${name} is larger than ${LIMITS.maxBytes} bytes; it is no request`);
}
