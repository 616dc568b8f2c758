import type { Schedule } from '../../durable/schedule.ts';
import { watchFiles } from '../../durable/watch.ts';
import type { FileState } from '../../durable/watched-file.ts';
import { CodedError, describeThrown } from '../../errors.ts';
import type { TrustEvent } from '../event.ts';
import { MAX_ROOT_BYTES, parseTrustRoot } from './parse-trust-root.ts';
import type { RootState } from './root-state.ts';

export type FileRoots = {
  readonly state: (name: string) => RootState | undefined;
  readonly close: () => Promise<void>;
};

export type FileRootsOptions = {
  readonly schedule: Schedule;
  readonly onEvent: (event: TrustEvent) => void;
  readonly onChange: () => void;
};

/**
 * Roots in files, which are watched. A version that cannot be read, or does not parse, is reported (`root.rejected`), and the last good
 * one counts on.
 *
 * @param paths by name
 * @throws CodedError `durable.file_*`, `root.*` where one cannot be read at the start
 */
export async function openFileRoots(paths: ReadonlyMap<string, string>, options: FileRootsOptions): Promise<FileRoots> {
  const { schedule, onEvent, onChange } = options;
  const names = [...paths.keys()];
  const states = new Map<string, Extract<RootState, { readonly root: unknown }>>();
  /** By name, what was reported last, so that a change of another file does not report it again. */
  const rejected = new Map<string, string>();

  /** True when another root counts now. */
  function take(name: string, file: FileState): boolean {
    if ('problem' in file) throw file.problem;
    if (file.digest === states.get(name)?.digest) return false;
    states.set(name, { root: parseTrustRoot(file.bytes), bytes: file.bytes, digest: file.digest });
    return true;
  }

  function changed(files: readonly FileState[]): void {
    let any = false;
    for (const [index, file] of files.entries()) {
      const name = names[index];
      if (name === undefined) continue;
      const version = 'digest' in file ? file.digest : file.problem.code;
      if (rejected.get(name) === version) continue;
      rejected.delete(name);
      try {
        if (!take(name, file)) continue;
        any = true;
        onEvent({ code: 'root.changed', severity: 'info', message: `root ${name}: ${file.path} was taken up anew` });
      } catch (cause) {
        rejected.set(name, version);
        onEvent({
          code: 'root.rejected',
          severity: 'error',
          message: `root ${name}: ${file.path} is refused, and the last good version counts on: ${describeThrown(cause)}`,
          cause,
        });
      }
    }
    if (any) onChange();
  }

  const watch = await watchFiles([...paths.values()], changed, {
    maxBytes: MAX_ROOT_BYTES,
    schedule,
    onError: (error) =>
      onEvent({ code: 'root.watch_failed', severity: 'warning', message: error.message, cause: error }),
  });
  for (const [index, file] of watch.current().entries()) {
    const name = names[index] ?? '';
    try {
      take(name, file);
    } catch (cause) {
      await watch.close();
      if (!(cause instanceof CodedError)) throw cause;
      throw new CodedError(cause.code, `trust.roots.${name}: ${file.path}: ${cause.message}`, { cause });
    }
  }
  return { state: (name) => states.get(name), close: watch.close };
}
