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

/** The same sink, whose failures end with it: a reporter that throws must keep no root and no revocation from counting. */
export function guardedEvents(sink: (event: TrustEvent) => void): (event: TrustEvent) => void {
  return (event) => {
    try {
      sink(event);
    } catch {
      // Nowhere is left to say it; the state says the rest.
    }
  };
}
