import { type Files, writeAll } from '../durable/files.ts';
import { attempt } from './failure.ts';

/** Bytes that must be writable before a log takes records. */
const PROBE_BYTES = 256 * 1024;

/**
 * Makes sure that the folder takes bytes: creating an empty file succeeds on a full disk.
 *
 * @throws CodedError with what the system refuses
 */
export async function probe(files: Files, folder: string): Promise<void> {
  const path = `${folder}/probe.tmp`;
  const fd = await attempt('open', path, files.open(path, 'w', 0o600));
  try {
    await attempt('write', path, writeAll(files, fd, Buffer.alloc(PROBE_BYTES), 0));
    await attempt('sync', path, files.fsync(fd));
  } finally {
    await files.close(fd);
    await files.unlink(path).catch(() => undefined);
  }
}
