import { v7 } from 'uuid';
import type { Milliseconds } from '../model/clock.ts';
import { type DecisionId, isDecisionId } from '../model/decision.ts';

const RANDOM_BYTES = 16;
const IDS_PER_DRAW = 256;

/**
 * Gives ids: UUIDs of version 7 (RFC 9562 section 5.7), sorted by the decision's own time. The randomness is drawn for many at once;
 * one call of the system's generator for each would cost more than the rest of the id.
 */
export function createIds(randomBytes: (size: number) => Uint8Array): (time: Milliseconds) => DecisionId {
  let pool: Uint8Array = new Uint8Array();
  return (time) => {
    if (pool.length < RANDOM_BYTES) pool = randomBytes(RANDOM_BYTES * IDS_PER_DRAW);
    const random = pool.subarray(0, RANDOM_BYTES);
    pool = pool.subarray(RANDOM_BYTES);
    const id = v7({ msecs: time, random });
    if (!isDecisionId(id)) throw new TypeError('the UUID library returned something that is no UUID of version 7');
    return id;
  };
}
