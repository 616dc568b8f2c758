import { isGiven, readBounded } from '../durable/bounded-read.ts';
import { CodedError, codeOf } from '../errors.ts';
import { printable } from './terminal.ts';

/**
 * The bytes of a file named on the command line, or of a pipe that the process was given, such as `<(command)`. A named pipe could have
 * no writer, and a device no end: they are refused at once, since nothing ends a process that waits for them.
 *
 * @param what names it in messages
 * @throws CodedError `file.too_large`, `file.unreadable`
 */
export function readBoundedFile(path: string, mostBytes: number, what: string): Buffer {
  const read = readBounded(path, mostBytes, { pipes: isGiven(path) });
  if ('bytes' in read) return read.bytes;
  switch (read.problem) {
    case 'too_large':
      throw new CodedError('file.too_large', `${what} ${printable(path)} has more than ${mostBytes} bytes`);
    case 'no_file':
      throw new CodedError(
        'file.unreadable',
        `${what} ${printable(path)} is no file; name one, not a folder, device or named pipe`,
      );
    case 'unreadable': {
      const { cause } = read;
      const why = codeOf(cause) ?? 'unknown error';
      throw new CodedError('file.unreadable', `${what} ${printable(path)} cannot be read (${why})`, { cause });
    }
  }
}
