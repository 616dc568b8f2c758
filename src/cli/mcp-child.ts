import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import { CodedError, codeOf } from '../errors.ts';
import { MCP_BOUNDS, sendsTooMuch } from './mcp-bounds.ts';
import { readMessage } from './mcp-message.ts';
import { printable } from './terminal.ts';

/** A server that is a program of ours to start. */
export type McpCommand = {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** All that it gets to see of the environment. */
  readonly env: Readonly<Record<string, string>>;
};

const NEWLINE = 0x0a;
const POSIX = process.platform !== 'win32';
/** Milliseconds that a server has to end of itself once its input is closed, and again after it was asked to (SIGTERM). */
const GRACE_MS = 1000;

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/**
 * MCP over the standard streams of a child process (the stdio transport: one JSON-RPC message a line). In place of the SDK's own, because
 * the program is not trusted: it gets the environment that it is given and nothing more, its messages are strict JSON within bounds, and
 * whatever it started ends with it. A line that is no JSON-RPC is noise, within a bound, as some servers log to the wrong stream.
 *
 * What makes further listening useless goes to `fail`: `mcp.not_started`, `mcp.exited`, `mcp.not_json`, `mcp.too_large`.
 */
export class McpChild implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: <Message extends JSONRPCMessage>(message: Message) => void;
  private readonly server: McpCommand;
  private readonly fail: (error: CodedError) => void;
  private child: Child | undefined;
  private pieces: Buffer[] = [];
  private pending = 0;
  private received = 0;
  private wasted = 0;
  private said: Buffer = Buffer.alloc(0);
  private closing: Promise<void> | undefined;

  constructor(server: McpCommand, fail: (error: CodedError) => void) {
    this.server = server;
    this.fail = fail;
  }

  start(): Promise<void> {
    const { command, args, cwd, env } = this.server;
    return new Promise((resolve, reject) => {
      const child = spawn(command, args, {
        cwd,
        env,
        stdio: ['pipe', 'pipe', 'pipe'],
        // A process group of its own: of a server that npx, uvx or a shell starts, that one is all that we know.
        detached: POSIX,
        windowsHide: true,
      });
      this.child = child;
      const left = () => signalGroup(child, 'SIGKILL');
      process.once('exit', left);
      child.on('spawn', resolve);
      child.on('error', (cause) => {
        process.off('exit', left);
        const error = notStarted(command, cause);
        this.fail(error);
        reject(error);
      });
      child.on('exit', () => {
        process.off('exit', left);
        left();
      });
      child.on('close', (code, signal) => {
        if (this.closing === undefined) this.fail(this.exited(code, signal));
        void this.close();
      });
      // It may go away before it has read everything; how it ended is told by `close`.
      child.stdin.on('error', () => undefined);
      child.stdout.on('data', (piece: Buffer) => this.take(piece));
      child.stderr.on('data', (piece: Buffer) => this.remember(piece));
    });
  }

  async send(message: JSONRPCMessage): Promise<void> {
    // Nobody waits until it is read: what we send is small, and its answer is waited for.
    if (this.closing === undefined) this.child?.stdin.write(`${JSON.stringify(message)}\n`);
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  /** The last that the server said beside the protocol, on one line; '' where it said nothing. */
  lastWords(): string {
    return printable(
      this.said
        .toString('utf8')
        .toWellFormed()
        .trim()
        .replaceAll(/\s*\n\s*/g, ' | '),
    );
  }

  private take(piece: Buffer): void {
    this.received += piece.length;
    if (this.received > MCP_BOUNDS.bytes) {
      this.giveUp(sendsTooMuch(MCP_BOUNDS.bytes, 'in all'));
      return;
    }
    let from = 0;
    for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, from)) {
      this.pieces.push(piece.subarray(from, end));
      const line = Buffer.concat(this.pieces);
      [this.pieces, this.pending, from] = [[], 0, end + 1];
      this.read(line);
      if (this.closing !== undefined) return;
    }
    const rest = piece.subarray(from);
    this.pending += rest.length;
    if (this.pending > MCP_BOUNDS.messageBytes) this.giveUp(sendsTooMuch(MCP_BOUNDS.messageBytes, 'in one line'));
    else if (rest.length > 0) this.pieces.push(rest);
  }

  private read(line: Buffer): void {
    const message = readMessage(line);
    if (message instanceof CodedError) this.giveUp(message);
    else if (message !== undefined) this.onmessage?.(message);
    else {
      this.wasted += line.length + 1;
      this.remember(line, Buffer.of(NEWLINE));
      if (this.wasted > MCP_BOUNDS.noiseBytes) this.giveUp(tooNoisy());
    }
  }

  private remember(...pieces: readonly Buffer[]): void {
    const kept = pieces.map((piece) => piece.subarray(-MCP_BOUNDS.lastWordsBytes));
    this.said = Buffer.concat([this.said, ...kept]).subarray(-MCP_BOUNDS.lastWordsBytes);
  }

  private giveUp(error: CodedError): void {
    this.fail(error);
    void this.close();
  }

  private exited(code: number | null, signal: NodeJS.Signals | null): CodedError {
    const how = signal === null ? `with exit code ${code ?? 'unknown'}` : `by ${signal}`;
    return new CodedError('mcp.exited', `the server ended ${how} before it had told its tools`);
  }

  private async end(): Promise<void> {
    const { child } = this;
    this.pieces = [];
    child?.stdout.removeAllListeners('data').destroy();
    child?.stderr.removeAllListeners('data').destroy();
    child?.stdin.end();
    this.onclose?.();
    if (child?.pid === undefined) return;
    if (!(await exitsWithin(child, GRACE_MS))) {
      signalGroup(child, 'SIGTERM');
      if (!(await exitsWithin(child, GRACE_MS))) signalGroup(child, 'SIGKILL');
    }
    await exitsWithin(child, GRACE_MS);
    child.stdin.destroy();
    // One that the system cannot end keeps nobody here.
    child.unref();
  }
}

function exitsWithin(child: Child, milliseconds: number): Promise<boolean> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(true);
  return new Promise((resolve) => {
    const settle = (exited: boolean) => () => {
      clearTimeout(timer);
      child.off('exit', ended);
      resolve(exited);
    };
    const ended = settle(true);
    const timer = setTimeout(settle(false), milliseconds);
    child.once('exit', ended);
  });
}

/** To the server and all that it started and that stayed in its process group. */
function signalGroup(child: Child, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid === undefined) return;
  try {
    if (POSIX) process.kill(-child.pid, signal);
    else child.kill(signal);
  } catch {
    // Nobody is left.
  }
}

function notStarted(command: string, cause: unknown): CodedError {
  return new CodedError(
    'mcp.not_started',
    `${printable(command)} cannot be started (${codeOf(cause) ?? 'unknown error'}); name a program that is in PATH, or its path, after --`,
    { cause },
  );
}

function tooNoisy(): CodedError {
  return new CodedError(
    'mcp.not_json',
    `the server writes more than ${MCP_BOUNDS.noiseBytes} bytes that are no message of the protocol; is it a server of MCP?`,
  );
}
