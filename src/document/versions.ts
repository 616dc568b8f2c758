import { z } from 'zod';
import { type Clock, type Milliseconds, parseRfc3339, rfc3339 } from '../model/clock.ts';
import { isSha256Digest, type Sha256Digest, sha256 } from '../model/digest.ts';
import { printable } from '../model/printable.ts';
import type { SharedState } from '../model/shared-state.ts';
import { parseStrictJsonText } from '../model/strict-json.ts';
import { refusal } from '../trust/failure.ts';
import type { Forgettable } from '../trust/freshness/forget.ts';
import { createUpdate } from '../trust/freshness/update.ts';
import type { DocumentFailureCode } from './shelved.ts';

/** Which version of which document, and which bytes. */
export type DocumentVersion = {
  readonly kind: string;
  readonly id: string;
  readonly version: number;
  readonly digest: Sha256Digest;
};

/** The highest version of a document that was accepted. */
export type HighestVersion = {
  readonly version: number;
  readonly digest: Sha256Digest;
  /** The authorities that vouched for it, sorted, each once. Absent where none is known: anybody may sign the next. */
  readonly by?: readonly string[];
};

/** What is remembered of a document's id. */
export type AcceptedVersion = {
  /** Absent after an operator had it forgotten. */
  readonly highest?: HighestVersion;
  /** When a version of it was accepted first. */
  readonly since: Milliseconds;
};

/** Why a version is not taken. */
export type VersionProblem = {
  readonly code: Extract<
    DocumentFailureCode,
    'version_rolled_back' | 'version_reused' | 'another_signer' | 'state_unavailable'
  >;
  /** What, and what to do. */
  readonly message: string;
  /** For the log alone. */
  readonly cause?: unknown;
};

/** The highest version of each document that was ever accepted, over restarts and replicas. */
export type Versions = {
  /**
   * Whether a version may be taken: undefined for the same again, for what nobody knows, and for a higher one where an authority that
   * vouched for the highest vouches for it as well: what that one said lay within its scope. Never rejects, writes nothing.
   *
   * @param by the authorities that vouch for it. Default: none, so that a higher version passes only where anybody may sign it
   */
  readonly check: (document: DocumentVersion, by?: readonly string[]) => Promise<VersionProblem | undefined>;
  /**
   * The same, and remembers it durably as the highest, with whoever vouches for it; not who vouches for the same bytes later. Never
   * rejects.
   */
  readonly raise: (document: DocumentVersion, by?: readonly string[]) => Promise<VersionProblem | undefined>;
  /**
   * What is remembered of an id; undefined where no version of it was ever accepted.
   *
   * @throws CodedError `state.*`, `trust.state_unavailable` for a torn entry
   */
  readonly accepted: (kind: string, id: string) => Promise<AcceptedVersion | undefined>;
};

/** Keys under which versions stand. */
export const VERSION_PREFIX = 'document/version/';

/** More names than a configuration has authorities, each longer than their names are: an entry stays below 64 KiB. */
const MAX_NAMES = 256;
const MAX_NAME = 128;
/** Names that a message spells out. */
const SPELLED_OUT = 8;

const stored = z.strictObject({
  v: z.literal(1),
  kind: z.string(),
  id: z.string(),
  version: z.int().min(1).optional(),
  digest: z.string().refine(isSha256Digest).optional(),
  by: z.array(z.string().max(MAX_NAME)).min(1).max(MAX_NAMES).optional(),
  since: z.string(),
});

/** Versions over a store. @param now for when an id was first accepted */
export function createVersions(state: SharedState, now: Clock): Versions {
  const update = createUpdate(state);

  async function unlessUnavailable(
    document: DocumentVersion,
    ask: () => Promise<VersionProblem | undefined>,
  ): Promise<VersionProblem | undefined> {
    try {
      return await ask();
    } catch (cause) {
      const message = `the store of what was seen before cannot say which versions of ${nameOf(document)} were accepted; look at the store that \`state\` names`;
      return { code: 'state_unavailable', message, cause };
    }
  }

  async function accepted(kind: string, id: string): Promise<AcceptedVersion | undefined> {
    const entry = await state.read(versionKey(kind, id));
    return entry === undefined ? undefined : readVersion(entry.value, kind, id);
  }

  return {
    accepted,
    check: (document, by = []) =>
      unlessUnavailable(document, async () => problemOf(document, by, await accepted(document.kind, document.id))),
    raise: (document, by = []) =>
      unlessUnavailable(document, () => {
        const { kind, id, version, digest } = document;
        return update<VersionProblem | undefined>(versionKey(kind, id), (entry) => {
          const before = entry === undefined ? undefined : readVersion(entry.value, kind, id);
          const result = problemOf(document, by, before);
          if (result !== undefined) return { result };
          const known = before?.highest?.version === version ? before.highest : undefined;
          const names = namesOf(by);
          // Whoever countersigns the same bytes later does not become an owner: these are there for anybody to sign.
          if (known !== undefined && (known.by !== undefined || names.length === 0)) return { result };
          const highest = { version, digest, ...(names.length > 0 && { by: names }) };
          return { write: writeVersion(kind, id, { highest, since: before?.since ?? now() }), result };
        });
      }),
  };
}

