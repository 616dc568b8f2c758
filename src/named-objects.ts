import { type AuditLog, notTaken } from './audit/log.ts';
import type { AppendRecord } from './decision/ports.ts';
import { canonicalize } from './model/canonical.ts';
import { type Sha256Digest, sha256 } from './model/digest.ts';
import type { Json } from './model/json.ts';

/** What records name by digest, kept beside the log before the first record that names it. */
export type NamedObjects = {
  /** The digest of the RFC 8785 form of a value. Keeping it begins at once; no record is appended by `append` before it is durable. */
  readonly name: (value: Json) => Sha256Digest;
  /** Resolves once all that has been named is kept; undefined where nothing waits. @throws CodedError `audit.*` */
  readonly kept: () => Promise<void> | undefined;
  /** As the log's own, after all that has been named is kept; at once where it is. @throws CodedError `audit.*` */
  readonly append: AppendRecord;
};

/** More values than are named at a time; what is forgotten is looked up in the folder again. */
const MAX_KEPT = 1000;

export function createNamedObjects(audit: Pick<AuditLog, 'append' | 'keepObject'>): NamedObjects {
  const kept = new Set<Sha256Digest>();
  const waiting = new Map<Sha256Digest, Uint8Array>();
  let keeping: Promise<void> | undefined;

  async function keepAll(): Promise<void> {
    for (const [digest, bytes] of waiting) {
      await audit.keepObject(bytes, '.json');
      waiting.delete(digest);
      if (kept.size >= MAX_KEPT) kept.clear();
      kept.add(digest);
    }
  }

  /** What failed, as on a full disk, is tried again with the next record. */
  function keep(): Promise<void> {
    keeping ??= keepAll().finally(() => {
      keeping = undefined;
    });
    return keeping;
  }

  async function allKept(): Promise<void> {
    while (waiting.size > 0) await keep();
  }

  return {
    name: (value) => {
      const bytes = Buffer.from(canonicalize(value));
      const digest = sha256(bytes);
      if (!kept.has(digest) && !waiting.has(digest)) {
        waiting.set(digest, bytes);
        keep().catch(() => undefined);
      }
      return digest;
    },
    kept: () => (waiting.size > 0 ? allKept() : undefined),
    append: async (draft) => {
      try {
        while (waiting.size > 0) await keep();
      } catch (error) {
        throw notTaken(error);
      }
      return audit.append(draft);
    },
  };
}
