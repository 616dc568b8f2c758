import { CodedError } from '../errors.ts';
import type { Json } from '../model/json.ts';
import { parseStrictJson, parseStrictJsonText } from '../model/strict-json.ts';
import { MCP_BOUNDS, sendsNoStrictJson, sendsTooMuch } from './mcp-bounds.ts';

type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

const JSON_TYPE = 'application/json';
const EVENTS_TYPE = 'text/event-stream';
/** What is read of an answer that says that something failed. */
const MOST_FAILURE_BYTES = 65_536;

/**
 * A fetch for the SDK's Streamable HTTP transport, behind which everything is strict JSON within bounds: answers of any size, members sent
 * twice and numbers that lose digits would pass the SDK. What the SDK then parses is what was parsed here, written anew.
 *
 * A stream of server messages beside the answers (GET without `Last-Event-ID`) is never opened: an import asks, and wants to hear nothing
 * else. A body that is broken off cannot be told by rejecting, so it goes to `fail` as well: `mcp.not_json`, `mcp.too_large`.
 */
export function createMcpFetch(fetch: Fetch, fail: (error: CodedError) => void): Fetch {
  let left: number = MCP_BOUNDS.bytes;
  const counted = (length: number): void => {
    left -= length;
    if (left < 0) throw sendsTooMuch(MCP_BOUNDS.bytes, 'in all');
  };
  return async (url, init) => {
    const resumes = new Headers(init?.headers).has('last-event-id');
    if ((init?.method ?? 'GET') === 'GET' && !resumes) return new Response(null, { status: 405 });
    const response = await fetch(url, { ...init, credentials: 'omit', cache: 'no-store' });
    try {
      return await checked(response, counted, fail);
    } catch (error) {
      if (error instanceof CodedError) fail(error);
      throw error;
    }
  };
}

async function checked(
  response: Response,
  counted: (length: number) => void,
  fail: (error: CodedError) => void,
): Promise<Response> {
  const { status, headers, body } = response;
  // A redirect's answer cannot be made anew, and has nothing in it that anybody reads.
  if (body === null || (status >= 300 && status < 400)) return response;
  const head = { status, headers: withoutEncoding(headers) };
  const type = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (!response.ok) return new Response(await firstBytes(body, MOST_FAILURE_BYTES), head);
  if (type === EVENTS_TYPE) {
    return new Response(body.pipeThrough(strictEvents(counted, fail)), head);
  }
  const bytes = await wholeBody(body, counted);
  if (type === JSON_TYPE) return new Response(written(strict(() => parseStrictJson(bytes, LIMITS))), head);
  return new Response(bytes, head);
}

const LIMITS = { maxBytes: MCP_BOUNDS.messageBytes, maxDepth: MCP_BOUNDS.depth };

/** The body comes decoded, and is written anew. */
function withoutEncoding(headers: Headers): Headers {
  const kept = new Headers(headers);
  kept.delete('content-encoding');
  kept.delete('content-length');
  return kept;
}

async function firstBytes(body: ReadableStream<Uint8Array>, most: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop cancels what is left.
  for await (const piece of body) {
    pieces.push(piece);
    length += piece.length;
    if (length >= most) break;
  }
  return Buffer.concat(pieces).subarray(0, most);
}

async function wholeBody(body: ReadableStream<Uint8Array>, counted: (length: number) => void): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of body) {
    counted(piece.length);
    length += piece.length;
    if (length > MCP_BOUNDS.messageBytes) throw sendsTooMuch(MCP_BOUNDS.messageBytes, 'in one answer');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** Server-sent events whose data is strict JSON, written anew with their ids and delays, which an interrupted stream is resumed by. */
function strictEvents(
  counted: (length: number) => void,
  fail: (error: CodedError) => void,
): TransformStream<Uint8Array, Uint8Array> {
  const [decoder, encoder] = [new TextDecoder('utf-8', { fatal: true }), new TextEncoder()];
  let line = '';
  let lines: string[] = [];
  let afterReturn = false;
  /** The lines that a piece ends. A carriage return ends one at once; a newline right behind it belongs to it. */
  const linesOf = (piece: string): string[] => {
    const found = (afterReturn && piece.startsWith('\n') ? piece.slice(1) : piece).split(/\r\n|\n|\r/);
    if (piece !== '') afterReturn = piece.endsWith('\r');
    found[0] = line + (found[0] ?? '');
    line = found.pop() ?? '';
    return found;
  };
  return new TransformStream({
    transform(bytes, controller) {
      try {
        counted(bytes.length);
        const piece = strict(() => decoder.decode(bytes, { stream: true }));
        for (const found of linesOf(piece)) {
          if (found !== '') lines.push(found);
          else {
            controller.enqueue(encoder.encode(strictEvent(lines)));
            lines = [];
          }
        }
        if (line.length > MCP_BOUNDS.messageBytes) throw sendsTooMuch(MCP_BOUNDS.messageBytes, 'in one event');
      } catch (error) {
        if (error instanceof CodedError) fail(error);
        throw error;
      }
    },
  });
}

function strictEvent(lines: readonly string[]): string {
  const data: string[] = [];
  const kept: string[] = [];
  for (const line of lines) {
    const [, field = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === 'data') data.push(value);
    else if (field === 'id' || field === 'event' || field === 'retry') kept.push(`${field}: ${value}\n`);
  }
  // An event without data only tells its id.
  const joined = data.join('\n');
  if (joined === '') return kept.length === 0 ? '' : `${kept.join('')}data\n\n`;
  return `${kept.join('')}data: ${written(strict(() => parseStrictJsonText(joined, LIMITS)))}\n\n`;
}

/** @throws CodedError `mcp.not_json` for what the parser refuses, be it JSON or UTF-8. */
function strict<Result>(parse: () => Result): Result {
  try {
    return parse();
  } catch (cause) {
    throw sendsNoStrictJson(cause);
  }
}

/** On one line, as JSON escapes line ends; `JSON.parse` reads back the very same, a member named `__proto__` included. */
function written(value: Json): string {
  return JSON.stringify(value);
}
