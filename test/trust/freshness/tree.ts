import { createHash } from 'node:crypto';

/** A Merkle tree by the letter of RFC 6962, section 2.1: recursive, its subtrees remembered. What the product is compared with. */
export class Tree {
  readonly leaves: Buffer[] = [];
  private readonly known = new Map<string, Buffer>();

  constructor(size = 0, seed = '') {
    this.grow(size, seed);
  }

  grow(size: number, seed = ''): this {
    while (this.leaves.length < size) this.leaves.push(hash(0, Buffer.from(`${seed}${this.leaves.length}`)));
    return this;
  }

  root(size = this.leaves.length): Buffer {
    return size === 0 ? createHash('sha256').digest() : this.mth(0, size);
  }

  /** PROOF(m, D[n]), section 2.1.2. */
  consistency(older: number, newer = this.leaves.length): Buffer[] {
    return this.subproof(older, 0, newer, true);
  }

  /** The hashes at a height from the leaves up: those over whole runs alone. */
  tile(level: number, index: number, width: number): Buffer {
    const span = 256 ** level;
    const hashes = Array.from({ length: width }, (_, place) => {
      const start = (index * 256 + place) * span;
      return this.mth(start, start + span);
    });
    return Buffer.concat(hashes);
  }

  private mth(from: number, to: number): Buffer {
    if (to > this.leaves.length) throw new RangeError('beyond the tree');
    const leaf = this.leaves[from];
    if (to - from === 1 && leaf !== undefined) return leaf;
    const key = `${from} ${to}`;
    const before = this.known.get(key);
    if (before !== undefined) return before;
    const middle = from + split(to - from);
    const root = hash(1, this.mth(from, middle), this.mth(middle, to));
    this.known.set(key, root);
    return root;
  }

  private subproof(older: number, from: number, to: number, whole: boolean): Buffer[] {
    if (older === to - from) return whole ? [] : [this.mth(from, to)];
    const k = split(to - from);
    return older <= k
      ? [...this.subproof(older, from, from + k, whole), this.mth(from + k, to)]
      : [...this.subproof(older - k, from + k, to, false), this.mth(from, from + k)];
  }
}

function split(length: number): number {
  let k = 1;
  while (k * 2 < length) k *= 2;
  return k;
}

function hash(prefix: number, ...parts: Buffer[]): Buffer {
  const state = createHash('sha256').update(Uint8Array.of(prefix));
  for (const part of parts) state.update(part);
  return state.digest();
}
