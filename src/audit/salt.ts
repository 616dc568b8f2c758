import { SALT_BYTES } from './line.ts';

const SALTS = 256;

/** Gives salts out of a pool that is filled at once: a call of the system's generator for each record costs more than its hash. */
export function saltPool(randomBytes: (size: number) => Uint8Array): () => Uint8Array {
  let pool: Uint8Array = new Uint8Array();
  let next = SALTS;
  return () => {
    if (next === SALTS) {
      pool = randomBytes(SALTS * SALT_BYTES);
      next = 0;
    }
    const start = next * SALT_BYTES;
    next += 1;
    return pool.subarray(start, start + SALT_BYTES);
  };
}
