import type { Schedule } from '../durable/schedule.ts';
import { CodedError } from '../errors.ts';
import type { SharedState } from '../model/shared-state.ts';
import { stateFailure } from './failure.ts';

/** Whether the store can be used, as the last look at it found. Code and message are public. */
export type StateHealth =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string; readonly cause: unknown };

/** The looks at a store, by schedule. */
export type StateWatch = {
  readonly health: () => StateHealth;
  /** Ends the schedule; a look under way changes nothing any more. */
  readonly close: () => void;
};

export type StateWatchOptions = {
  readonly schedule: Schedule;
  /** Told once when the store fails, when it fails for another reason, and when it can be used again. */
  readonly onChange: (now: StateHealth) => void;
  /** Milliseconds from the end of one look to the next. Default 5000. */
  readonly everyMs?: number;
  /** Milliseconds after which a look that has no answer counts as failed; its answer counts when it comes. Default 30,000. */
  readonly patienceMs?: number;
};

/** Never written: that there is no such entry is an answer, for which the store must be there, whole, and the one that was opened. */
const KEY = 'exequatur/watch';

/**
 * Reads the store every few seconds, so that its loss shows before a document needs it. One look at a time. What a read of the store
 * bears out is told: of Redis, that it answers, has the same store and keeps what it confirms; of a file, that its last write went well.
 *
 * @param store opened just now, so that it counts as ready until the first look
 */
export function watchState(store: SharedState, options: StateWatchOptions): StateWatch {
  const { schedule, onChange, everyMs = 5000, patienceMs = 30_000 } = options;
  let health: StateHealth = { kind: 'ready' };
  let closed = false;
  let endWait = schedule(everyMs, () => void look());
  let endPatience = (): void => undefined;

  function take(now: StateHealth): void {
    if (closed) return;
    const changed = codeOfHealth(now) !== codeOfHealth(health);
    health = now;
    if (changed) onChange(now);
  }

  async function look(): Promise<void> {
    endPatience = schedule(patienceMs, () => take(failed(noAnswer(patienceMs))));
    const found = await store.read(KEY).then((): StateHealth => ({ kind: 'ready' }), failed);
    endPatience();
    if (closed) return;
    // Before it is told, so that nothing that a listener does ends the looks.
    endWait = schedule(everyMs, () => void look());
    take(found);
  }

  return {
    health: () => health,
    close() {
      closed = true;
      endWait();
      endPatience();
    },
  };
}

function failed(cause: unknown): StateHealth {
  if (cause instanceof CodedError) return { kind: 'failed', code: cause.code, message: cause.message, cause };
  return {
    kind: 'failed',
    code: 'state.failed',
    message: 'The state cannot be read; the service log says why.',
    cause,
  };
}

function codeOfHealth(health: StateHealth): string | undefined {
  return health.kind === 'failed' ? health.code : undefined;
}

function noAnswer(patienceMs: number): CodedError {
  return stateFailure(
    'unavailable',
    `The state has not answered for ${patienceMs / 1000} seconds. Check the store that state names, and the way to it.`,
  );
}