/**
 * What is remembered of a document's version, to be forgotten: an operator goes back deliberately. Undefined where that is nothing.
 *
 * @throws CodedError `state.*`, `trust.state_unavailable` for a torn entry
 */
export async function findVersion(
  state: Pick<SharedState, 'read'>,
  kind: string,
  id: string,
): Promise<Forgettable | undefined> {
  const key = versionKey(kind, id);
  const entry = await state.read(key);
  if (entry === undefined) return undefined;
  const { highest, since } = readVersion(entry.value, kind, id);
  if (highest === undefined) return undefined;
  return {
    about: `${kind} ${id}`,
    remembered: { kind, name: id, highest_version: { ...highest, since: rfc3339(since) } },
    entries: [{ key, revision: entry.revision, empty: writeVersion(kind, id, { since }) }],
  };
}

function problemOf(
  document: DocumentVersion,
  by: readonly string[],
  before: AcceptedVersion | undefined,
): VersionProblem | undefined {
  const highest = before?.highest;
  if (highest === undefined) return undefined;
  if (document.version > highest.version) {
    if (highest.by === undefined || shareSigner(by, highest.by)) return undefined;
    const message = `${signersDiffer(document, by, highest.version, highest.by)}, or where the id is to pass on, \`exequatur trust forget\``;
    return { code: 'another_signer', message };
  }
  if (document.version < highest.version) {
    return {
      code: 'version_rolled_back',
      message: `version ${document.version} of ${nameOf(document)} is older than version ${highest.version}, which was accepted before; have a version above ${highest.version} signed, or where going back is meant, \`exequatur trust forget\``,
    };
  }
  if (document.digest === highest.digest) return undefined;
  return {
    code: 'version_reused',
    message: `version ${document.version} of ${nameOf(document)} was accepted before with other bytes (${highest.digest}); have a version above ${highest.version} signed`,
  };
}

/** True where one authority vouches for both. */
export function shareSigner(some: readonly string[], others: readonly string[]): boolean {
  const known = new Set(others);
  return some.some((name) => known.has(name));
}

/** That a version is signed by others than an earlier one, and what to do. */
export function signersDiffer(
  document: DocumentVersion,
  by: readonly string[],
  earlier: number,
  others: readonly string[],
): string {
  return `version ${document.version} of ${nameOf(document)} is signed by ${listed(by)}, and version ${earlier} by ${listed(others)}, to whom the id belongs; choose another id, have one of them sign as well`;
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'nobody';
  const more = names.length > SPELLED_OUT ? ` and ${names.length - SPELLED_OUT} more` : '';
  return `${names
    .slice(0, SPELLED_OUT)
    .map((name) => printable(name, 64))
    .join(', ')}${more}`;
}

/** Sorted, each once, and bounded. */
function namesOf(names: readonly string[]): readonly string[] {
  return [...new Set(names)]
    .filter((name) => name.length <= MAX_NAME)
    .sort()
    .slice(0, MAX_NAMES);
}

/** Kind and id cannot be confused with one another, and an id may be longer than a key, or no ASCII. */
function versionKey(kind: string, id: string): string {
  return `${VERSION_PREFIX}${sha256(JSON.stringify([kind, id])).slice('sha256:'.length)}`;
}

function writeVersion(kind: string, id: string, { highest, since }: AcceptedVersion): string {
  const { by, ...version } = highest ?? {};
  const names = by !== undefined && { by: [...by] };
  const value: z.infer<typeof stored> = { v: 1, kind, id, ...version, ...names, since: rfc3339(since) };
  return JSON.stringify(value);
}

/** @throws CodedError `trust.state_unavailable`: the store does not hold what was put there */
function readVersion(text: string, kind: string, id: string): AcceptedVersion {
  try {
    const value = stored.parse(parseStrictJsonText(text, { maxBytes: 65_536, maxDepth: 3 }));
    const { version, digest, by } = value;
    const since = parseRfc3339(value.since);
    if (value.kind !== kind || value.id !== id) throw new TypeError('it is about another document');
    if (since === undefined || (version === undefined) !== (digest === undefined)) throw new TypeError('it is torn');
    if (version === undefined && by !== undefined) throw new TypeError('nobody vouches for nothing');
    if (version === undefined || digest === undefined) return { since };
    if (!isSha256Digest(digest)) throw new TypeError('the remembered digest is none');
    return { highest: { version, digest, ...(by !== undefined && { by }) }, since };
  } catch (cause) {
    throw refusal('state_unavailable', 'what the store holds of a version is not what was written there', cause);
  }
}

function nameOf({ kind, id }: DocumentVersion): string {
  return `${kind} ${printable(id, 128)}`;
}
