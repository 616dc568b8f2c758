import type { Schedule } from '../../durable/schedule.ts';
import { watchFiles } from '../../durable/watch.ts';
import type { FileState } from '../../durable/watched-file.ts';
import { CodedError, describeThrown } from '../../errors.ts';
import { sha256Of } from '../../model/digest.ts';
import { guardedEvents, type TrustEvent } from '../event.ts';
import { MAX_REVOCATION_BYTES, parseRevocations, type RevocationList } from './parse.ts';
import type { Revocations } from './revocations.ts';

/** The revocations that count now, followed as their files change. */
export type OpenRevocations = {
  readonly current: () => Revocations;
  /** Called with each new state; what it returns ends that. */
  readonly onChange: (listener: (now: Revocations) => void) => () => void;
  /** Looks at the files at once. */
  readonly check: () => Promise<void>;
  readonly close: () => Promise<void>;
};

type RevocationOptions = {
  /** Seconds between looks where the system reports no change. Default 5. */
  readonly pollSeconds?: number;
  readonly schedule?: Schedule;
  readonly onEvent?: (event: TrustEvent) => void;
};

/**
 * Reads and watches revocation files; without any, nothing is revoked, and nothing told. Never fails: what cannot be read is the state
 * `unavailable`, told as `revocations.unavailable`, until it can be read again (`revocations.changed`).
 */
export async function openRevocations(
  paths: readonly string[],
  options: RevocationOptions = {},
): Promise<OpenRevocations> {
  const { pollSeconds = 5, schedule } = options;
  const onEvent = guardedEvents(options.onEvent ?? (() => undefined));
  const listeners = new Set<(now: Revocations) => void>();
  let current: Revocations;

  const take = (files: readonly FileState[], generation: number): void => {
    current = revocationsOf(files, generation);
    onEvent(eventOf(current));
    for (const listener of [...listeners]) {
      try {
        listener(current);
      } catch (cause) {
        const message = `a change of revocations was not taken up: ${describeThrown(cause)}`;
        onEvent({ code: 'revocations.listener_failed', severity: 'error', message, cause });
      }
    }
  };
  const watch = await watchFiles(paths, (files) => take(files, current.generation + 1), {
    pollMs: pollSeconds * 1000,
    maxBytes: MAX_REVOCATION_BYTES,
    ...(schedule === undefined ? {} : { schedule }),
    onError: (error) =>
      onEvent({ code: 'revocations.watch_failed', severity: 'warning', message: error.message, cause: error }),
  });
  current = revocationsOf(watch.current(), 1);
  if (paths.length > 0) onEvent(eventOf(current));
  return {
    current: () => current,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    check: watch.check,
    close: watch.close,
  };
}

function revocationsOf(files: readonly FileState[], generation: number): Revocations {
  const lists: RevocationList[] = [];
  const problems: string[] = [];
  for (const file of files) {
    try {
      if ('problem' in file) throw file.problem;
      lists.push(parseRevocations(file.bytes, file.path));
    } catch (cause) {
      problems.push(cause instanceof CodedError ? cause.message : `${file.path}: ${describeThrown(cause)}`);
    }
  }
  if (problems.length > 0) return { state: 'unavailable', generation, message: problems.join(' ') };
  return {
    state: 'ready',
    generation,
    digest: sha256Of(...files.map((file) => ('digest' in file ? `${file.digest}\n` : ''))),
    keys: new Set(lists.flatMap((list) => list.keys)),
    certificates: new Set(lists.flatMap((list) => list.certificates)),
    identities: new Set(lists.flatMap((list) => list.identities)),
    artifacts: new Set(lists.flatMap((list) => list.artifacts)),
  };
}

function eventOf(now: Revocations): TrustEvent {
  if (now.state === 'unavailable') {
    return {
      code: 'revocations.unavailable',
      severity: 'error',
      message: `nothing signed counts until the revocations can be read: ${now.message}`,
    };
  }
  const counts = `${now.keys.size} keys, ${now.certificates.size} certificates, ${now.identities.size} identities and ${now.artifacts.size} artifacts`;
  return { code: 'revocations.changed', severity: 'info', message: `revoked are ${counts} (${now.digest})` };
}
