/** What the log can say about itself, for readiness and metrics. */
export type AuditState = {
  readonly origin: string;
  /** The index of the next record. */
  readonly nextIndex: number;
  /** The index behind the last record that is durable: whatever happens, no later record comes to stand before it. */
  readonly durableIndex: number;
  /** Records, and their bytes, that wait for the disk. */
  readonly waiting: { readonly records: number; readonly bytes: number };
  /** Undefined where the system does not tell. */
  readonly freeBytes: number | undefined;
  readonly lowSpace: boolean;
} & (
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'failed' | 'closed';
      readonly code: string;
      readonly message: string;
      /** RFC 3339. */
      readonly since: string;
    }
);
