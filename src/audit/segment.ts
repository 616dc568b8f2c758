import { type Files, writeAll } from '../durable/files.ts';
import { attempt } from './failure.ts';
import { segmentName } from './segments.ts';

/** A segment that is being written. After a failed append it is only ever closed. */
export type SegmentWriter = {
  readonly name: string;
  /** Bytes that are durable in it. */
  readonly size: () => number;
  /** Writes behind everything before, and resolves once it is on the disk. */
  readonly append: (bytes: Uint8Array) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** Creates the segment whose first record has this index. It must not exist: no file of the log is opened for writing twice. */
export async function beginSegment(files: Files, folder: string, first: number): Promise<SegmentWriter> {
  const name = segmentName(first);
  const path = `${folder}/${name}`;
  const fd = await attempt('open', path, files.open(path, 'wx', 0o600));
  try {
    await attempt('sync', folder, files.syncFolder(folder));
  } catch (error) {
    await files.close(fd);
    throw error;
  }
  let size = 0;
  return {
    name,
    size: () => size,
    async append(bytes) {
      await attempt('write', path, writeAll(files, fd, bytes, size));
      await attempt('sync', path, files.fdatasync(fd));
      size += bytes.length;
    },
    close: () => files.close(fd),
  };
}
