import type { Schedule } from '../durable/schedule.ts';
import { createWake } from '../durable/wake.ts';
import type { Clock } from '../model/clock.ts';
import type { DocumentFailure } from '../model/facts.ts';
import type { ActiveDocuments } from './active.ts';
import { type Candidate, isSameDocument, parsedOf } from './candidate.ts';
import { createIdleDocuments } from './idle.ts';
import type { Judge } from './judge.ts';
import { createNotes } from './notes.ts';
import { type Refusal, refusalFor } from './refusal.ts';
import { createRetries } from './retries.ts';
import { activationOf, describe } from './shelf-event.ts';
import type { ShelfRecords } from './shelf-records.ts';
import type { ActiveDocument, IdleDocument, ShelfEvent } from './shelved.ts';

/** What stands at the sources. All of it but `holds` and `idle` is for one turn at a time. */
export type Places<Content> = {
  /** True where the source offers this already. */
  readonly holds: (candidate: Candidate<Content>) => boolean;
  /** Takes what a source offers now. */
  readonly settle: (candidate: Candidate<Content>) => Promise<ActiveDocument<Content> | IdleDocument<Content>>;
  readonly retract: (source: string) => void;
  /** Looks again at a candidate of which something may have changed. */
  readonly revisit: (candidate: Candidate<Content>) => Promise<void>;
  readonly idle: () => readonly IdleDocument<Content>[];
  /** Ends timers; what was held back to be recorded a moment later is handed over now. */
  readonly close: () => void;
};

export type PlacesOptions<Content> = {
  readonly judge: Judge<Content>;
  readonly active: ActiveDocuments<Content>;
  readonly records: Pick<ShelfRecords, 'activation' | 'later'>;
  readonly now: Clock;
  readonly schedule: Schedule;
  /** Runs when its turn has come; never rejects. */
  readonly inTurn: (run: () => Promise<void>) => Promise<void>;
  /** `active` or `idle` have changed. */
  readonly changed: () => void;
  /** A document that counted counts no longer, or otherwise. */
  readonly fell: () => void;
};

/** What one source offers (`current`), and what it offered before and counts on, or did (`left`), while `current` does not. */
type Place<Content> = { current: Candidate<Content> | undefined; left: Candidate<Content> | undefined };

