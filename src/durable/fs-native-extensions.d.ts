/** The part that is used of a package without types of its own. */
declare module 'fs-native-extensions' {
  /**
   * Locks bytes of an open file, the whole file when no range is given; on Linux by F_OFD_SETLK, so that the lock is the open file's and ends with the process, however it
   * ends. False where somebody else holds it.
   */
  export function tryLock(fd: number, options?: { shared?: boolean }): boolean;
  export function unlock(fd: number): void;
}
