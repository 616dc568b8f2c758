import { createHash } from 'node:crypto';
import { type Files, writeAll } from '../durable/files.ts';
import { attempt, corruptLog } from './failure.ts';
import type { Segment } from './segments.ts';

/**
 * Copies what was cut off into a file beside the log, durably. Its name comes from what is in it: however often a repair is tried
 * again, there is one such file.
 */
export async function setAside(
  files: Files,
  folder: string,
  segment: Segment,
  fd: number,
  start: number,
  end: number,
): Promise<string | undefined> {
  if (end <= start) return undefined;
  const hash = createHash('sha256');
  for await (const chunk of chunks(files, folder, fd, start, end)) hash.update(chunk);
  const name = `torn-${segment.name.slice(0, 20)}-${start}-${hash.digest('hex').slice(0, 16)}`;
  await copyInto(files, folder, fd, start, end, name, '');
  return name;
}

/** A part of a file; each piece is valid until the next one is asked for. */
async function* chunks(
  files: Files,
  folder: string,
  fd: number,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const chunk = Buffer.alloc(1024 * 1024);
  for (let position = start; position < end; ) {
    const length = Math.min(chunk.length, end - position);
    const read = await attempt('read', folder, files.read(fd, chunk, 0, length, position));
    if (read === 0) throw corruptLog(folder, 'a file became shorter while it was copied');
    yield chunk.subarray(0, read);
    position += read;
  }
}

/**
 * Copies a part of an open file, with a suffix behind it, into a fresh file that takes the name once it is durable.
 *
 * @throws CodedError for what the system refuses; the file that had the name is there then
 */
export async function copyInto(
  files: Files,
  folder: string,
  from: number,
  start: number,
  end: number,
  name: string,
  suffix: string,
): Promise<void> {
  const temporary = `${folder}/${name}.tmp`;
  const fd = await attempt('open', temporary, files.open(temporary, 'wx', 0o600));
  try {
    try {
      let position = 0;
      for await (const chunk of chunks(files, folder, from, start, end)) {
        await attempt('write', temporary, writeAll(files, fd, chunk, position));
        position += chunk.length;
      }
      if (suffix !== '') await attempt('write', temporary, writeAll(files, fd, Buffer.from(suffix), position));
      await attempt('sync', temporary, files.fsync(fd));
    } finally {
      await files.close(fd);
    }
    await attempt('rename', temporary, files.rename(temporary, `${folder}/${name}`));
  } catch (error) {
    await files.unlink(temporary).catch(() => undefined);
    throw error;
  }
  await attempt('sync', folder, files.syncFolder(folder));
}
