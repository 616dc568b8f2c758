import { z } from 'zod';
import { isSha256Digest, type Sha256Digest, sha256 } from '../../model/digest.ts';
import { parseStrictJsonText } from '../../model/strict-json.ts';
import type { DocumentKind } from '../authority/authority.ts';
import { refusal } from '../failure.ts';
import type { Proofs } from '../verdict.ts';
import type { LogName } from './event.ts';

/** How a document is known from version to version: by its name, or where it has none by its digest. */
export type DocumentName = { readonly kind: DocumentKind; readonly name?: string; readonly document: Sha256Digest };

/** The largest checkpoint, of one log, that a document came with. */
export type DocumentMark = LogName & { readonly size: bigint };

/** Proofs, and the names of the authorities that they were counted of: sorted, and no more than `MAX_NAMES`. */
export type RememberedProofs = Proofs & { readonly names: readonly string[] };

/** Names of authorities that are remembered of a document: of 64 bytes at most each, so that there is room for them. */
export const MAX_NAMES = 256;

/** What is remembered of one document. */
export type DocumentMemory = {
  readonly kind: DocumentKind;
  readonly name?: string;
  /** The version that was remembered last. */
  readonly document: Sha256Digest;
  /** The strongest of all sets that it came with, part by part; absent after it was forgotten. */
  readonly proofs?: RememberedProofs;
  /** Raised only where the strict mark is switched on. */
  readonly marks: readonly DocumentMark[];
};

export const DOCUMENT_PREFIX = 'trust/document/';

/** The key that a document's memory stands under. Name and digest cannot be taken for one another. */
export function documentKey({ kind, name, document }: DocumentName): string {
  return name === undefined ? keyOfDigest(kind, document) : keyOfName(kind, name);
}

/** The key of a document that the caller knows by a name. */
export function keyOfName(kind: DocumentKind, name: string): string {
  return `${DOCUMENT_PREFIX}${hex(kind)}/${hex(`name ${name}`)}`;
}

/** The key of a document without a name. */
export function keyOfDigest(kind: DocumentKind, document: Sha256Digest): string {
  return `${DOCUMENT_PREFIX}${hex(kind)}/${hex(`digest ${document}`)}`;
}

function hex(text: string): string {
  return sha256(text).slice('sha256:'.length);
}

const COUNT = z.int().min(0);
const stored = z.strictObject({
  v: z.literal(1),
  kind: z.string(),
  name: z.string().optional(),
  document: z.string().refine(isSha256Digest),
  proofs: z
    .strictObject({
      authorities: COUNT,
      logs: COUNT,
      timestamps: COUNT,
      scts: COUNT,
      attestations: z.array(z.string()),
      // Absent in what was written before names were: nobody is known by name until the document is admitted again.
      names: z.array(z.string()).default([]),
    })
    .optional(),
  marks: z.array(
    z.strictObject({ log_id: z.string(), origin: z.string(), size: z.string().regex(/^(?:0|[1-9]\d{0,19})$/) }),
  ),
});

/** The text that a store keeps. */
export function writeDocumentMemory({ kind, name, document, proofs, marks }: DocumentMemory): string {
  const value: z.infer<typeof stored> = {
    v: 1,
    kind,
    ...(name !== undefined && { name }),
    document,
    ...(proofs !== undefined && {
      proofs: { ...proofs, attestations: [...proofs.attestations], names: [...proofs.names] },
    }),
    marks: marks.map(({ logId, origin, size }) => ({ log_id: logId, origin, size: size.toString() })),
  };
  return JSON.stringify(value);
}

/** @throws CodedError `trust.state_unavailable`: the store does not hold what was put there */
export function readDocumentMemory(text: string): DocumentMemory {
  try {
    return parseDocumentMemory(text);
  } catch (cause) {
    throw refusal('state_unavailable', 'what the store holds of a document is not what was written there', cause);
  }
}

function parseDocumentMemory(text: string): DocumentMemory {
  const {
    v: _v,
    marks,
    name,
    proofs,
    document,
    kind,
  } = stored.parse(parseStrictJsonText(text, { maxBytes: 65_536, maxDepth: 8 }));
  if (!isSha256Digest(document)) throw new TypeError('the remembered digest is none');
  return {
    kind,
    document,
    ...(name !== undefined && { name }),
    ...(proofs !== undefined && { proofs }),
    marks: marks.map(({ log_id, origin, size }) => ({ logId: log_id, origin, size: BigInt(size) })),
  };
}
