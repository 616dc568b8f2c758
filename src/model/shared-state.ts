/** A value with the number of its writing: 1 for the first, one more with each. */
export type StateEntry = { readonly revision: number; readonly value: string };

/** What the entries outlive: nothing (`memory`: the process's end forgets them), a restart of the one process (`file`), replicas (`redis`). */
export type StateKind = 'memory' | 'file' | 'redis';

/** A key has at most so many characters, all printable ASCII; a value at most so many bytes of UTF-8. */
export const MAX_STATE_KEY_LENGTH = 512;
export const MAX_STATE_VALUE_BYTES = 65_536;

/**
 * What replicas share, and what must survive a restart: marks that are never lowered. A port; memory, a file and Redis stand behind it.
 *
 * A store that was lost, emptied, torn or rolled back throws; it never answers as if it were new.
 */
export type SharedState = {
  readonly kind: StateKind;
  /**
   * The entry under a key (printable ASCII, 1 to 512 characters), or undefined where none was ever written. What it returns is durable.
   *
   * @throws CodedError `state.*`
   */
  readonly read: (key: string) => Promise<StateEntry | undefined>;
  /**
   * Writes a value (at most 64 KiB of UTF-8) if the key's revision is still `expected` (0: never written). Resolves to true only once the
   * write is durable; to false when somebody else was first, and then nothing was written.
   *
   * @throws CodedError `state.*`; whether the write then took place is unknown unless `detail.outcome` is `not_written`, and reading again
   *   tells
   */
  readonly compareAndSet: (key: string, expected: number, value: string) => Promise<boolean>;
  /** Keys that begin with a prefix ('' for all), at most `limit`, in no order, none twice. */
  readonly list: (prefix: string, limit: number) => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
};
