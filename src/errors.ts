/**
 * The one base class of errors that Exequatur raises on purpose.
 *
 * `code` is stable and in `area.what` form: tests and callers match on it, never on the message. `message` is public: it may reach
 * an agent or a terminal, so it never holds a secret, a stack or another tenant's data. What only the log may see travels in `cause`.
 */
export class CodedError extends Error {
  override readonly name: string = 'CodedError';
  /** Stable, machine-readable, e.g. `json.duplicate_key`. */
  readonly code: string;
  /** Typed particulars: where it happened, what was found, what to do. Public like the message. */
  readonly detail: Readonly<Record<string, string | number | boolean>>;

  constructor(
    code: string,
    message: string,
    options: { cause?: unknown; detail?: Record<string, string | number | boolean> } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.detail = Object.freeze({ ...options.detail });
  }
}

/** The code of a coded error (ours) or of a Node error (`ENOSPC`); undefined for anything else, thrown strings included. */
export function codeOf(error: unknown): string | undefined {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return undefined;
}

/** A text for logs about anything that can be thrown: Errors, strings, plain objects. Never for clients. */
export function describeThrown(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message;
  if (typeof thrown === 'string') return thrown;
  if (typeof thrown === 'object' && thrown !== null && 'message' in thrown && typeof thrown.message === 'string') {
    return thrown.message;
  }
  return 'a value that is not an error was thrown';
}
