import type { TransparencyLogEntry } from '@sigstore/bundle';
import type { Milliseconds } from '../../model/clock.ts';
import { isValidAt } from '../certificate/path.ts';
import type { TrustedLog } from '../root/trust-root.ts';
import type { VerifiedLogEntry } from '../verified-bundle.ts';
import { type Checkpoint, readCheckpoint } from './checkpoint.ts';
import { type EntryBody, readEntryBody } from './entry-body.ts';

/** An entry that the library has verified, with the log it is of. Only what the log signed is in it. */
export type ProvedEntry = {
  /** `KIND@VERSION`. */
  readonly kind: string;
  readonly log: TrustedLog;
  readonly body: EntryBody;
  /** The time of the log's signed promise (SET); undefined where there is none. */
  readonly promised: Milliseconds | undefined;
  /** Times at which the log's key must have been valid. */
  readonly moments: readonly Milliseconds[];
  readonly proof:
    | { readonly index: string; readonly size: string; readonly root: Buffer; readonly envelope: string }
    | undefined;
  /** Undefined also where its form is bad, which is a check of its own. */
  readonly checkpoint: Checkpoint | undefined;
  readonly fact: VerifiedLogEntry;
};

/** `KIND@VERSION` of an entry. */
function kindOf(entry: TransparencyLogEntry): string {
  return `${entry.kindVersion.kind}@${entry.kindVersion.version}`;
}

/** The time of the entry's SET. Without one, `integratedTime` is nothing that a log has signed. */
export function promisedTime(entry: TransparencyLogEntry): Milliseconds | undefined {
  return entry.inclusionPromise === undefined ? undefined : Number(entry.integratedTime) * 1000;
}

/**
 * Takes apart an entry that the library has verified under one of these logs; undefined where none of them has its id.
 *
 * @param times when it was signed, as far as that is verified otherwise: Rekor v2 dates nothing, so its key must have been valid then
 */
export function provedEntry(
  entry: TransparencyLogEntry,
  logs: readonly TrustedLog[],
  times: readonly Milliseconds[],
): ProvedEntry | undefined {
  const promised = promisedTime(entry);
  const moments = promised === undefined ? times : [promised];
  const id = entry.logId.keyId.toString('hex');
  const named = logs.filter((log) => log.id === id);
  const log = named.find((each) => moments.every((moment) => isValidAt(each, moment))) ?? named[0];
  if (log === undefined) return undefined;
  const { inclusionProof } = entry;
  const envelope = inclusionProof?.checkpoint?.envelope;
  const proof =
    inclusionProof === undefined || envelope === undefined
      ? undefined
      : { index: inclusionProof.logIndex, size: inclusionProof.treeSize, root: inclusionProof.rootHash, envelope };
  const read = envelope === undefined ? undefined : readCheckpoint(envelope);
  const checkpoint = read === undefined || 'defect' in read ? undefined : read;
  return {
    kind: kindOf(entry),
    log,
    body: readEntryBody(kindOf(entry), entry.canonicalizedBody),
    promised,
    moments,
    proof,
    checkpoint,
    fact: {
      operator: log.operator,
      logId: log.id,
      // The SET signs the index beside it; otherwise only the proof's is authenticated.
      index: proof?.index ?? entry.logIndex,
      ...(checkpoint !== undefined && {
        origin: checkpoint.origin,
        size: String(checkpoint.size),
        root: checkpoint.root.toString('hex'),
      }),
    },
  };
}