export function createPlaces<Content>(options: PlacesOptions<Content>): Places<Content> {
  const { judge, active, records, now, schedule, inTurn, changed, fell } = options;
  const notes = createNotes<Content>(records, schedule);
  const places = new Map<string, Place<Content>>();
  const idle = createIdleDocuments<Content>(now);
  const retries = createRetries<Content>(
    (candidate) => inTurn(() => revisit(candidate)),
    (run) => void inTurn(async () => run()),
    schedule,
    now,
  );
  const expiry = createWake(schedule, now, () => void inTurn(async () => expire()));

  function setIdle(candidate: Candidate<Content>, state: IdleDocument<Content>['state'], refusal: Refusal): void {
    // Whatever the clock says later, it is verified anew then.
    if (refusal.cause === 'time') judge.release(candidate);
    if (idle.set(candidate, state, refusal)) changed();
  }

  /** It counts no longer; its document may, by another one that holds it. */
  function drop(candidate: Candidate<Content>, failed: readonly DocumentFailure[]): void {
    if (!candidate.counts) return;
    const isSpare = standsBefore(candidate);
    active.drop(candidate, failed);
    candidate.counts = false;
    // Else whoever can copy a file could have permits judged anew by removing copies.
    if (!isSpare) fell();
  }

  /** True where its document counts by one that came before it, and on as it does. */
  function standsBefore(candidate: Candidate<Content>): boolean {
    const holders = active.ofSame(candidate)?.holders ?? [];
    return holders.slice(0, Math.max(holders.indexOf(candidate), 0)).some((one) => judge.glance(one) === undefined);
  }

  /** Nothing is known of it any more. */
  function discard(candidate: Candidate<Content> | undefined): void {
    if (candidate === undefined) return;
    drop(candidate, []);
    idle.remove(candidate);
    retries.forget(candidate);
    judge.release(candidate);
    changed();
  }

  function withdraw(candidate: Candidate<Content>, refusal: Refusal): void {
    drop(candidate, refusal.failed);
    const other = active.ofSame(candidate)?.holders[0];
    setIdle(candidate, 'withdrawn', refusal);
    const countsOn = other === undefined ? '' : `; it counts on as ${describe(other, candidate)}`;
    note(candidate, 'withdrawn', { ...refusal, message: `${refusal.message}${countsOn}` });
    retries.want(candidate, refusal);
    if (other === undefined) retries.departed();
  }

  function refuse(candidate: Candidate<Content>, refusal: Refusal): void {
    setIdle(candidate, candidate.idle?.state ?? 'refused', refusal);
    note(candidate, 'refused', refusal);
    retries.want(candidate, refusal);
  }

  function note(candidate: Candidate<Content>, type: 'refused' | 'withdrawn', refusal: Refusal): void {
    const isCurrent = places.get(candidate.source)?.current === candidate;
    (isCurrent ? notes.ofCurrent : notes.ofAny)(candidate, type, refusal);
  }

  /** Recorded first. Then it counts, and what it takes the place of does not: between them lies no moment. */
  async function activate(candidate: Candidate<Content>, place: Place<Content>): Promise<Refusal | undefined> {
    const parsed = parsedOf(candidate);
    if (parsed === undefined) return undefined;
    const slot = active.ofSame(candidate);
    const replaced = slot !== undefined && slot.document.digest !== candidate.digest ? [...slot.holders] : [];
    const before = replaced.length === 0 ? undefined : slot?.document.header.version;
    const event: ShelfEvent = activationOf(candidate, judge.signaturesOf(candidate), before);
    if (!(await records.activation(event))) {
      const message = `that ${describe(candidate)} counts could not be recorded, so it does not; look at the audit log`;
      return refusalFor('record', 'record_failed', message);
    }
    for (const holder of replaced) supersede(holder, candidate);
    idle.remove(candidate);
    candidate.counts = true;
    candidate.noted = '';
    active.put(candidate, now());
    retries.forget(candidate);
    expiry.at(parsed.header.expires);
    if (place.current === candidate) {
      notes.forgive(candidate.source);
      leave(place);
    }
    if (replaced.length > 0) retries.departed();
    changed();
    return undefined;
  }

  function supersede(holder: Candidate<Content>, by: Candidate<Content>): void {
    drop(holder, [{ code: 'document_superseded' }]);
    const message = `${describe(holder)} no longer counts: ${describe(by, holder)} took its place`;
    setIdle(holder, 'superseded', refusalFor('version', 'document_superseded', message));
    retries.forget(holder);
    retries.block(holder);
  }

  /** What the source offered before goes; its document is withdrawn where it is another one, and nobody else offers it. */
  function leave(place: Place<Content>): void {
    const { left } = place;
    place.left = undefined;
    if (left?.counts === true && place.current !== undefined && !isSameDocument(left, place.current)) {
      withdraw(left, removal(left));
    }
    discard(left);
  }

  function removal(candidate: Candidate<Content>): Refusal {
    const message = `${describe(candidate)} was removed, or its bundle was`;
    return refusalFor('removed', 'document_removed', message);
  }

  async function revisit(candidate: Candidate<Content>): Promise<void> {
    const place = places.get(candidate.source);
    if (place === undefined || (place.current !== candidate && place.left !== candidate)) return;
    const seen = judge.glance(candidate);
    if (candidate.counts) {
      if (seen !== undefined) withdraw(candidate, seen);
      return;
    }
    // A verdict that ends with a time is not kept, so that asking anew may find another one.
    if (candidate.idle?.failed.some(({ code }) => code === 'key_not_yet_valid')) judge.release(candidate);
    await tryOut(candidate, place);
  }

  async function tryOut(candidate: Candidate<Content>, place: Place<Content>): Promise<void> {
    const left = place.current === candidate ? place.left : undefined;
    const refusal = (await judge.judge(candidate, left)) ?? (await activate(candidate, place));
    // Why one that was superseded does not come back is nothing that anybody needs to hear of.
    if (refusal !== undefined && candidate.idle?.state !== 'superseded') refuse(candidate, refusal);
  }

  function expire(): void {
    let next = Number.POSITIVE_INFINITY;
    for (const { header } of [...active.list()]) {
      const slot = active.of(header.type, header.id);
      for (const holder of [...(slot?.holders ?? [])]) {
        const seen = header.expires <= now() ? judge.glance(holder) : undefined;
        if (seen !== undefined) withdraw(holder, seen);
      }
      if (header.expires > now()) next = Math.min(next, header.expires);
    }
    expiry.at(next);
  }

  function shown(candidate: Candidate<Content>): ActiveDocument<Content> | IdleDocument<Content> {
    const document = (candidate.counts ? active.ofSame(candidate)?.document : undefined) ?? candidate.idle;
    if (document === undefined) throw new TypeError('a document that was judged neither counts nor is idle');
    return document;
  }

  /** What counts, or did, stays while what comes now does not. */
  function take(place: Place<Content>, candidate: Candidate<Content>): void {
    const before = place.current;
    place.current = candidate;
    if (before?.counts === true || before?.idle?.state === 'withdrawn') {
      discard(place.left);
      place.left = before;
    } else discard(before);
  }

  return {
    holds: ({ source, fingerprint }) => {
      const place = places.get(source);
      return place?.current?.fingerprint === fingerprint || place?.left?.fingerprint === fingerprint;
    },
    settle: async (candidate) => {
      const { source, fingerprint } = candidate;
      const place = places.get(source) ?? { current: undefined, left: undefined };
      places.set(source, place);
      const { current, left } = place;
      if (current?.fingerprint === fingerprint) {
        judge.release(candidate);
        return shown(current);
      }
      if (left?.fingerprint === fingerprint) {
        // Back to what it was.
        judge.release(candidate);
        notes.forgive(source);
        discard(current);
        place.current = left;
        place.left = undefined;
        return shown(left);
      }
      take(place, candidate);
      await tryOut(candidate, place);
      return shown(candidate);
    },
    retract: (source) => {
      const place = places.get(source);
      if (place === undefined) return;
      notes.forgive(source);
      for (const candidate of [place.current, place.left]) {
        if (candidate?.counts === true) withdraw(candidate, removal(candidate));
        discard(candidate);
      }
      places.delete(source);
    },
    revisit,
    idle: idle.list,
    close: () => {
      retries.close();
      expiry.close();
      notes.close();
    },
  };
}
