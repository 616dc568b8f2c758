/** What the log reports besides its answers: for the service's own log and metrics. It holds no record's content. */
export type AuditEvent =
  /** The log refuses records from now on. `cause` is for logs alone. */
  | { readonly type: 'failed'; readonly code: string; readonly message: string; readonly cause: unknown }
  /** An attempt to write again did not succeed; another follows. */
  | { readonly type: 'recovery_failed'; readonly code: string; readonly message: string; readonly cause: unknown }
  /** The log takes records again, from this index on. */
  | { readonly type: 'recovered'; readonly nextIndex: number }
  /**
   * The last segment was not closed and has been copied into a fresh file. `cutBytes` of an unfinished write were left out;
   * they are kept in `keptAside`, a file in the same folder.
   */
  | {
      readonly type: 'repaired';
      readonly segment: string;
      readonly records: number;
      readonly cutBytes: number;
      readonly keptAside?: string;
    }
  | { readonly type: 'segment_begun'; readonly segment: string }
  | { readonly type: 'space_low'; readonly freeBytes: number; readonly threshold: number }
  | { readonly type: 'space_enough'; readonly freeBytes: number; readonly threshold: number };

/** Takes the log's reports. */
export type AuditEventSink = (event: AuditEvent) => void;

/** The same sink, whose failures end with it: a reporter that throws must leave no decision without its answer. */
export function guarded(sink: AuditEventSink): AuditEventSink {
  return (event) => {
    try {
      sink(event);
    } catch {
      // Nowhere is left to say it; the state says the rest.
    }
  };
}
