import type { Files } from '../durable/files.ts';
import type { Schedule } from '../durable/schedule.ts';
import type { AuditEventSink } from './event.ts';

/** What is known of the free space where the log is. */
export type Space = {
  /** Undefined while it could not be asked. */
  readonly freeBytes: number | undefined;
  readonly low: boolean;
};

/** Looks at the free space, now and then. */
export type SpaceWatch = {
  readonly space: () => Space;
  /** Told of what was written, so that a fast log is looked at more often. */
  readonly written: (bytes: number) => void;
  /** Looks now. */
  readonly look: () => Promise<void>;
  readonly stop: () => void;
};

/** Where to look, how often, and what is low. */
export type SpaceOptions = {
  readonly files: Pick<Files, 'freeBytes'>;
  readonly folder: string;
  /** Free bytes below which space is low. */
  readonly threshold: number;
  readonly intervalMs: number;
  readonly schedule: Schedule;
  readonly onEvent: AuditEventSink;
};

const LOOK_AFTER_BYTES = 64 * 1024 * 1024;

/** Watches the free space and reports when it becomes low, and when it is enough again. It never stops the log: writes do that. */
export function watchSpace(options: SpaceOptions): SpaceWatch {
  const { threshold } = options;
  let space: Space = { freeBytes: undefined, low: false };
  let sinceLook = 0;
  let stopped = false;
  let cancel = (): void => undefined;

  async function look(): Promise<void> {
    sinceLook = 0;
    let freeBytes: number;
    try {
      freeBytes = await options.files.freeBytes(options.folder);
    } catch {
      // Not every file system tells; a full one still refuses writes, and that is reported.
      space = { freeBytes: undefined, low: space.low };
      return;
    }
    // Enough again only a tenth above the threshold: no report per record around it.
    const low = space.low ? freeBytes < threshold * 1.1 : freeBytes < threshold;
    const changed = low !== space.low;
    space = { freeBytes, low };
    if (changed && !stopped) options.onEvent({ type: low ? 'space_low' : 'space_enough', freeBytes, threshold });
  }

  function again(): void {
    if (stopped) return;
    cancel = options.schedule(options.intervalMs, () => {
      look().then(again);
    });
  }
  again();

  return {
    space: () => space,
    written(bytes) {
      sinceLook += bytes;
      if (sinceLook >= LOOK_AFTER_BYTES) look();
    },
    look,
    stop() {
      stopped = true;
      cancel();
    },
  };
}
