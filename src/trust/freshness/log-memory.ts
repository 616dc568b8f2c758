import { z } from 'zod';
import type { Milliseconds } from '../../model/clock.ts';
import { sha256 } from '../../model/digest.ts';
import { parseStrictJsonText } from '../../model/strict-json.ts';
import { refusal } from '../failure.ts';
import type { Distrust, LogName, TreeHead } from './event.ts';

/** A tree that a log has signed, as remembered. */
type RememberedTree = {
  readonly size: bigint;
  /** Lower-case hex. */
  readonly root: string;
  /** When it was first seen. */
  readonly seen: Milliseconds;
  /** Proved to lie within the log's live tree. */
  readonly proved: boolean;
};

/** The largest tree that the log itself was seen to serve, proved to extend every one before. */
export type LiveMark = { readonly size: bigint; readonly root: string; readonly time: Milliseconds };

/** What is remembered of one log key under one origin. */
export type LogMemory = LogName & {
  /** By size, each size once. */
  readonly trees: readonly RememberedTree[];
  readonly live?: LiveMark;
  readonly distrust?: Distrust;
};

/** What remembering one more tree came to. `other`: the root that the log had shown for the same size. */
type Observation =
  | { readonly kind: 'known' }
  | { readonly kind: 'new'; readonly memory: LogMemory }
  | { readonly kind: 'split'; readonly other: TreeHead };

/** Of the trees seen last, so many are never dropped: what was just seen is compared for a while, however many come. */
const LAST_SEEN = 8;

/** The key that a log's memory stands under. Origins are hashed: they may be long, and are not ASCII by any rule. */
export function logKey({ logId, origin }: LogName): string {
  return `${LOG_PREFIX}${logId}/${sha256(origin).slice('sha256:'.length)}`;
}
export const LOG_PREFIX = 'trust/log/';

/** A log of which nothing is remembered. */
export function newLogMemory({ logId, origin }: LogName): LogMemory {
  return { logId, origin, trees: [] };
}

/** Compares a tree with what the log has shown and remembers it, at most `bound` of them. Pure. */
export function observeTree(
  memory: LogMemory,
  tree: { readonly size: bigint; readonly root: string },
  now: Milliseconds,
  bound: number,
): Observation {
  const { live } = memory;
  const before = live?.size === tree.size ? live : memory.trees.find((known) => known.size === tree.size);
  if (before !== undefined) {
    return before.root === tree.root ? { kind: 'known' } : { kind: 'split', other: headOf(before) };
  }
  const trees = bySize([...memory.trees, { ...tree, seen: now, proved: false }]);
  return { kind: 'new', memory: { ...memory, trees: thinned(trees, bound) } };
}

/** Raises the live mark to a tree that was proved to extend the one before. A mark is never lowered: a smaller tree changes nothing. */
export function raiseLive(memory: LogMemory, tree: LiveMark, bound: number): LogMemory {
  if (memory.live !== undefined && memory.live.size >= tree.size) return memory;
  const others = memory.trees.filter(({ size }) => size !== tree.size);
  const trees = bySize([...others, { size: tree.size, root: tree.root, seen: tree.time, proved: true }]);
  return { ...memory, live: tree, trees: thinned(trees, bound) };
}

/** Notes that trees lie within the live one. What was dropped meanwhile stays dropped. */
export function markProved(memory: LogMemory, proved: readonly TreeHead[]): LogMemory {
  const heads = new Set(proved.map(({ size, root }) => `${size} ${root}`));
  const trees = memory.trees.map((tree) => (heads.has(`${tree.size} ${tree.root}`) ? { ...tree, proved: true } : tree));
  return { ...memory, trees };
}

export function headOf({ size, root }: { readonly size: bigint; readonly root: string }): TreeHead {
  return { size: size.toString(), root };
}

/**
 * Drops trees until `bound` are left. Never: the largest, and those seen last. First those that were proved to lie within the live
 * tree (another root at their size cannot be proved against it any more), and among them the one whose neighbours are nearest to
 * each other, so that an even spread is left.
 */
function thinned(trees: readonly RememberedTree[], bound: number): RememberedTree[] {
  const left = [...trees];
  while (left.length > bound) {
    const recent = [...left].sort((one, other) => other.seen - one.seen).slice(0, Math.min(LAST_SEEN, bound - 1));
    const kept = new Set([left.at(-1), ...recent]);
    let dropped: { place: number; proved: boolean; gap: bigint } | undefined;
    for (const [place, tree] of left.entries()) {
      if (kept.has(tree)) continue;
      const gap = (left[place + 1]?.size ?? tree.size) - (left[place - 1]?.size ?? 0n);
      if (
        dropped === undefined ||
        (tree.proved && !dropped.proved) ||
        (tree.proved === dropped.proved && gap < dropped.gap)
      ) {
        dropped = { place, proved: tree.proved, gap };
      }
    }
    left.splice(dropped?.place ?? 0, 1);
  }
  return left;
}

function bySize(trees: RememberedTree[]): RememberedTree[] {
  return trees.sort((one, other) => (one.size < other.size ? -1 : one.size > other.size ? 1 : 0));
}

const SIZE = z.string().regex(/^(?:0|[1-9]\d{0,19})$/);
const ROOT = z.string().regex(/^[0-9a-f]{64}$/);
const TIME = z.int().min(0);
const HEAD = z.strictObject({ size: SIZE, root: ROOT });
const stored = z.strictObject({
  v: z.literal(1),
  log_id: z.string(),
  origin: z.string(),
  trees: z.array(z.tuple([SIZE, ROOT, TIME, z.union([z.literal(0), z.literal(1)])])),
  live: z.tuple([SIZE, ROOT, TIME]).optional(),
  distrust: z
    .strictObject({
      code: z.enum(['split_view', 'log_inconsistent']),
      trees: z.tuple([HEAD, HEAD]),
      time: z.string(),
    })
    .optional(),
});

/** The text that a store keeps: at most 45 KiB for 400 trees. */
export function writeLogMemory(memory: LogMemory): string {
  const { live, distrust } = memory;
  const value: z.infer<typeof stored> = {
    v: 1,
    log_id: memory.logId,
    origin: memory.origin,
    trees: memory.trees.map(({ size, root, seen, proved }) => [size.toString(), root, seen, proved ? 1 : 0]),
    ...(live !== undefined && { live: [live.size.toString(), live.root, live.time] }),
    ...(distrust !== undefined && { distrust: { ...distrust, trees: [...distrust.trees] } }),
  };
  return JSON.stringify(value);
}

/** @throws CodedError `trust.state_unavailable`: the store does not hold what was put there */
export function readLogMemory(text: string): LogMemory {
  try {
    return parseLogMemory(text);
  } catch (cause) {
    throw refusal('state_unavailable', 'what the store holds of a log is not what was written there', cause);
  }
}

function parseLogMemory(text: string): LogMemory {
  const { log_id, origin, trees, live, distrust } = stored.parse(
    parseStrictJsonText(text, { maxBytes: 65_536, maxDepth: 8 }),
  );
  const read = trees.map(([size, root, seen, proved]) => ({ size: BigInt(size), root, seen, proved: proved === 1 }));
  if (read.some(({ size }, place) => size <= (read[place - 1]?.size ?? -1n))) {
    throw new TypeError('the remembered trees are not in the order of their sizes');
  }
  return {
    logId: log_id,
    origin,
    trees: read,
    ...(live !== undefined && { live: { size: BigInt(live[0]), root: live[1], time: live[2] } }),
    ...(distrust !== undefined && { distrust }),
  };
}
