import type { Clock, Milliseconds } from '../model/clock.ts';
import type { Sha256Digest } from '../model/digest.ts';
import type { Signatures } from '../model/facts.ts';
import type { DocumentKind } from './authority/authority.ts';
import type { DocumentContent } from './authority/scope.ts';
import type { FailureCode } from './failure.ts';
import type { Admission, AdmissionRequest, Freshness } from './freshness/freshness.ts';
import { addsTo, type ProvedMatch } from './proofs.ts';
import type { AuthorityMatch, DocumentVerdict } from './verdict.ts';
import { endOf, isBrokenOff } from './verdicts.ts';

/** A document whose signatures were looked at: a handle to ask by. Whether they hold is told by `signatures`, never by having one. */
export type DocumentHandle = {
  readonly kind: DocumentKind;
  readonly name?: string;
  /** SHA-256 over `bytes`. */
  readonly digest: Sha256Digest;
  /** The very bytes that were hashed and verified, out of reach of whoever handed them over. Not to be changed. */
  readonly bytes: Uint8Array;
};

/** A document as it is held here: its bytes, content and bundles, to be verified again. */
export type HeldDocument = DocumentHandle & {
  readonly bundles: readonly Uint8Array[];
  readonly content: DocumentContent;
  /** Over `content`. */
  readonly contentDigest: Sha256Digest;
  readonly strictMark: boolean;
};

/** A verdict, with the key of the question that it answers. */
export type Judgement = { readonly key: Sha256Digest; readonly verdict: DocumentVerdict };

/** What a verdict comes to at a time, and how long that holds if nothing else changes. */
export type Standing = {
  readonly signatures: Signatures;
  /** The matches that count, and those that were verified and were struck out since. */
  readonly vouching: readonly AuthorityMatch[];
  readonly struck: readonly AuthorityMatch[];
  readonly until: Milliseconds;
};

/** What documents are judged with. */
export type DocumentsOptions = {
  /** Asks for a verdict; `renew` leaves none that is kept in place of it. Never throws. */
  readonly judge: (document: HeldDocument, renew: boolean) => Promise<Judgement>;
  /** A verdict as it counts now: revocations and the state of the roots applied. Pure, but for these. */
  readonly stand: (verdict: DocumentVerdict, now: Milliseconds) => Standing;
  /** Another number whenever `stand` may answer otherwise for another reason than the time. */
  readonly generation: () => number;
  readonly freshness: Pick<Freshness, 'admit' | 'review'>;
  readonly now: Clock;
  readonly onChange: (change: DocumentChange) => void;
  /** A time at which part of a verdict in force ends, so that what it comes to may turn: `look` is wanted then. */
  readonly onEnd: (time: Milliseconds) => void;
};

/** What became of a document that is held. */
export type DocumentChange =
  /** An alarm where `verified` is false: it did hold, and does no longer. */
  | {
      readonly type: 'verdict_changed';
      readonly verified: boolean;
      readonly codes: readonly string[];
      readonly document: DocumentHandle;
    }
  /** It could not be verified again, which is tried; what held of the same question holds on where what was seen since allows it. */
  | { readonly type: 'renewal_failed'; readonly codes: readonly string[]; readonly document: DocumentHandle };

/** Documents in use, each with what its signatures come to. */
export type Documents = {
  /** Judges a document, admits it, and holds it until it is released. */
  readonly hold: (document: HeldDocument) => Promise<DocumentHandle>;
  /** What a decision asks: synchronous, a look-up while nothing changed. A handle that is not held is not verified. */
  readonly signatures: (handle: DocumentHandle, now: Milliseconds) => Signatures;
  /** The verdict behind it, for whoever explains. */
  readonly verdict: (handle: DocumentHandle) => DocumentVerdict | undefined;
  readonly release: (handle: DocumentHandle) => void;
  /** Judges all again. `anew`: also where nothing that the verdict follows from changed. Never throws. */
  readonly renew: (anew: boolean) => Promise<void>;
  /** Tells of those that turned with the time alone. */
  readonly look: () => void;
  /**
   * Judges again what could not be judged or admitted for a reason that passes: verification broke off, the store was away. True when
   * none of that is left. Never throws.
   */
  readonly retry: () => Promise<boolean>;
  /** False while there is something to retry: about this document, or about any. */
  readonly isSettled: (handle?: DocumentHandle) => boolean;
  readonly size: () => number;
};

