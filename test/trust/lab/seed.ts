import { createHash } from 'node:crypto';

/** Bytes that depend on the seed and a label alone: the same wherever and whenever they are asked for. */
export type Seed = (label: string, bytes: number) => Buffer;

export function seedOf(seed: number | string): Seed {
  return (label, bytes) => {
    const blocks: Buffer[] = [];
    for (let block = 0; blocks.length * 32 < bytes; block += 1) {
      blocks.push(createHash('sha256').update(`${seed}\0${label}\0${block}`).digest());
    }
    return Buffer.concat(blocks).subarray(0, bytes);
  };
}
