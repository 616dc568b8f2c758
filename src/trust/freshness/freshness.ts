import type { Clock } from '../../model/clock.ts';
import type { Sha256Digest } from '../../model/digest.ts';
import type { SharedState, StateEntry } from '../../model/shared-state.ts';
import type { DocumentKind } from '../authority/authority.ts';
import { type FailureCode, failureOf, refusal } from '../failure.ts';
import { authoritiesOf, checkpointsOf, type ProvedMatch, proofsOf } from '../proofs.ts';
import type { SeenCheckpoint } from '../verdict.ts';
import {
  type DocumentMark,
  type DocumentMemory,
  type DocumentName,
  documentKey,
  readDocumentMemory,
  writeDocumentMemory,
} from './document-memory.ts';
import { addsNothing, remembering, weakerParts } from './downgrade.ts';
import type { FreshnessEventSink } from './event.ts';
import { createMarks, type MarkOutcome, type Marks } from './marks.ts';
import { createUpdate } from './update.ts';

/** A document whose signatures, scope, revocations and rules were all found to hold at this moment. */
export type AdmissionRequest = {
  readonly kind: DocumentKind;
  /** What the caller knows the document by from version to version; without one it is remembered by its digest. */
  readonly name?: string;
  readonly document: Sha256Digest;
  /** Who vouches, and what was proved thereby: compared, and remembered. */
  readonly matches: readonly ProvedMatch[];
  /**
   * Who was verified as well and was struck out since, by a revocation, an end or a stale root. None of it is remembered. For the
   * downgrade alone it counts where the authority is remembered: what is missing then nobody stripped.
   */
  readonly struck: readonly ProvedMatch[];
  /** Whether a checkpoint older than one seen before for this document is refused. */
  readonly strictMark: boolean;
};

/** Whether what was seen before allows a document. Refused: `code` for facts, `message` public. */
export type Admission =
  | { readonly admitted: true }
  | {
      readonly admitted: false;
      readonly code: Extract<
        FailureCode,
        | 'split_view'
        | 'log_inconsistent'
        | 'log_checkpoint_invalid'
        | 'behind_mark'
        | 'downgraded'
        | 'state_unavailable'
      >;
      readonly message: string;
    };

/** What was seen before, and what it allows now. `admit` and `review` never throw: a store that fails refuses. */
export type Freshness = {
  /**
   * Compares a document with what is remembered (split views, distrusted logs, its strict mark, its proofs) and, only where all of
   * it holds, remembers what it came with. Call it last, when nothing else can refuse the document any more.
   */
  readonly admit: (request: AdmissionRequest) => Promise<Admission>;
  /** The same comparison for a document admitted before; only a split view is remembered, nothing is raised. */
  readonly review: (request: AdmissionRequest) => Promise<Admission>;
  /** For the job that looks at logs themselves (`watchLogs`). */
  readonly marks: Marks;
};

type FreshnessOptions = {
  readonly state: SharedState;
  readonly now: Clock;
  readonly onEvent: FreshnessEventSink;
  /** Checkpoints remembered per log; `trust.freshness.remembered_checkpoints`, by default 256. */
  readonly rememberedCheckpoints?: number;
};

/** Logs per document whose mark is kept. Marks are never dropped, so past it the document is refused until it is forgotten. */
const MAX_MARKS = 128;
/** Bytes of a document's memory; a store takes 64 KiB. */
const MAX_BYTES = 60_000;
const ADMITTED: Admission = { admitted: true };

type Refused = Exclude<Admission, { admitted: true }>;

/** Remembers, over a store, what was seen; compares what comes with it. */
export function createFreshness(options: FreshnessOptions): Freshness {
  const { state, now, onEvent, rememberedCheckpoints: bound = 256 } = options;
  const update = createUpdate(state);
  const marks = createMarks({ state, update, now, onEvent, bound });

  async function judge(request: AdmissionRequest, remember: boolean): Promise<Admission> {
    const key = documentKey(request);
    const checkpoints = checkpointsOf(request.matches);
    try {
      // Everything is compared before anything is raised: a document that is refused leaves no mark.
      const compared = fromOutcome(await marks.compare(checkpoints));
      if (!compared.admitted) return report(request, compared);
      const memory = memoryOf(request, await state.read(key));
      const refused = compareDocument(memory, request);
      if (refused !== undefined) return report(request, refused);
      if (!remember) return ADMITTED;
      const observed = fromOutcome(await marks.observe(checkpoints));
      if (!observed.admitted) return report(request, observed);
      if (raised(memory, request) === undefined) return ADMITTED;
      const lost = await update<Refused | undefined>(key, (entry) => {
        const current = memoryOf(request, entry);
        const late = compareDocument(current, request);
        if (late !== undefined) return { result: late };
        const after = raised(current, request);
        if (after === undefined) return { result: undefined };
        const text = writeDocumentMemory(after);
        if (after.marks.length > MAX_MARKS || Buffer.byteLength(text) > MAX_BYTES) return { result: tooMuch(request) };
        return { write: text, result: undefined };
      });
      return lost === undefined ? ADMITTED : report(request, lost);
    } catch (cause) {
      if (failureOf(cause) === 'log_checkpoint_invalid') {
        return { admitted: false, code: 'log_checkpoint_invalid', message: 'a checkpoint of the bundle is malformed' };
      }
      const message =
        'what was seen before cannot be read or written: nothing is accepted until it can; see the log of the service';
      onEvent({ type: 'state_failed', message, cause });
      return { admitted: false, code: 'state_unavailable', message };
    }
  }

  function report(request: AdmissionRequest, refused: Refused): Refused {
    const { code, message } = refused;
    if (code !== 'state_unavailable' && code !== 'log_checkpoint_invalid') {
      const { kind, document, name } = request;
      onEvent({ type: 'document_refused', code, kind, document, ...(name !== undefined && { name }), message });
    }
    return refused;
  }

  return { admit: (request) => judge(request, true), review: (request) => judge(request, false), marks };
}

