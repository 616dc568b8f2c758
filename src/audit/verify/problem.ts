/** One thing that is wrong with a log, with its place. */
export type VerifyProblem = {
  readonly code:
    | 'audit.line_malformed'
    | 'audit.line_form'
    | 'audit.leaf_mismatch'
    | 'audit.payload_mismatch'
    | 'audit.line_too_long'
    | 'audit.index_mismatch'
    | 'audit.previous_mismatch'
    | 'audit.segment_missing'
    | 'audit.torn_tail'
    | 'audit.object_damaged'
    | 'audit.meta_damaged'
    | 'audit.seal_damaged'
    | 'audit.seal_mismatch';
  readonly message: string;
  /** The file's name in the log's folder. */
  readonly file: string;
  /** Counted from 1. */
  readonly line?: number;
  /** Where in the file, in bytes: of the damage itself where that can be told, else of the line. */
  readonly offset?: number;
  /** What the line claims, or the record that is missing. */
  readonly index?: number;
  readonly id?: string;
};
