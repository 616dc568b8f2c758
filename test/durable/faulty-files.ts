import { type Files, nodeFiles } from '../../src/durable/files.ts';

export type Operation = keyof Files;

/** The real file operations, of which a test makes some fail as a disk does. */
export type FaultyFiles = {
  readonly files: Files;
  /** Makes every operation of a kind fail from now on, until it is healed. */
  readonly break: (operation: Operation, code: string) => void;
  readonly heal: () => void;
  /** At most so many bytes per write. */
  readonly shorten: (bytes: number) => void;
  /** Lets so many more bytes through; then writes fail, the last one in its midst. */
  readonly fillUpAfter: (bytes: number, code: string) => void;
  /** What happens to a file whose sync fails, before the failure is told. */
  readonly onFailedSync: (run: (path: string) => Promise<void>) => void;
  /** Paths that were written after a sync of them had failed: must stay empty. */
  readonly writtenAfterFailedSync: () => readonly string[];
  readonly calls: (operation: Operation) => number;
};

export function faultyFiles(): FaultyFiles {
  const broken = new Map<Operation, string>();
  const counts = new Map<Operation, number>();
  const paths = new Map<number, string>();
  const tainted = new Set<number>();
  const offences: string[] = [];
  let most = Number.POSITIVE_INFINITY;
  let room: { bytes: number; code: string } | undefined;
  let failedSync = async (_path: string): Promise<void> => undefined;

  function check(operation: Operation): void {
    counts.set(operation, (counts.get(operation) ?? 0) + 1);
    const code = broken.get(operation);
    if (code !== undefined) throw systemError(code, operation);
  }

  async function sync(operation: 'fsync' | 'fdatasync', fd: number): Promise<void> {
    try {
      check(operation);
    } catch (error) {
      tainted.add(fd);
      await failedSync(paths.get(fd) ?? '');
      throw error;
    }
    await nodeFiles[operation](fd);
  }

  const files: Files = {
    async open(path, flags, mode) {
      check('open');
      const fd = await nodeFiles.open(path, flags, mode);
      paths.set(fd, path);
      tainted.delete(fd);
      return fd;
    },
    async read(...args) {
      check('read');
      return nodeFiles.read(...args);
    },
    async write(fd, from, offset, length, position) {
      if (tainted.has(fd)) offences.push(paths.get(fd) ?? '?');
      check('write');
      let some = Math.min(length, most);
      if (room !== undefined) {
        if (room.bytes === 0) throw systemError(room.code, 'write');
        some = Math.min(some, room.bytes);
        room.bytes -= some;
      }
      return nodeFiles.write(fd, from, offset, some, position);
    },
    fdatasync: (fd) => sync('fdatasync', fd),
    fsync: (fd) => sync('fsync', fd),
    close: (fd) => nodeFiles.close(fd),
    size: (fd) => nodeFiles.size(fd),
    mode: (fd) => nodeFiles.mode(fd),
    owner: (fd) => nodeFiles.owner(fd),
    async rename(from, to) {
      check('rename');
      return nodeFiles.rename(from, to);
    },
    async unlink(path) {
      check('unlink');
      return nodeFiles.unlink(path);
    },
    makeFolder: (path, mode) => nodeFiles.makeFolder(path, mode),
    list: (path) => nodeFiles.list(path),
    async syncFolder(path) {
      check('syncFolder');
      return nodeFiles.syncFolder(path);
    },
    freeBytes: (path) => nodeFiles.freeBytes(path),
  };

  return {
    files,
    break: (operation, code) => broken.set(operation, code),
    heal() {
      broken.clear();
      most = Number.POSITIVE_INFINITY;
      room = undefined;
    },
    shorten(bytes) {
      most = bytes;
    },
    fillUpAfter(bytes, code) {
      room = { bytes, code };
    },
    onFailedSync(run) {
      failedSync = run;
    },
    writtenAfterFailedSync: () => offences,
    calls: (operation) => counts.get(operation) ?? 0,
  };
}

function systemError(code: string, operation: string): Error {
  return Object.assign(new Error(`${code}: injected, ${operation}`), { code });
}
