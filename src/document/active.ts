import type { Milliseconds } from '../model/clock.ts';
import type { DocumentFailure } from '../model/facts.ts';
import { type Candidate, parsedOf } from './candidate.ts';
import type { ActiveDocument } from './shelved.ts';

/** A document that counts: the same bytes at one source, or at several. */
export type Slot<Content> = {
  readonly key: string;
  /** By the first of those that hold it. */
  document: ActiveDocument<Content>;
  /** Whose signatures count, in the order in which they came. Empty: it counts no longer. */
  readonly holders: Candidate<Content>[];
  /** Why it counts no longer. */
  failed: readonly DocumentFailure[];
  index: number;
};

/** The documents that count. Adding and removing one costs the same however many there are. */
export type ActiveDocuments<Content> = {
  /** The version of a document that counts. */
  readonly of: (kind: string, id: string) => Slot<Content> | undefined;
  /** The version that counts of what a candidate is a version of. */
  readonly ofSame: (candidate: Candidate<Content>) => Slot<Content> | undefined;
  /** What has become of a document that counted at some time; undefined for one that never did. */
  readonly slotOf: (document: ActiveDocument<Content>) => Slot<Content> | undefined;
  /** All, as a list that does not change any more. */
  readonly list: () => readonly ActiveDocument<Content>[];
  /** All, for use at once: the list changes with the next of them. */
  readonly view: () => readonly ActiveDocument<Content>[];
  /** Adds what counts from now on; the same bytes again are held once more. */
  readonly put: (candidate: Candidate<Content>, since: Milliseconds) => void;
  /** Removes a candidate; its document stays while another one holds it. */
  readonly drop: (candidate: Candidate<Content>, failed: readonly DocumentFailure[]) => void;
};

export function createActiveDocuments<Content>(): ActiveDocuments<Content> {
  const slots = new Map<string, Slot<Content>>();
  const places: Slot<Content>[] = [];
  const slotOfDocument = new WeakMap<ActiveDocument<Content>, Slot<Content>>();
  let documents: ActiveDocument<Content>[] = [];
  /** `documents` was handed out: it is copied before it changes. */
  let shared = false;

  function ofSame(candidate: Candidate<Content>): Slot<Content> | undefined {
    const header = parsedOf(candidate)?.header;
    return header === undefined ? undefined : slots.get(keyOf(header.type, header.id));
  }

  function own(): ActiveDocument<Content>[] {
    if (shared) documents = [...documents];
    shared = false;
    return documents;
  }

  function place(slot: Slot<Content>): void {
    own()[slot.index] = slot.document;
    places[slot.index] = slot;
    slotOfDocument.set(slot.document, slot);
  }

  /** The last takes the place of the one that goes. */
  function vacate(slot: Slot<Content>): void {
    slots.delete(slot.key);
    own().pop();
    const last = places.pop();
    if (last === undefined || last === slot) return;
    last.index = slot.index;
    place(last);
  }

  return {
    of: (kind, id) => slots.get(keyOf(kind, id)),
    ofSame,
    slotOf: (document) => slotOfDocument.get(document),
    list: () => {
      shared = true;
      return documents;
    },
    view: () => documents,
    put: (candidate, since) => {
      const document = documentOf(candidate, since);
      const key = keyOf(document.header.type, document.header.id);
      const known = slots.get(key);
      if (known !== undefined) {
        known.holders.push(candidate);
        return;
      }
      const slot = { key, document, holders: [candidate], failed: [], index: documents.length };
      slots.set(key, slot);
      place(slot);
    },
    drop: (candidate, failed) => {
      const slot = ofSame(candidate);
      const at = slot?.holders.indexOf(candidate) ?? -1;
      if (slot === undefined || at < 0) return;
      slot.holders.splice(at, 1);
      const next = slot.holders[0];
      if (next === undefined) {
        slot.failed = failed;
        vacate(slot);
      } else if (at === 0) {
        slot.document = documentOf(next, slot.document.since);
        place(slot);
      }
    },
  };
}

function documentOf<Content>(candidate: Candidate<Content>, since: Milliseconds): ActiveDocument<Content> {
  const parsed = parsedOf(candidate);
  if (parsed === undefined) throw new TypeError('a document that cannot be read does not count');
  const { source, digest, handle } = candidate;
  return {
    source,
    header: parsed.header,
    content: parsed.content,
    digest,
    bytes: handle?.bytes ?? candidate.bytes,
    since,
    ...(handle !== undefined && { handle }),
  };
}

/** No kind and no id holds a blank. */
function keyOf(kind: string, id: string): string {
  return `${kind} ${id}`;
}
