import { z } from 'zod';
import { parseStrictJson } from '../../model/strict-json.ts';
import { parseCheckpoint } from '../log/checkpoint.ts';
import { verifyConsistency } from './consistency.ts';
import { fetchBytes } from './fetch-bytes.ts';
import { type LiveAnswer, type LiveTree, type LogSource, malformedAnswer, signerOf } from './live-tree.ts';

const MAX_BYTES = 512 * 1024;
/** Trees of one log: a new one every year or two. */
const MAX_SHARDS = 64;

const TREE_ID = z.string().regex(/^\d{1,20}$/);
const shard = z.object({ treeID: TREE_ID, signedTreeHead: z.string() });
const logInfo = shard.extend({ inactiveShards: z.array(shard).max(MAX_SHARDS).nullish() });
const logProof = z.object({ hashes: z.array(z.string().regex(/^[0-9a-f]{64}$/)).max(64) });

/**
 * Reads the trees that a Rekor v1 serves: its active one and those that it has closed (GET /api/v1/log). Their proofs come from
 * /api/v1/log/proof. Sizes and roots are those of the signed checkpoints; what stands beside them is not looked at.
 *
 * @throws CodedError `log.*`, `json.*` where there is no answer of this form
 */
export async function readRekorV1(source: LogSource): Promise<LiveAnswer> {
  const url = `${source.baseUrl}/api/v1/log`;
  const info = await read(url, source, logInfo);
  const trees: LiveTree[] = [];
  const problems: unknown[] = [];
  for (const { treeID, signedTreeHead } of [info, ...(info.inactiveShards ?? [])]) {
    try {
      trees.push(liveTree(treeID, signedTreeHead, source));
    } catch (error) {
      problems.push(error);
    }
  }
  return { trees, problems };
}

function liveTree(treeId: string, signedTreeHead: string, source: LogSource): LiveTree {
  const checkpoint = parseCheckpoint(Buffer.from(signedTreeHead));
  const { origin, size, root } = checkpoint;
  if (origin !== `${source.origin} - ${treeId}`) {
    const expected = `${source.origin} - ${treeId}`;
    throw malformedAnswer(source.baseUrl, `shows a checkpoint of another log than ${expected}`);
  }
  const { id } = signerOf(checkpoint, source.origin, source.candidates);
  return {
    log: { logId: id, origin },
    baseUrl: source.baseUrl,
    size,
    root: root.toString('hex'),
    prove: async (from) => {
      const to = { size, root };
      // The interface has no question about a tree of no leaves, and gives no answer between equal ones.
      if (from.size === size) return verifyConsistency(from, to, []);
      const url = `${source.baseUrl}/api/v1/log/proof?firstSize=${from.size}&lastSize=${size}&treeID=${treeId}`;
      const { hashes } = await read(url, source, logProof);
      return verifyConsistency(
        from,
        to,
        hashes.map((hash) => Buffer.from(hash, 'hex')),
      );
    },
  };
}

async function read<T>(url: string, source: LogSource, schema: z.ZodType<T>): Promise<T> {
  const bytes = await fetchBytes(url, MAX_BYTES, source.fetching);
  const parsed = schema.safeParse(parseStrictJson(bytes, { maxBytes: MAX_BYTES, maxDepth: 16 }));
  if (parsed.success) return parsed.data;
  throw malformedAnswer(url, "answers with something that is not of Rekor v1's form", parsed.error);
}
