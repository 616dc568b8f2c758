import { createGate } from '../durable/at-most.ts';
import type { Schedule } from '../durable/schedule.ts';
import { CodedError } from '../errors.ts';
import type { Clock, Milliseconds } from '../model/clock.ts';
import type { Trust } from '../trust/trust.ts';
import { createActiveDocuments } from './active.ts';
import { createReader, type ParseDocument, parsedOf } from './candidate.ts';
import { type Conflict, createJudge } from './judge.ts';
import { createPlaces } from './places.ts';
import { createShelfRecords } from './shelf-records.ts';
import type { ActiveDocument, DocumentPair, DocumentStanding, IdleDocument, ShelfEvent } from './shelved.ts';
import { createStanding } from './standing.ts';
import { createTurns } from './turns.ts';
import type { Versions } from './versions.ts';

/** Documents that are offered, judged, and count while they may. */
export type Shelf<Content> = {
  /**
   * Takes what a source offers now, in place of what it offered before. What counts stays until the new version does; the same again
   * changes nothing. Resolves once it is judged, in the order of the offers.
   *
   * @throws CodedError `document.shelf_closed`
   */
  readonly offer: (pair: DocumentPair) => Promise<ActiveDocument<Content> | IdleDocument<Content>>;
  /**
   * A source offers nothing any more: what counted by it alone is withdrawn.
   *
   * @throws CodedError `document.shelf_closed`
   */
  readonly retract: (source: string) => Promise<void>;
  readonly active: () => readonly ActiveDocument<Content>[];
  readonly idle: () => readonly IdleDocument<Content>[];
  /** Whether a document counts at a time: what a decision asks. Look-ups alone, in which expiry and revocations count at once. */
  readonly standing: (document: ActiveDocument<Content>, time: Milliseconds) => DocumentStanding;
  /** When a version of what the bytes hold was accepted first; undefined where that is unknown, or never was. Never rejects. */
  readonly acceptedSince: (pair: DocumentPair) => Promise<Milliseconds | undefined>;
  /**
   * Another number once a document that counted counts no longer, or otherwise: at once, where listeners may be told a moment later.
   * What comes, or is refused, changes nothing of what a decision rests on: else whoever can offer could have permits judged anew for good.
   */
  readonly generation: () => number;
  /** Calls back after `active` or `idle` have changed; while many are offered, now and then. What it returns ends that. */
  readonly onChange: (listener: () => void) => () => void;
  /** Ends timers and hooks, and waits, for 5 seconds at most, for what is under way and for records. Nothing signed counts any more. */
  readonly close: () => Promise<void>;
};

export type ShelfOptions<Content> = {
  /** @throws CodedError for bytes that say nothing */
  readonly parse: ParseDocument<Content>;
  /** Left out, documents count unsigned, and their versions are not remembered. */
  readonly trust?: Pick<Trust, 'verify' | 'signatures' | 'release' | 'onVerdict'>;
  readonly versions?: Versions;
  readonly conflict?: Conflict<Content>;
  /** Resolves once the event is recorded durably. A document counts only then; what ends takes effect before. */
  readonly record: (event: ShelfEvent) => Promise<void>;
  readonly now: Clock;
  readonly schedule: Schedule;
  /** Told of what broke off and is tried again, such as a store or a record that failed: for the log. Must not throw. */
  readonly onFailure?: (error: unknown) => void;
};

/** Reading a large document takes long: between two of them decisions have their turn. */
const breath = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** Documents whose signatures are verified at the same time. */
const AT_ONCE = 8;
/** What closing waits for what is under way, a record that hangs among it. */
const CLOSE_MS = 5_000;

export function createShelf<Content>(options: ShelfOptions<Content>): Shelf<Content> {
  const { parse, trust, conflict, now, schedule, onFailure = () => undefined } = options;
  const versions = trust === undefined ? undefined : options.versions;
  const read = createReader(parse);
  const active = createActiveDocuments<Content>();
  const judge = createJudge({ trust, versions, conflict, active, now, onFailure });
  const records = createShelfRecords(async (event) => options.record(event), schedule, onFailure);
  const turns = createTurns(now, onFailure);
  const gate = createGate(AT_ONCE);
  const places = createPlaces({
    judge,
    active,
    records,
    now,
    schedule,
    inTurn,
    changed: turns.changed,
    fell: turns.fell,
  });
  const endHook = trust?.onVerdict((handle) => {
    const candidate = judge.candidateOf(handle);
    if (candidate === undefined) return;
    // At once, not in its turn: a decision that saw it count must look again.
    if (candidate.counts) turns.fell();
    void inTurn(() => places.revisit(candidate));
  });
  let closed = false;

  function inTurn(run: () => Promise<void>): Promise<void> {
    return turns.take(run).catch(onFailure);
  }

  async function settleAll(): Promise<void> {
    places.close();
    await turns.close();
    // What was under way may have begun timers.
    places.close();
    await records.close();
  }

  async function prepare(pair: DocumentPair) {
    return gate(async () => {
      await breath();
      const candidate = read(pair);
      if (!places.holds(candidate)) await judge.examine(candidate);
      return candidate;
    });
  }

  function refuseClosed(): void {
    if (closed) throw new CodedError('document.shelf_closed', 'documents are no longer taken: the service ends');
  }

  return {
    offer: async (pair) => {
      refuseClosed();
      // Begun now, while others are judged; judged in turn.
      const prepared = prepare(pair);
      // What it breaks off with is answered when its turn has come.
      prepared.catch(() => undefined);
      return turns.take(async () => {
        const candidate = await prepared;
        await breath();
        return places.settle(candidate);
      });
    },
    retract: async (source) => {
      refuseClosed();
      await turns.take(async () => places.retract(source));
    },
    active: active.list,
    idle: places.idle,
    standing: createStanding(active, trust),
    acceptedSince: async (pair) => {
      await breath();
      const header = versions === undefined ? undefined : parsedOf(read(pair))?.header;
      if (versions === undefined || header === undefined) return undefined;
      try {
        return (await versions.accepted(header.type, header.id))?.since;
      } catch (error) {
        onFailure(error);
        return undefined;
      }
    },
    generation: turns.generation,
    onChange: turns.onChange,
    close: async () => {
      closed = true;
      endHook?.();
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const stop = schedule(CLOSE_MS, resolve);
      await Promise.race([late, settleAll()]);
      stop();
      judge.releaseAll();
    },
  };
}
