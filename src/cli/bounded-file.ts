import { readFileSync, statSync } from 'node:fs';
import { CodedError, codeOf } from '../errors.ts';

/**
 * The bytes of a file named on the command line.
 *
 * @param what names it in messages
 * @throws CodedError `file.too_large`, `file.unreadable`
 */
export function readBoundedFile(path: string, mostBytes: number, what: string): Buffer {
  try {
    if (statSync(path).size > mostBytes) {
      throw new CodedError('file.too_large', `${what} ${path} has more than ${mostBytes} bytes`);
    }
    return readFileSync(path);
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    throw new CodedError('file.unreadable', `${what} ${path} cannot be read (${codeOf(cause) ?? 'unknown error'})`, {
      cause,
    });
  }
}