function fromOutcome(outcome: MarkOutcome): Admission {
  if (outcome.kind === 'fits') return ADMITTED;
  const { log, distrust } = outcome;
  const [one, other] = distrust.trees;
  const what =
    distrust.code === 'split_view'
      ? `two trees of ${one.size} entries, with the roots ${one.root} and ${other.root}`
      : `a tree of ${other.size} entries (root ${other.root}) that does not extend the one of ${one.size} (root ${one.root})`;
  return {
    admitted: false,
    code: distrust.code,
    message: `the log ${log.origin} (${log.logId}) has shown ${what}; find out why, then \`exequatur trust forget --log\` undoes it`,
  };
}

/** Why what is remembered of a document refuses it now. Pure. */
function compareDocument(memory: DocumentMemory, request: AdmissionRequest): Refused | undefined {
  const { proofs } = memory;
  // Of another version nobody has seen that they signed it before they were struck: a leaked key signs anything.
  const known = request.document === memory.document ? request.struck : [];
  const struck = known.filter(({ authority }) => proofs?.names.includes(authority));
  const weaker = proofs === undefined ? [] : weakerParts(proofs, proofsOf([...request.matches, ...struck]));
  if (weaker.length > 0) {
    return {
      admitted: false,
      code: 'downgraded',
      message: `${described(request)} was seen under a stronger set of proofs (${weaker.join('; ')}); if that is meant, \`exequatur trust forget\` undoes it`,
    };
  }
  if (!request.strictMark) return undefined;
  for (const { logId, origin, size } of newest(checkpointsOf(request.matches))) {
    const mark = memory.marks.find((known) => known.logId === logId && known.origin === origin);
    if (mark !== undefined && size < mark.size) {
      return {
        admitted: false,
        code: 'behind_mark',
        message: `${described(request)} comes with a checkpoint of ${size} entries of ${origin}; one of ${mark.size} was seen for it before. Fetch its newest bundle, or let \`exequatur trust forget\` undo the mark`,
      };
    }
  }
  return undefined;
}

/** What is remembered once a document was accepted; undefined where nothing changes. Pure. */
function raised(memory: DocumentMemory, request: AdmissionRequest): DocumentMemory | undefined {
  const { matches } = request;
  const proofs = remembering(memory.proofs, proofsOf(matches), authoritiesOf(matches));
  const higher = request.strictMark
    ? newest(checkpointsOf(request.matches)).filter((seen) => {
        const mark = memory.marks.find(({ logId, origin }) => logId === seen.logId && origin === seen.origin);
        return mark === undefined || mark.size < seen.size;
      })
    : [];
  const isKnown = memory.proofs !== undefined && addsNothing(memory.proofs, proofs);
  if (isKnown && memory.document === request.document && higher.length === 0) return undefined;
  const kept = memory.marks.filter(
    ({ logId, origin }) => !higher.some((seen) => seen.logId === logId && seen.origin === origin),
  );
  return {
    ...memory,
    document: request.document,
    proofs,
    marks: [...kept, ...higher],
  };
}

/** By log the largest checkpoint: a document may come with several bundles, each signed at its own time. */
function newest(checkpoints: readonly SeenCheckpoint[]): readonly DocumentMark[] {
  const found = new Map<string, DocumentMark>();
  for (const { logId, origin, size } of checkpoints) {
    const key = `${logId} ${origin}`;
    const before = found.get(key);
    if (before === undefined || before.size < BigInt(size)) found.set(key, { logId, origin, size: BigInt(size) });
  }
  return [...found.values()];
}

function memoryOf(name: DocumentName, entry: StateEntry | undefined): DocumentMemory {
  const { kind, document, name: known } = name;
  if (entry === undefined) return { kind, document, ...(known !== undefined && { name: known }), marks: [] };
  const memory = readDocumentMemory(entry.value);
  if (memory.kind !== kind || memory.name !== known) {
    throw refusal('state_unavailable', 'what is remembered under the key of a document is about another one');
  }
  return memory;
}

function described({ kind, name, document }: DocumentName): string {
  return name === undefined ? `the ${kind} ${document}` : `the ${kind} ${name}`;
}

function tooMuch(request: AdmissionRequest): Refused {
  return {
    admitted: false,
    code: 'state_unavailable',
    message: `more is to be remembered of ${described(request)} than there is room for; \`exequatur trust forget\` starts it anew`,
  };
}
