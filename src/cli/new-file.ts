import { randomBytes } from 'node:crypto';
import { link, open, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { nodeFiles } from '../durable/files.ts';
import { replaceFile } from '../durable/replace.ts';
import { CodedError, codeOf } from '../errors.ts';
import { printable } from './terminal.ts';

const MODE = 0o644;

/**
 * Puts a whole file in place where none is, or nothing: a temporary file in the same folder, fsync, a hard link that fails where something
 * stands already, fsync of the folder. With `force`, what stands there is replaced, as atomically.
 *
 * @throws CodedError `file.exists`, `file.not_written`, and with `force` `durable.*`
 */
export async function writeNewFile(path: string, bytes: Uint8Array, force: boolean): Promise<void> {
  if (force) return await replaceFile(path, bytes, { mode: MODE });
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await writeTemporary(temporary, bytes);
    await link(temporary, path);
    await nodeFiles.syncFolder(dirname(path));
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') {
      throw new CodedError(
        'file.exists',
        `${printable(path)} is there already; name another --output, or give --force to replace it`,
      );
    }
    throw new CodedError(
      'file.not_written',
      `${printable(path)} cannot be written (${codeOf(cause) ?? 'unknown error'})`,
      {
        cause,
      },
    );
  } finally {
    await unlink(temporary).catch(() => undefined);
  }
}

async function writeTemporary(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', MODE);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}
