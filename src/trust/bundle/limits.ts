/** Bounds of what is read of a bundle: real ones stay far below, and the work that a hostile one can cause stays small. */
export const BUNDLE_LIMITS = {
  /** Of the bundle's file, in bytes. */
  bytes: 1_048_576,
  /** Nesting of the bundle's JSON; the deepest member, a log's checkpoint, lies at 6. */
  depth: 16,
  certificates: 8,
  logEntries: 8,
  timestamps: 8,
  /** Of one inclusion proof: a tree of 2^63 leaves needs 63. */
  hashes: 64,
  /** DSSE allows more; Sigstore bundles (protobuf-specs, sigstore_bundle.proto) do not. */
  signatures: 1,
  /** Of a Statement. */
  subjects: 4096,
  /** Nesting of a Statement. */
  statementDepth: 64,
} as const;
