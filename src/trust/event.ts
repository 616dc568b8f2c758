/** Something that whoever runs the service must hear of, though no request caused it: a line of the log, and a count by code. */
export type TrustEvent = {
  /** Stable, `area.what`. */
  readonly code: string;
  readonly severity: 'info' | 'warning' | 'error';
  /** What, where, what to do. */
  readonly message: string;
  /** For the log alone. */
  readonly cause?: unknown;
};
