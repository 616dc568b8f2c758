/** A value with the number of its writing: 1 for the first, one more with each. */
export type StateEntry = { readonly revision: number; readonly value: string };

/** What the entries outlive: nothing (`memory`: the process's end forgets them), a restart of the one process (`file`), replicas (`redis`). */
export type StateKind = 'memory' | 'file' | 'redis';

/** A key has at most so many characters, all printable ASCII; a value at most so many bytes of UTF-8. */
export const MAX_STATE_KEY_LENGTH = 512;
export const MAX_STATE_VALUE_BYTES = 65_536;

/** Keys that begin so may be removed: what has been spent of plans, until the plan ends. All others are marks, which stay. */
export const PASSING_PREFIX = 'passing/';

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
  /**
   * Removes an entry if the key's revision is still `expected`. For keys alone that begin with `PASSING_PREFIX`: what stands there ends with
   * time, and writing it anew begins at revision 1. Resolves to true once that is durable; to false when the entry is another by now, or gone.
   *
   * @throws CodedError `state.*`, as `compareAndSet` does; `state.invalid_key` for any other key
   */
  readonly remove: (key: string, expected: number) => Promise<boolean>;
  /** Keys that begin with a prefix ('' for all), at most `limit`, in no order, none twice. */
  readonly list: (prefix: string, limit: number) => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
};
