import {
  Client,
  ProtocolError,
  SdkHttpError,
  StreamableHTTPClientTransport,
  type Transport,
} from '@modelcontextprotocol/client';
import { z } from 'zod';
import { CodedError, describeThrown } from '../errors.ts';
import { isJsonObject, type Json, member } from '../model/json.ts';
import { whyFetchFailed } from '../trust/response-body.ts';
import { VERSION } from '../version.ts';
import { MCP_BOUNDS } from './mcp-bounds.ts';
import { McpChild, type McpCommand } from './mcp-child.ts';
import { createMcpFetch } from './mcp-fetch.ts';
import { printable } from './terminal.ts';

/** A server whose tools are wanted: a program to start, or an address to ask (Streamable HTTP). */
export type McpServer =
  | ({ readonly kind: 'stdio' } & McpCommand)
  | { readonly kind: 'http'; readonly url: URL; readonly headers: Readonly<Record<string, string>> };

/** How its tools are asked for. */
export type McpAsking = {
  /** Milliseconds for all of it: starting, connecting, every page. */
  readonly timeoutMs: number;
  readonly interrupted: AbortSignal;
  /** Speaks this revision of the protocol and no other. Default: those of 2025 and before, else 2026-07-28. */
  readonly protocol?: string;
  readonly onPage?: (page: number) => void;
};

/** What a server says that it offers, whole and unchecked. */
export type McpTools = {
  readonly tools: readonly Json[];
  /** The revision of the protocol that was spoken: servers may list a tool differently in another. */
  readonly protocol: string;
  /** What the server calls itself; nobody else says so. */
  readonly name?: string;
  readonly version?: string;
};

/** The first revision without a handshake. */
const MODERN = '2026-07-28';
/** Milliseconds for telling a server that its session is over. */
const FAREWELL_MS = 1000;

/**
 * Connects to a server, lists all its tools, page by page, and leaves it: a program that was started has ended when this returns.
 *
 * @throws CodedError `mcp.not_started`, `mcp.exited`, `mcp.unreachable`, `mcp.not_authorized`, `mcp.http_status`, `mcp.refused`,
 *   `mcp.protocol`, `mcp.not_json`, `mcp.too_large`, `mcp.too_many`, `mcp.timed_out`, `mcp.interrupted`
 */
export async function listMcpTools(server: McpServer, asking: McpAsking): Promise<McpTools> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(timedOut(asking.timeoutMs)), asking.timeoutMs);
  const interrupt = () =>
    stop.abort(new CodedError('mcp.interrupted', 'the import was interrupted; nothing was written'));
  asking.interrupted.addEventListener('abort', interrupt, { once: true });
  if (asking.interrupted.aborted) interrupt();
  try {
    if (asking.protocol !== undefined) return await listOnce(server, asking.protocol, asking, stop.signal);
    return await listEither(server, asking, stop.signal);
  } finally {
    clearTimeout(timer);
    asking.interrupted.removeEventListener('abort', interrupt);
  }
}

/** Most servers know the handshake, and most agents use it. One that does not says so by an error. */
async function listEither(server: McpServer, asking: McpAsking, stop: AbortSignal): Promise<McpTools> {
  try {
    return await listOnce(server, undefined, asking, stop);
  } catch (error) {
    if (!(error instanceof CodedError) || !isOfAnotherRevision(error)) throw error;
    try {
      return await listOnce(server, MODERN, asking, stop);
    } catch (other) {
      if (!(other instanceof CodedError) || other.code === 'mcp.interrupted') throw other;
      throw new CodedError(error.code, `${error.message}; and in revision ${MODERN}: ${other.message}`, {
        cause: other,
      });
    }
  }
}

function isOfAnotherRevision({ code, detail }: CodedError): boolean {
  return detail.connecting === true && ['mcp.refused', 'mcp.http_status', 'mcp.protocol'].includes(code);
}

async function listOnce(
  server: McpServer,
  protocol: string | undefined,
  asking: McpAsking,
  stop: AbortSignal,
): Promise<McpTools> {
  stop.throwIfAborted();
  const broken = new AbortController();
  const fail = (error: unknown) => broken.abort(error);
  const stopped = () => fail(stop.reason);
  stop.addEventListener('abort', stopped, { once: true });
  const transport = openTransport(server, fail);
  const client = new Client({ name: 'exequatur', version: VERSION }, revisionOptions(protocol));
  let connecting = true;
  try {
    // Whatever the SDK waits for, nobody waits for it longer than for what broke.
    return await Promise.race([
      rejection(broken.signal),
      (async () => {
        await client.connect(transport, { timeout: asking.timeoutMs, signal: broken.signal });
        connecting = false;
        const tools = await listPages(client, asking, broken.signal);
        if (transport instanceof StreamableHTTPClientTransport) await leave(transport);
        return { tools, ...describeServer(client) };
      })(),
    ]);
  } catch (error) {
    const named = broken.signal.aborted ? broken.signal.reason : namedError(error, connecting);
    throw withLastWords(named, transport);
  } finally {
    stop.removeEventListener('abort', stopped);
    await transport.close();
  }
}

