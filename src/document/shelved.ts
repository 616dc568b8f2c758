import type { CodedError } from '../errors.ts';
import type { Milliseconds } from '../model/clock.ts';
import type { Sha256Digest } from '../model/digest.ts';
import type { DocumentFailure, Signatures } from '../model/facts.ts';
import type { DocumentContent } from '../trust/authority/scope.ts';
import type { DocumentHandle } from '../trust/documents.ts';
import type { DocumentHeader } from './header.ts';

/** How the sources of documents begin that somebody handed in, who may read what is said of them. Those of files are paths. */
export const SUBMITTED_PREFIX = 'submitted/';

/** A document as it came, with all bundles that stand beside it. */
export type DocumentPair = {
  /** Where it came from, e.g. the path of its file: for messages, and to offer it again or retract it by. */
  readonly source: string;
  /** Not to be changed while it is offered. */
  readonly bytes: Uint8Array;
  readonly bundles: readonly Uint8Array[];
  /** Why there are no bytes, or not all bundles: the document is refused with this message. */
  readonly problem?: CodedError;
  /**
   * Only the document or only its bundles are others than before: the other half may be on its way. Where the signatures do not
   * count, that is recorded a moment later.
   */
  readonly half?: boolean;
};

/** A document that was read, not verified. */
export type ParsedDocument<Content> = {
  readonly header: DocumentHeader;
  readonly content: Content;
  /** What scopes and highest effects of its signers are compared with. */
  readonly about: DocumentContent;
};

/** A document that counts, while `standing` says so. */
export type ActiveDocument<Content> = {
  readonly source: string;
  readonly header: DocumentHeader;
  readonly content: Content;
  /** SHA-256 of the bytes: a plan's hash. */
  readonly digest: Sha256Digest;
  readonly bytes: Uint8Array;
  readonly since: Milliseconds;
  /** To ask trust by; absent where no trust is configured. */
  readonly handle?: DocumentHandle;
};

/** A document that is here and does not count. */
export type IdleDocument<Content> = {
  readonly source: string;
  /** `refused`: it never counted; `withdrawn`: it did; `superseded`: a later version of it counts. */
  readonly state: 'refused' | 'withdrawn' | 'superseded';
  readonly digest: Sha256Digest;
  /** Absent where it could not be read. Nothing that stands in it was verified. */
  readonly parsed?: ParsedDocument<Content>;
  readonly failed: readonly DocumentFailure[];
  /** What, where and what to do. */
  readonly message: string;
  readonly since: Milliseconds;
};

/** Whether a document counts at a time. */
export type DocumentStanding =
  | { readonly counts: true; readonly signatures: Signatures }
  | { readonly counts: false; readonly failed: readonly DocumentFailure[] };

/** Why a document is refused or withdrawn besides what trust says of its signatures; stands in facts and records. */
export const DOCUMENT_FAILURES = {
  document_invalid: 'the document cannot be read; `exequatur catalogue lint` or `exequatur plan lint` says where',
  document_expired: 'the document has expired; have a new version signed',
  document_not_yet_valid: 'the document is not valid yet; check the clock, or wait until it is issued',
  document_twice: 'another document here has the same kind and id; keep one',
  version_rolled_back: 'a higher version of the document was accepted before; have a higher one signed',
  version_reused: 'another document with the same id and version was accepted before; have a higher version signed',
  another_signer:
    'the id belongs to documents of other signers; choose another id, have one of them sign, or `trust forget`',
  collision: 'a tool or server is listed by another document already',
  look_alike: 'a name looks like that of another tool or server',
  mentions_other_server: "a description mentions another server's tool",
  hidden_text: 'a definition holds characters that people do not see',
  document_removed: 'the document, or its bundle, was removed',
  document_superseded: 'a later version of the document counts',
  record_failed: 'that it counts could not be recorded, so it does not; look at the audit log',
  state_unavailable: 'the store of what was seen before cannot be used',
} as const;

/** One of these. */
export type DocumentFailureCode = keyof typeof DOCUMENT_FAILURES;

/** What becomes of documents: each is a record. */
export type ShelfEvent = {
  readonly type: 'activated' | 'refused' | 'withdrawn';
  readonly kind: string;
  /** Absent where the document could not be read. */
  readonly id?: string;
  readonly version?: number;
  readonly digest: Sha256Digest;
  readonly source: string;
  /** Why; empty for an activation. */
  readonly failed: readonly DocumentFailure[];
  readonly message: string;
  /** Whose signatures count; none where no trust is configured. */
  readonly signatures?: Signatures;
  /** Somebody may be at work: a version put back, reused, a signature that does not verify. */
  readonly alarm: boolean;
  /** Of an activation: what is kept beside the record that names its digest. */
  readonly bytes?: Uint8Array;
  readonly bundles?: readonly Uint8Array[];
};
