import type { AuditLog } from '../audit/log.ts';
import { CodedError } from '../errors.ts';
import type { Json, JsonObject } from '../model/json.ts';
import type { SharedState } from '../model/shared-state.ts';
import { appendRecord, type Stamp } from '../records.ts';
import { type Forgettable, forget } from '../trust/freshness/forget.ts';

/** Looks up what is to be forgotten, as it stands now. Rejects where that is nothing. */
export type Find = (state: SharedState) => Promise<Forgettable>;

/** What was forgotten, and where that is recorded. */
export type Forgotten = {
  readonly about: string;
  readonly audit: { readonly origin: string; readonly index: number };
  readonly remembered: Json;
};

/** What the record says besides: who did it, and why. */
type Circumstances = { readonly by: JsonObject; readonly reason: string };

/** Somebody else writes the same entry only now and then: a replica that accepts the document at this very moment. */
const MAX_TRIES = 8;

/**
 * Forgets, and records it first: the record is durable before anything is forgotten, and says all that was.
 *
 * @throws CodedError `trust.forget_contended`, `state.*`, `audit.*`, and what `find` throws
 */
export async function forgetRecorded(
  state: SharedState,
  audit: Pick<AuditLog, 'append'>,
  stamp: Stamp,
  find: Find,
  { by, reason }: Circumstances,
): Promise<Forgotten> {
  const append = (action: string, body: JsonObject) => appendRecord(audit, stamp, 'trust', { action, ...body, by });
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const found = await find(state);
    const { about, remembered } = found;
    const first = await append('forget', { about, remembered, reason });
    // Said anew where it did not come to pass: the store failed and may have it or not, or somebody else wrote first.
    const forgotten = await forget(state, found).catch(async (error: unknown) => {
      await append('forget_unconfirmed', { about, refers_to: first.id });
      throw error;
    });
    if (forgotten) return { about, audit: { origin: first.origin, index: first.index }, remembered };
    await append('forget_failed', { about, refers_to: first.id });
  }
  throw new CodedError(
    'trust.forget_contended',
    'what is to be forgotten is being written again and again; try once more',
  );
}
