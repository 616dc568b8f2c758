import { createHash } from 'node:crypto';

/**
 * What a consistency proof shows. `inconsistent` is evidence against the log: its own new tree begins otherwise. `unproved` is none:
 * the proof does not lead to the new tree, and whoever stands in between could have sent it.
 */
export type ConsistencyResult = 'consistent' | 'inconsistent' | 'unproved';

/** A tree: how many leaves, and the root over them, 32 bytes. */
export type Tree = { readonly size: bigint; readonly root: Uint8Array };

/** The hash of an inner node: SHA-256(0x01 ‖ left ‖ right), RFC 6962, section 2.1. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return createHash('sha256').update(NODE).update(left).update(right).digest();
}
const NODE = Uint8Array.of(1);

/** Hashes in a proof between trees of less than 2^64 leaves: one per level and the seed. */
const MAX_PROOF = 65;

/**
 * Checks that a tree of `to.size` leaves begins with all leaves of one of `from.size`: RFC 9162, section 2.1.4.2, whose proofs are
 * those of RFC 6962, section 2.1.2. Pure.
 *
 * @param proof as the log gives it: without the seed where `from.size` is a power of two
 * @throws TypeError where the sizes are no question: 0, or the older one larger
 */
export function verifyConsistency(from: Tree, to: Tree, proof: readonly Uint8Array[]): ConsistencyResult {
  checkSizes(from.size, to.size);
  if (from.size === to.size) {
    if (proof.length > 0) return 'unproved';
    return equal(from.root, to.root) ? 'consistent' : 'inconsistent';
  }
  const path = isPowerOfTwo(from.size) ? [from.root, ...proof] : proof;
  return verifyPath(from, to, path);
}

/** The same, over a path whose first hash is the seed also where `from.size` is a power of two; between equal sizes it is not looked at. */
export function verifyPath(from: Tree, to: Tree, path: readonly Uint8Array[]): ConsistencyResult {
  checkSizes(from.size, to.size);
  if (from.size === to.size) return verifyConsistency(from, to, []);
  const roots = foldPath(from.size, to.size, path);
  if (roots === undefined || !equal(roots.to, to.root)) return 'unproved';
  // The path leads to the root that the log signed, so its hashes are that tree's own, and so is the older root over them.
  return equal(roots.from, from.root) ? 'consistent' : 'inconsistent';
}

/** The roots of the older and of the newer tree that a path leads to; undefined where its length is not that of these sizes. */
function foldPath(
  from: bigint,
  to: bigint,
  path: readonly Uint8Array[],
): { from: Uint8Array; to: Uint8Array } | undefined {
  const [seed, ...rest] = path;
  if (seed === undefined || path.length > MAX_PROOF || path.some((hash) => hash.length !== 32)) return undefined;
  let fn = from - 1n;
  let sn = to - 1n;
  while ((fn & 1n) === 1n) {
    fn >>= 1n;
    sn >>= 1n;
  }
  let older = seed;
  let newer = seed;
  for (const hash of rest) {
    if (sn === 0n) return undefined;
    if ((fn & 1n) === 1n || fn === sn) {
      older = nodeHash(hash, older);
      newer = nodeHash(hash, newer);
      while ((fn & 1n) === 0n && fn !== 0n) {
        fn >>= 1n;
        sn >>= 1n;
      }
    } else {
      newer = nodeHash(newer, hash);
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  return sn === 0n ? { from: older, to: newer } : undefined;
}

function isPowerOfTwo(size: bigint): boolean {
  return size > 0n && (size & (size - 1n)) === 0n;
}

function checkSizes(from: bigint, to: bigint): void {
  if (from < 1n || to < from) throw new TypeError('a proof of consistency is about two sizes, the older first');
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}
