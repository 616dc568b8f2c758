import { MAX_NOTE_BYTES, parseCheckpoint } from '../log/checkpoint.ts';
import { verifyPath } from './consistency.ts';
import { fetchBytes } from './fetch-bytes.ts';
import { type LiveAnswer, type LogSource, malformedAnswer, signerOf } from './live-tree.ts';
import { tilePath, tileTree } from './tiles.ts';

const TILE_BYTES = 256 * 32;

/**
 * Reads the tree that a Rekor v2 serves (GET /api/v2/checkpoint, C2SP tlog-checkpoint). Proofs are made here, from its hash tiles
 * (/api/v2/tile/…, C2SP tlog-tiles); a partial tile that is gone is read from the full one.
 *
 * @throws CodedError `log.*`, `trust.log_checkpoint_invalid`
 */
export async function readRekorV2(source: LogSource): Promise<LiveAnswer> {
  const prefix = `${source.baseUrl}/api/v2`;
  const checkpoint = parseCheckpoint(await fetchBytes(`${prefix}/checkpoint`, MAX_NOTE_BYTES, source.fetching));
  const { origin, size, root } = checkpoint;
  if (origin !== source.origin) {
    throw malformedAnswer(prefix, `shows a checkpoint of another log than ${source.origin}`);
  }
  const { id } = signerOf(checkpoint, origin, source.candidates);
  const tree = tileTree(size, async (tile) => {
    const path = `${prefix}/${tilePath(tile)}`;
    try {
      return await fetchBytes(path, TILE_BYTES, source.fetching);
    } catch (error) {
      if (tile.width * 32 === TILE_BYTES) throw error;
      const whole = await fetchBytes(`${prefix}/${tilePath({ ...tile, width: 256 })}`, TILE_BYTES, source.fetching);
      return whole.subarray(0, tile.width * 32);
    }
  });
  return {
    trees: [
      {
        log: { logId: id, origin },
        baseUrl: source.baseUrl,
        size,
        root: root.toString('hex'),
        prove: async (from) => verifyPath(from, { size, root }, await tree.path(from.size)),
      },
    ],
    problems: [],
  };
}
