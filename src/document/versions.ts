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

/** What is remembered of a document's id. */
export type AcceptedVersion = {
  /** The highest version that was accepted; absent after an operator had it forgotten. */
  readonly highest?: { readonly version: number; readonly digest: Sha256Digest };
  /** When a version of it was accepted first. */
  readonly since: Milliseconds;
};

/** Why a version is not taken. */
export type VersionProblem = {
  readonly code: Extract<DocumentFailureCode, 'version_rolled_back' | 'version_reused' | 'state_unavailable'>;
  /** What, and what to do. */
  readonly message: string;
  /** For the log alone. */
  readonly cause?: unknown;
};

/** The highest version of each document that was ever accepted, over restarts and replicas. */
export type Versions = {
  /** Whether a version may be taken: undefined for the highest, the same again, and what nobody knows. Never rejects, writes nothing. */
  readonly check: (document: DocumentVersion) => Promise<VersionProblem | undefined>;
  /** The same, and remembers it durably as the highest. Never rejects. */
  readonly raise: (document: DocumentVersion) => Promise<VersionProblem | undefined>;
  /**
   * What is remembered of an id; undefined where no version of it was ever accepted.
   *
   * @throws CodedError `state.*`, `trust.state_unavailable` for a torn entry
   */
  readonly accepted: (kind: string, id: string) => Promise<AcceptedVersion | undefined>;
};

/** Keys under which versions stand. */
export const VERSION_PREFIX = 'document/version/';

const stored = z.strictObject({
  v: z.literal(1),
  kind: z.string(),
  id: z.string(),
  version: z.int().min(1).optional(),
  digest: z.string().refine(isSha256Digest).optional(),
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
    check: (document) =>
      unlessUnavailable(document, async () => problemOf(document, await accepted(document.kind, document.id))),
    raise: (document) =>
      unlessUnavailable(document, () => {
        const { kind, id, version, digest } = document;
        return update<VersionProblem | undefined>(versionKey(kind, id), (entry) => {
          const before = entry === undefined ? undefined : readVersion(entry.value, kind, id);
          const result = problemOf(document, before);
          if (result !== undefined || before?.highest?.version === version) return { result };
          return {
            write: writeVersion(kind, id, { highest: { version, digest }, since: before?.since ?? now() }),
            result,
          };
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

function problemOf(document: DocumentVersion, before: AcceptedVersion | undefined): VersionProblem | undefined {
  const highest = before?.highest;
  if (highest === undefined || document.version > highest.version) return undefined;
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

/** Kind and id cannot be confused with one another, and an id may be longer than a key, or no ASCII. */
function versionKey(kind: string, id: string): string {
  return `${VERSION_PREFIX}${sha256(JSON.stringify([kind, id])).slice('sha256:'.length)}`;
}

function writeVersion(kind: string, id: string, { highest, since }: AcceptedVersion): string {
  const value: z.infer<typeof stored> = { v: 1, kind, id, ...highest, since: rfc3339(since) };
  return JSON.stringify(value);
}

/** @throws CodedError `trust.state_unavailable`: the store does not hold what was put there */
function readVersion(text: string, kind: string, id: string): AcceptedVersion {
  try {
    const value = stored.parse(parseStrictJsonText(text, { maxBytes: 65_536, maxDepth: 2 }));
    const { version, digest } = value;
    const since = parseRfc3339(value.since);
    if (value.kind !== kind || value.id !== id) throw new TypeError('it is about another document');
    if (since === undefined || (version === undefined) !== (digest === undefined)) throw new TypeError('it is torn');
    if (version === undefined || digest === undefined) return { since };
    if (!isSha256Digest(digest)) throw new TypeError('the remembered digest is none');
    return { highest: { version, digest }, since };
  } catch (cause) {
    throw refusal('state_unavailable', 'what the store holds of a version is not what was written there', cause);
  }
}

function nameOf({ kind, id }: DocumentVersion): string {
  return `${kind} ${printable(id, 128)}`;
}
