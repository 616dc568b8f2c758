import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';

/** The system's notices about a set of folders that changes. */
export type FolderWatchers = {
  /** Watches these folders and no others; those that are missing are passed over. True where a watcher was begun. */
  readonly watch: (folders: Iterable<string>) => Promise<boolean>;
  readonly close: () => void;
};

/**
 * Watchers that call `onNotice` for whatever the system reports.
 *
 * @param onFailure told once for each folder that cannot be watched
 */
export function createFolderWatchers(
  onNotice: () => void,
  onFailure: (folder: string, cause: unknown) => void,
): FolderWatchers {
  const watchers = new Map<string, FSWatcher>();
  const unwatchable = new Set<string>();
  let closed = false;

  function begin(key: string, folder: string): boolean {
    const failed = (cause: unknown) => {
      end(key);
      if (unwatchable.has(folder) || closed) return;
      unwatchable.add(folder);
      onFailure(folder, cause);
    };
    try {
      const watcher = watch(folder, { persistent: false }, onNotice);
      watchers.set(key, watcher);
      watcher.on('error', failed);
      unwatchable.delete(folder);
      return true;
    } catch (cause) {
      failed(cause);
      return false;
    }
  }

  function end(key: string): void {
    watchers.get(key)?.close();
    watchers.delete(key);
  }

  return {
    watch: async (folders) => {
      const wanted = new Set<string>();
      let begun = false;
      for (const folder of new Set(folders)) {
        const stats = await stat(folder, { bigint: true }).catch(() => undefined);
        if (stats === undefined || closed) continue;
        // Folders are known by their inode: one that was removed and made anew needs a new watcher.
        const key = `${stats.dev}:${stats.ino}:${folder}`;
        wanted.add(key);
        if (!watchers.has(key) && begin(key, folder)) begun = true;
      }
      for (const key of watchers.keys()) if (!wanted.has(key)) end(key);
      return begun;
    },
    close: () => {
      closed = true;
      for (const key of watchers.keys()) end(key);
    },
  };
}
