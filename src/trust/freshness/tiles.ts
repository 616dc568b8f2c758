import { refusal } from '../failure.ts';
import { nodeHash } from './consistency.ts';

/** Hashes in a full tile, and levels of the tree that one spans. */
const WIDTH = 256n;
const HEIGHT = 8;
const HASH_BYTES = 32;

/** Which tile: level, index in it, and how many hashes it has; less than 256 where it is partial. */
type TileName = { readonly level: number; readonly index: bigint; readonly width: number };

/** Gets a tile's bytes. Nothing about them is believed: what they lead to is compared with a signed root. */
export type ReadTile = (tile: TileName) => Promise<Uint8Array>;

/** A tile's path below the log's prefix (C2SP tlog-tiles): `tile/0/x001/x234/067`, `tile/1/000.p/3`. */
export function tilePath({ level, index, width }: TileName): string {
  const digits = index.toString();
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) ?? [];
  const path = groups.map((group, place) => (place < groups.length - 1 ? `x${group}` : group)).join('/');
  return `tile/${level}/${path}${width < Number(WIDTH) ? `.p/${width}` : ''}`;
}

/** Hashes of the tree of one size, computed from its tiles. */
type TileTree = {
  /**
   * Hash by hash what leads from a tree of `from` leaves, 1 or more, to this one: RFC 6962's proof (section 2.1.2), its seed always
   * included. From this tree itself: its root alone.
   */
  readonly path: (from: bigint) => Promise<readonly Uint8Array[]>;
};

/**
 * The tree of `size` leaves that a log's tiles describe. Tiles are read once each: about two per level and proof.
 *
 * Its functions throw what `read` throws, and CodedError `trust.log_proof_invalid` for a tile of another length than it must have.
 */
export function tileTree(size: bigint, read: ReadTile): TileTree {
  const tiles = new Map<string, Promise<Uint8Array>>();

  function tile(level: number, index: bigint): Promise<Uint8Array> {
    const there = (size >> BigInt(HEIGHT * level)) - index * WIDTH;
    const name = { level, index, width: Number(there < WIDTH ? there : WIDTH) };
    const path = tilePath(name);
    const known = tiles.get(path);
    if (known !== undefined) return known;
    const reading = read(name).then((bytes) => {
      if (bytes.length === name.width * HASH_BYTES) return bytes;
      throw refusal('log_proof_invalid', `${path} has ${bytes.length} bytes, not ${name.width * HASH_BYTES}`);
    });
    tiles.set(path, reading);
    return reading;
  }

  /** The hash over 2^height leaves, the index-th such run. */
  async function perfect(height: number, index: bigint): Promise<Uint8Array> {
    const level = Math.floor(height / HEIGHT);
    const count = 1n << BigInt(height % HEIGHT);
    const start = index * count;
    const bytes = await tile(level, start / WIDTH);
    const first = Number(start % WIDTH) * HASH_BYTES;
    return fold(bytes.subarray(first, first + Number(count) * HASH_BYTES));
  }

  /** RFC 6962's MTH(D[from:to]); runs of other lengths than powers of two end where the tree ends. */
  async function run(from: bigint, to: bigint): Promise<Uint8Array> {
    const length = to - from;
    const height = heightOf(length);
    if (length === 1n << BigInt(height)) return perfect(height, from / length);
    const middle = from + largestBelow(length);
    return nodeHash(await run(from, middle), await run(middle, to));
  }

  async function subproof(older: bigint, from: bigint, to: bigint): Promise<Uint8Array[]> {
    if (older === to - from) return [await run(from, to)];
    const k = largestBelow(to - from);
    const middle = from + k;
    return older <= k
      ? [...(await subproof(older, from, middle)), await run(middle, to)]
      : [...(await subproof(older - k, middle, to)), await run(from, middle)];
  }

  return {
    path: async (from) => {
      if (from < 1n || from > size) throw new TypeError('a tree of tiles is asked about sizes from 1 to its own');
      return subproof(from, 0n, size);
    },
  };
}

/** The root over the hashes of a run of leaves, a power of two of them. */
function fold(hashes: Uint8Array): Uint8Array {
  let row = hashes;
  while (row.length > HASH_BYTES) {
    const above = new Uint8Array(row.length / 2);
    for (let at = 0; at < row.length; at += 2 * HASH_BYTES) {
      above.set(
        nodeHash(row.subarray(at, at + HASH_BYTES), row.subarray(at + HASH_BYTES, at + 2 * HASH_BYTES)),
        at / 2,
      );
    }
    row = above;
  }
  return row;
}

/** floor(log2(size)). */
function heightOf(size: bigint): number {
  return size.toString(2).length - 1;
}

/** The largest power of two below a size of two or more. */
function largestBelow(size: bigint): bigint {
  return 1n << BigInt(heightOf(size - 1n));
}
