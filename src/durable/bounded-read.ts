import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** A file's bytes, or why there are none. */
type BoundedRead =
  | { readonly bytes: Buffer }
  | { readonly problem: 'too_large' | 'no_file' }
  | { readonly problem: 'unreadable'; readonly cause: unknown };

/** Reads into the whole of a buffer from a position in the file; says how many bytes came, 0 at the end. */
type ReadInto = (into: Buffer, position: number) => Promise<number>;

const PIECE_BYTES = 65_536;

/**
 * Reads to the end, or stops one byte after the bound: undefined. The size is not asked for first: a file can grow while it is read.
 */
export async function readToEnd(read: ReadInto, maxBytes: number): Promise<Buffer | undefined> {
  const pieces: Buffer[] = [];
  let length = 0;
  while (length <= maxBytes) {
    const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, maxBytes + 1 - length));
    const some = await read(piece, length);
    if (some === 0) return Buffer.concat(pieces, length);
    pieces.push(piece.subarray(0, some));
    length += some;
  }
  return undefined;
}

const GIVEN = /^\/(?:dev\/(?:stdin|fd\/\d+)|proc\/self\/fd\/\d+)$/;

/**
 * Whether a path is a descriptor that the process was given: its standard input, or what a shell makes of `<(command)`. Somebody holds its
 * other end, as nobody need hold that of a named pipe.
 */
export function isGiven(path: string): boolean {
  return GIVEN.test(path);
}

/**
 * Reads a file at once, for a start or a command, that has nothing else to do. Never more than one byte beyond the bound, whatever the
 * path leads to and whatever size it claims; never throws.
 *
 * @param options.pipes reads pipes and devices as well, and waits for them: for descriptors that the process was given. By default they
 *   are `no_file`.
 */
export function readBounded(path: string, maxBytes: number, { pipes = false } = {}): BoundedRead {
  try {
    // Non-blocking, so that a named pipe in the file's place cannot hold us before it is looked at.
    const descriptor = openSync(path, constants.O_RDONLY | (pipes ? 0 : constants.O_NONBLOCK));
    try {
      if (!pipes && !fstatSync(descriptor).isFile()) return { problem: 'no_file' };
      let buffer = Buffer.alloc(Math.min(PIECE_BYTES, maxBytes) + 1);
      let length = 0;
      while (length <= maxBytes) {
        if (length === buffer.length) buffer = Buffer.concat([buffer], Math.min(2 * length, maxBytes + 1));
        const some = readSync(descriptor, buffer, length, buffer.length - length, null);
        if (some === 0) return { bytes: buffer.subarray(0, length) };
        length += some;
      }
      return { problem: 'too_large' };
    } finally {
      closeSync(descriptor);
    }
  } catch (cause) {
    return { problem: 'unreadable', cause };
  }
}
