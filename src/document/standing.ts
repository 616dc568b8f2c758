import type { Milliseconds } from '../model/clock.ts';
import type { Signatures } from '../model/facts.ts';
import type { Trust } from '../trust/trust.ts';
import type { ActiveDocuments, Slot } from './active.ts';
import { CLOCK_SKEW_MS } from './refusal.ts';
import type { ActiveDocument, DocumentFailureCode, DocumentStanding } from './shelved.ts';

/** What signatures come to where none are looked at. */
const NO_TRUST: Signatures = Object.freeze({
  verified: false,
  by: Object.freeze([]),
  failed: Object.freeze([Object.freeze({ code: 'no_trust_configured' })]),
});
const UNSIGNED: DocumentStanding = Object.freeze({ counts: true, signatures: NO_TRUST });
const REMOVED = fallen('document_removed');
const EXPIRED = fallen('document_expired');
const NOT_YET = fallen('document_not_yet_valid');

/** Whether a document counts at a time, as a decision asks: synchronous, look-ups alone, revocations and ends included at once. */
export function createStanding<Content>(
  active: Pick<ActiveDocuments<Content>, 'slotOf'>,
  trust: Pick<Trust, 'signatures'> | undefined,
): (document: ActiveDocument<Content>, time: Milliseconds) => DocumentStanding {
  /** What was answered last of a document: trust gives the same object again while nothing changed. */
  const last = new WeakMap<Slot<Content>, Extract<DocumentStanding, { readonly counts: true }>>();

  function counted(slot: Slot<Content>, signatures: Signatures): DocumentStanding {
    const before = last.get(slot);
    if (before?.signatures === signatures) return before;
    const standing = { counts: true, signatures } as const;
    last.set(slot, standing);
    return standing;
  }

  return (document, time) => {
    const slot = active.slotOf(document);
    if (slot === undefined) return REMOVED;
    if (slot.holders.length === 0) return { counts: false, failed: slot.failed };
    if (time >= document.header.expires) return EXPIRED;
    if (document.header.issued - time > CLOCK_SKEW_MS) return NOT_YET;
    if (trust === undefined) return UNSIGNED;
    let first: Signatures | undefined;
    for (const { handle } of slot.holders) {
      if (handle === undefined) continue;
      const signatures = trust.signatures(handle, time);
      if (signatures.verified) return counted(slot, signatures);
      first ??= signatures;
    }
    return { counts: false, failed: first?.failed ?? [{ code: 'verifier_failed' }] };
  };
}

function fallen(code: DocumentFailureCode): DocumentStanding {
  return Object.freeze({ counts: false, failed: Object.freeze([Object.freeze({ code })]) });
}
