import type { Sha256Digest } from './digest.ts';
import type { JsonObject } from './json.ts';

/** Kinds of records that this version writes; readers accept unknown ones. */
export type RecordKind = 'decision' | 'refusal' | 'activation' | 'withdrawal' | 'alarm' | 'trust';

/**
 * What the writer of a record hands to the log. The log adds `v`, `index`, `previous`, `instance`, `tenant` and, where there is a
 * payload, `payload_digest`, and brings it into RFC 8785 form. Members are those of `record` in the log's line.
 */
export type RecordDraft = {
  readonly kind: RecordKind;
  readonly id: string;
  /** RFC 3339, UTC, milliseconds. */
  readonly time: string;
  /** Everything else that stands in the record, by its name there; nothing that a caller sent beyond identifiers. */
  readonly body: JsonObject;
  /** What else the caller sent: arguments, properties, context. Outside the chain, masked before it is written. */
  readonly payload?: JsonObject;
};

/** Where a record came to stand, once it is durable. */
export type AppendedRecord = { readonly origin: string; readonly index: number; readonly leaf: Sha256Digest };
