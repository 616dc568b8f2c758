import { readBounded } from '../durable/bounded-read.ts';
import { CodedError, codeOf } from '../errors.ts';

/**
 * The bytes of a file, or of a pipe such as `<(command)`, named on the command line.
 *
 * @param what names it in messages
 * @throws CodedError `file.too_large`, `file.unreadable`
 */
export function readBoundedFile(path: string, mostBytes: number, what: string): Buffer {
  const read = readBounded(path, mostBytes, { pipes: true });
  if ('bytes' in read) return read.bytes;
  if (read.problem === 'too_large') {
    throw new CodedError('file.too_large', `${what} ${path} has more than ${mostBytes} bytes`);
  }
  const cause = 'cause' in read ? read.cause : undefined;
  throw new CodedError('file.unreadable', `${what} ${path} cannot be read (${codeOf(cause) ?? 'unknown error'})`, {
    cause,
  });
}