function openTransport(server: McpServer, fail: (error: CodedError) => void): McpChild | StreamableHTTPClientTransport {
  if (server.kind === 'stdio') return new McpChild(server, fail);
  return new StreamableHTTPClientTransport(server.url, {
    fetch: createMcpFetch(globalThis.fetch, fail),
    requestInit: { headers: { ...server.headers } },
  });
}

function revisionOptions(protocol: string | undefined): ConstructorParameters<typeof Client>[1] {
  // It can do nothing for a server: no files to show, no questions to answer, no model to ask.
  const capabilities = {};
  if (protocol === undefined) return { capabilities };
  if (protocol >= MODERN) return { capabilities, versionNegotiation: { mode: { pin: protocol } } };
  return { capabilities, supportedProtocolVersions: [protocol] };
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

async function listPages(client: Client, { timeoutMs, onPage }: McpAsking, signal: AbortSignal): Promise<Json[]> {
  const tools: Json[] = [];
  const cursors = new Set<string>();
  for (let cursor: string | undefined; ; ) {
    onPage?.(cursors.size + 1);
    // Anything goes: a schema would drop what it does not know, and the whole definition counts.
    const result = await client.request(
      { method: 'tools/list', params: cursor === undefined ? {} : { cursor } },
      z.unknown(),
      { timeout: timeoutMs, signal },
    );
    const page = isJsonObject(result) ? member(result, 'tools') : undefined;
    if (!isJsonObject(result) || !isArray(page)) throw unusable('has no array `tools`');
    for (const tool of page) tools.push(tool);
    if (tools.length > MCP_BOUNDS.tools) throw tooMany(`${MCP_BOUNDS.tools} tools`);
    const next = member(result, 'nextCursor');
    if (next === undefined || next === null || next === '') return tools;
    if (typeof next !== 'string') throw unusable('has a nextCursor that is no string');
    if (cursors.has(next)) throw unusable('leads back to a page that was read before');
    if (cursors.size + 1 >= MCP_BOUNDS.pages) throw tooMany(`${MCP_BOUNDS.pages} pages of tools`);
    cursors.add(next);
    cursor = next;
  }
}

function describeServer(client: Client): Omit<McpTools, 'tools'> {
  const info: unknown = client.getServerVersion();
  const text = (name: string) => {
    const value = isJsonObject(info) ? member(info, name) : undefined;
    return typeof value === 'string' ? { [name]: value } : {};
  };
  return { protocol: client.getNegotiatedProtocolVersion() ?? 'unknown', ...text('name'), ...text('version') };
}

/** Ends the session where there is one. What comes of it changes nothing. */
async function leave(transport: StreamableHTTPClientTransport): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, FAREWELL_MS);
  });
  await Promise.race([transport.terminateSession().catch(() => undefined), enough]);
  clearTimeout(timer);
}

function namedError(thrown: unknown, connecting: boolean): unknown {
  if (thrown instanceof CodedError) return thrown;
  const options = { cause: thrown, detail: { connecting } };
  if (thrown instanceof SdkHttpError) {
    const { status } = thrown;
    return status === 401 || status === 403
      ? new CodedError(
          'mcp.not_authorized',
          `the server answers with status ${status}; give --token-file or --header`,
          options,
        )
      : new CodedError('mcp.http_status', `the server answers with status ${status ?? 'unknown'}`, options);
  }
  if (thrown instanceof ProtocolError) {
    const message = printable(thrown.message.slice(0, 300).toWellFormed());
    return new CodedError('mcp.refused', `the server answers with error ${thrown.code}: ${message}`, options);
  }
  if (thrown instanceof TypeError) {
    return new CodedError(
      'mcp.unreachable',
      `the server cannot be reached: ${printable(whyFetchFailed(thrown))}`,
      options,
    );
  }
  const message = printable(describeThrown(thrown).slice(0, 500).toWellFormed());
  return new CodedError('mcp.protocol', `the server does not speak the protocol as is due: ${message}`, options);
}

/** What a program said beside the protocol is mostly why it went wrong. */
function withLastWords(thrown: unknown, transport: Transport): unknown {
  const words = transport instanceof McpChild ? transport.lastWords() : '';
  if (words === '' || !(thrown instanceof CodedError)) return thrown;
  return new CodedError(thrown.code, `${thrown.message}; beside it the server said: ${words}`, {
    cause: thrown.cause,
    detail: { ...thrown.detail },
  });
}

function timedOut(timeoutMs: number): CodedError {
  return new CodedError(
    'mcp.timed_out',
    `the server has not told its tools within ${timeoutMs / 1000} s; raise --timeout if it needs longer`,
  );
}

function unusable(what: string): CodedError {
  return new CodedError('mcp.protocol', `the server's answer to tools/list ${what}`);
}

function tooMany(what: string): CodedError {
  return new CodedError(
    'mcp.too_many',
    `the server lists more than ${what}; a catalogue holds no more from one server`,
  );
}

function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
