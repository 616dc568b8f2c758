/** A value with the number of its writing: 1 for the first, one more with each. */
export type StateEntry = { readonly revision: number; readonly value: string };

/**
 * What replicas share, and what must survive a restart: marks that are never lowered. A port; memory, a file and Redis stand behind it.
 *
 * A store that was lost, emptied, torn or rolled back throws; it never answers as if it were new.
 */
export type SharedState = {
  /**
   * The entry under a key (printable ASCII, at most 512 characters), or undefined where none was ever written.
   *
   * @throws CodedError `state.*`
   */
  readonly read: (key: string) => Promise<StateEntry | undefined>;
  /**
   * Writes a value (at most 64 KiB) if the key's revision is still `expected` (0: never written). Resolves to true only once the write is
   * durable; to false when somebody else was first, and then nothing was written.
   *
   * @throws CodedError `state.*`; whether the write then took place is unknown, and reading again tells
   */
  readonly compareAndSet: (key: string, expected: number, value: string) => Promise<boolean>;
  /** Keys that begin with a prefix, at most `limit`, in no order. */
  readonly list: (prefix: string, limit: number) => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
};
