import { CodedError } from '../errors.ts';
import { type Sha256Digest, sha256 } from '../model/digest.ts';
import { printable } from '../model/printable.ts';
import type { DocumentHandle } from '../trust/documents.ts';
import type { DocumentPair, IdleDocument, ParsedDocument } from './shelved.ts';
import type { VersionProblem } from './versions.ts';

/** A document as one source offers it, and what has become of it. */
export type Candidate<Content> = {
  readonly source: string;
  readonly digest: Sha256Digest;
  /** Over the document, its bundles in their order, and the problem: two offers with the same are the same. */
  readonly fingerprint: string;
  readonly bytes: Uint8Array;
  readonly bundles: readonly Uint8Array[];
  readonly half: boolean;
  /** What it says, or why it says nothing. */
  readonly read: { readonly parsed: ParsedDocument<Content> } | { readonly message: string };
  /** To ask trust by, once its signatures were looked at. */
  handle: DocumentHandle | undefined;
  /** What the store said of its version while its signatures were verified, to be used once. */
  examined: { readonly version: VersionProblem | undefined } | undefined;
  counts: boolean;
  /** How it is shown while it does not count. */
  idle: IdleDocument<Content> | undefined;
  /** What was recorded of it last, so that the same is not recorded again. */
  noted: string;
};

/** What is asked of `parse`: what the bytes say. */
export type ParseDocument<Content> = (bytes: Uint8Array, source: string) => ParsedDocument<Content>;

/** Reads what is offered. Never throws: what cannot be read says why. */
export type ReadCandidate<Content> = (pair: DocumentPair) => Candidate<Content>;

/** A reader that parses bytes once, though they are looked at before they are offered. */
export function createReader<Content>(parse: ParseDocument<Content>): ReadCandidate<Content> {
  const before = new WeakMap<Uint8Array, Pick<Candidate<Content>, 'source' | 'digest' | 'read'>>();
  return (pair) => {
    const { source, bytes, bundles, problem, half = false } = pair;
    const digest = sha256(bytes);
    const known = before.get(bytes);
    // Whoever holds the bytes may have changed them meanwhile.
    const isKnown = known !== undefined && known.digest === digest && known.source === source;
    const read =
      problem !== undefined ? { message: problem.message } : isKnown ? known.read : readWith(parse, bytes, source);
    before.delete(bytes);
    if (!isKnown && problem === undefined) before.set(bytes, { source, digest, read });
    return {
      source,
      digest,
      fingerprint: JSON.stringify([digest, bundles.map((bundle) => sha256(bundle)), problem?.message ?? '']),
      bytes,
      bundles,
      half,
      read,
      handle: undefined,
      examined: undefined,
      counts: false,
      idle: undefined,
      noted: '',
    };
  };
}

/** What it says, where it could be read. */
export function parsedOf<Content>({ read }: Candidate<Content>): ParsedDocument<Content> | undefined {
  return 'parsed' in read ? read.parsed : undefined;
}

/** True where both are versions of one document. */
export function isSameDocument<Content>(one: Candidate<Content>, other: Candidate<Content>): boolean {
  const [a, b] = [parsedOf(one)?.header, parsedOf(other)?.header];
  return a !== undefined && b !== undefined && a.type === b.type && a.id === b.id;
}

function readWith<Content>(
  parse: ParseDocument<Content>,
  bytes: Uint8Array,
  source: string,
): Candidate<Content>['read'] {
  try {
    return { parsed: parse(bytes, source) };
  } catch (thrown) {
    // Only coded errors have messages that may be shown.
    if (thrown instanceof CodedError) return { message: thrown.message };
    return { message: `${printable(source, 4096)} cannot be read; have it linted` };
  }
}