type Refused = Extract<Admission, { readonly admitted: false }>;
type Memo = {
  readonly generation: number;
  readonly from: Milliseconds;
  readonly until: Milliseconds;
  readonly signatures: Signatures;
};
type Asked = {
  /** `pending`: nothing has been admitted of this verdict yet, since it did not hold. */
  readonly admission: 'pending' | 'admitted' | Refused;
  /** What has been remembered of this question. */
  readonly admitted: readonly ProvedMatch[];
};
type Held = {
  readonly document: HeldDocument;
  readonly handle: DocumentHandle;
  judgement: Judgement;
  asked: Asked;
  /** Of the renewal in force: one begun earlier never replaces it. */
  number: number;
  /** The last renewal broke off, or could not ask what was seen before. */
  unfinished: boolean;
  reported: boolean;
  memo: Memo | undefined;
};

/** Documents that are judged again at the same time: enough to keep threads busy, too few to fill their queue. */
const AT_ONCE = 8;

/** Documents that are held, judged again when asked, and never believed further than their verdict, admission and revocations go. */
export function createDocuments(options: DocumentsOptions): Documents {
  const { judge, stand, generation, freshness, now, onChange, onEnd } = options;
  const all = new Map<DocumentHandle, Held>();
  let last = 0;

  async function renewOne(held: Held, anew: boolean): Promise<void> {
    last += 1;
    const number = last;
    const judgement = await judge(held.document, anew);
    const unchanged = judgement.key === held.judgement.key;
    const known = unchanged && held.asked.admission === 'admitted' ? held.asked.admitted : undefined;
    const brokenOff = unchanged && isBrokenOff(judgement.verdict);
    if (brokenOff) onChange({ type: 'renewal_failed', codes: codesOf(judgement.verdict), document: held.handle });
    // The verdict that stays in force was reached before: a log may have been distrusted since. Nothing is admitted by it anew.
    const inForce = brokenOff ? held.judgement : judgement;
    const idle = brokenOff && known === undefined;
    const asked = idle ? held.asked : await ask(held.document, inForce.verdict, known, brokenOff);
    if (held.number > number || !all.has(held.handle)) return;
    held.number = number;
    held.judgement = inForce;
    // What was admitted stays so while the store is away: nothing that was seen speaks against it.
    const away = isUnavailable(asked);
    held.asked = away && known !== undefined ? { admission: 'admitted', admitted: known } : asked;
    held.unfinished = brokenOff || away;
    held.memo = undefined;
    report(held);
    onEnd(nextEnd(held, now()));
  }

  async function renewAll(some: readonly Held[], anew: boolean): Promise<void> {
    const left = some.values();
    const next = async () => {
      for (const held of left) await renewOne(held, anew);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
  }

  /**
   * Asks what was seen before. Of what is `known`, which was admitted before, only more is remembered: else it would come back after an
   * operator forgot it.
   */
  async function ask(
    document: HeldDocument,
    verdict: DocumentVerdict,
    known?: readonly ProvedMatch[],
    brokenOff = false,
  ): Promise<Asked> {
    const { signatures, vouching, struck } = stand(verdict, now());
    if (!signatures.verified) return { admission: 'pending', admitted: [] };
    const { kind, name, digest, strictMark } = document;
    const request: AdmissionRequest = {
      kind,
      ...(name !== undefined && { name }),
      document: digest,
      matches: vouching,
      struck,
      strictMark,
    };
    const reviewed = known !== undefined && (brokenOff || !addsTo(known, vouching));
    const admission = await (reviewed ? freshness.review(request) : freshness.admit(request));
    if (!admission.admitted) return { admission, admitted: [] };
    return { admission: 'admitted', admitted: reviewed ? known : [...(known ?? []), ...vouching] };
  }

  /** Tells of a document that turned, once for each turn. */
  function report(held: Held): void {
    const { verified, failed } = standing(held, now()).signatures;
    if (verified === held.reported) return;
    held.reported = verified;
    onChange({ type: 'verdict_changed', verified, codes: unique(failed), document: held.handle });
  }

  function standing(
    { judgement, asked: { admission } }: Held,
    time: Milliseconds,
  ): Pick<Standing, 'signatures' | 'until'> {
    const { signatures, until } = stand(judgement.verdict, time);
    if (admission === 'admitted' || !signatures.verified) return { signatures, until };
    // It would hold by itself, but what was seen before forbids it, or has not been asked yet.
    const code: FailureCode = admission === 'pending' ? 'verdict_expired' : admission.code;
    return { signatures: { verified: false, by: [], failed: [...signatures.failed, { code }] }, until };
  }

  return {
    hold: async (document) => {
      last += 1;
      const number = last;
      const begun = generation();
      const judgement = await judge(document, false);
      const asked = await ask(document, judgement.verdict);
      const { kind, name, digest, bytes } = document;
      const handle = Object.freeze({ kind, ...(name !== undefined && { name }), digest, bytes });
      const held: Held = {
        document,
        handle,
        judgement,
        asked,
        number,
        unfinished: false,
        reported: false,
        memo: undefined,
      };
      held.reported = standing(held, now()).signatures.verified;
      all.set(handle, held);
      // What changed meanwhile told only those that were held.
      if (generation() !== begun) await renewOne(held, false);
      onEnd(nextEnd(held, now()));
      return handle;
    },
    signatures: (handle, time) => {
      const held = all.get(handle);
      if (held === undefined) return NOT_HELD;
      const { memo } = held;
      const current = generation();
      if (memo !== undefined && memo.generation === current && time < memo.until && time >= memo.from) {
        return memo.signatures;
      }
      const { signatures, until } = standing(held, time);
      held.memo = { generation: current, from: time, until, signatures };
      return signatures;
    },
    verdict: (handle) => all.get(handle)?.judgement.verdict,
    release: (handle) => {
      all.delete(handle);
    },
    renew: (anew) => renewAll([...all.values()], anew),
    look: () => {
      for (const held of [...all.values()]) {
        report(held);
        onEnd(nextEnd(held, now()));
      }
    },
    retry: async () => {
      await renewAll([...all.values()].filter(isUnsettled), false);
      return ![...all.values()].some(isUnsettled);
    },
    isSettled: (handle) => {
      if (handle === undefined) return ![...all.values()].some(isUnsettled);
      const held = all.get(handle);
      return held === undefined || !isUnsettled(held);
    },
    size: () => all.size,
  };
}

const NOT_HELD: Signatures = Object.freeze({
  verified: false,
  by: Object.freeze([]),
  failed: Object.freeze([Object.freeze({ code: 'verdict_expired' })]),
});

/** The earliest end to come of what vouches; infinite where nothing of it ends. What has ended does not end again. */
function nextEnd({ judgement }: Held, time: Milliseconds): Milliseconds {
  return endOf({ by: judgement.verdict.by.filter(({ notAfter = time }) => notAfter > time) });
}

/** Not what the document is, but what happened to be the matter. */
function isUnsettled({ judgement, asked, unfinished }: Held): boolean {
  return unfinished || isBrokenOff(judgement.verdict) || isUnavailable(asked);
}

function isUnavailable({ admission }: Asked): boolean {
  return typeof admission === 'object' && admission.code === 'state_unavailable';
}

function codesOf(verdict: DocumentVerdict): string[] {
  return unique(verdict.failed);
}

function unique(failed: readonly { readonly code: string }[]): string[] {
  return [...new Set(failed.map(({ code }) => code))];
}
