import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { CodedError } from '../../errors.ts';
import { isJsonObject } from '../../model/json.ts';
import type { Operation } from './operations.ts';

/** What a run of OPA may take. Nothing inside it can be interrupted, so it is a process that is watched, and ended from outside. */
export type OpaLimits = {
  /** Milliseconds from start to answer. Default 60,000. */
  readonly timeoutMs?: number;
  /** The most that OPA's own memory may be, megabytes. Default 1024. The process takes some 250 more. */
  readonly megabytes?: number;
  /** A run of many seconds, such as tests: V8 then optimises OPA, which costs half a second and makes what follows faster. Default false. */
  readonly long?: boolean;
  /** Ends the run early; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
};

const ENTRY = fileURLToPath(new URL('./child-entry.ts', import.meta.url));
const PROCESS_MEGABYTES = 512;
const WATCH_EVERY_MS = 50;
const ANSWER_AT_MOST_BYTES = 256 * 1024 * 1024;

/**
 * Runs operations in an OPA of their own, in a child process: about 0.5 s besides the work itself.
 *
 * @throws CodedError `policy.compile_timeout`, `policy.compile_memory`, `policy.compile_crashed`. What OPA finds wrong with the files is no error here.
 */
export async function runOpa<Result>(operation: Operation<Result>, limits: OpaLimits = {}): Promise<Result> {
  const { timeoutMs = 60_000, megabytes = 1024, long = false, signal } = limits;
  const request = JSON.stringify({ requests: operation.requests, megabytes });
  const output = await runChild(request, { timeoutMs, megabytes, long, ...(signal === undefined ? {} : { signal }) });
  let answer: unknown;
  try {
    answer = JSON.parse(output);
  } catch (cause) {
    throw crashed('it gave no whole answer', cause);
  }
  if (isJsonObject(answer) && typeof answer.trap === 'string') {
    if (/out of memory|cannot allocate|Maximum call stack|Memory/.test(answer.trap))
      throw outOfMemory(megabytes, answer.trap);
    throw crashed('it broke off', answer.trap);
  }
  if (!isJsonObject(answer) || !Array.isArray(answer.answers))
    throw crashed('it answered in another shape', output.slice(0, 200));
  return operation.read(answer.answers);
}

type Limits = {
  readonly timeoutMs: number;
  readonly megabytes: number;
  readonly long: boolean;
  readonly signal?: AbortSignal;
};

function runChild(request: string, { timeoutMs, megabytes, long, signal }: Limits): Promise<string> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    // V8's optimising compiler takes longer over OPA than a short run does without it.
    const flags = [`--max-old-space-size=${PROCESS_MEGABYTES}`, ...(long ? [] : ['--liftoff-only'])];
    // An empty environment: nothing of ours (NODE_OPTIONS, proxies, secrets) is the compiler's business.
    const child = spawn(process.execPath, [...flags, ENTRY], {
      env: {},
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
    });
    const output: Buffer[] = [];
    let outputBytes = 0;
    let errors = '';
    let ended = false;
    const end = (settle: () => void) => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      clearInterval(watch);
      signal?.removeEventListener('abort', abort);
      child.kill('SIGKILL');
      settle();
    };
    const abort = () => end(() => reject(signal?.reason));
    const timer = setTimeout(() => end(() => reject(timedOut(timeoutMs))), timeoutMs);
    const watch = setInterval(async () => {
      const resident = await residentMegabytes(child.pid);
      if (resident > megabytes + PROCESS_MEGABYTES)
        end(() => reject(outOfMemory(megabytes, `${resident} MB resident`)));
    }, WATCH_EVERY_MS);
    signal?.addEventListener('abort', abort, { once: true });
    child.stdout.on('data', (chunk: Buffer) => {
      output.push(chunk);
      outputBytes += chunk.length;
      if (outputBytes > ANSWER_AT_MOST_BYTES)
        end(() => reject(outOfMemory(megabytes, `an answer of over ${outputBytes} bytes`)));
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      if (errors.length < 4096) errors += chunk;
    });
    child.on('error', (cause) => end(() => reject(crashed('it could not be started', cause))));
    // It may end before it has read everything; what then counts is how it ended.
    child.stdin.on('error', () => undefined);
    child.on('close', (code, killed) => {
      if (code === 0) end(() => resolve(Buffer.concat(output).toString('utf8')));
      else if (/heap out of memory|allocation failed/i.test(errors)) end(() => reject(outOfMemory(megabytes, errors)));
      else end(() => reject(crashed(`it ended with ${killed ?? code}`, errors)));
    });
    child.stdin.end(request);
  });
}

/** What the process holds in memory, where the system tells (Linux); 0 elsewhere, where the limit on OPA's own memory stands alone. */
async function residentMegabytes(pid: number | undefined): Promise<number> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

function timedOut(timeoutMs: number): CodedError {
  return new CodedError(
    'policy.compile_timeout',
    `OPA did not finish within ${timeoutMs / 1000} s and was ended; make the policies or their tests smaller.`,
    { detail: { timeoutMs } },
  );
}

function outOfMemory(megabytes: number, cause: unknown): CodedError {
  return new CodedError(
    'policy.compile_memory',
    `OPA ran out of memory (${megabytes} MB) or stack; make the policies or their data smaller or less deep.`,
    { cause, detail: { megabytes } },
  );
}

function crashed(how: string, cause: unknown): CodedError {
  return new CodedError('policy.compile_crashed', `OPA, in a process of its own, failed: ${how}.`, { cause });
}
