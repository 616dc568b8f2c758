// Runs in a thread of its own: verifies one document after the other. See pool.ts.
import { parentPort } from 'node:worker_threads';
import { sha256 } from '../../model/digest.ts';
import { isJsonObject } from '../../model/json.ts';
import { VERIFIERS } from '../examine.ts';
import { parseTrustRoot } from '../root/parse-trust-root.ts';
import type { TrustRoot } from '../root/trust-root.ts';
import { type VerificationJob, verifyDocument } from '../verify-document.ts';
import { isTask, READY } from './protocol.ts';

/** Roots under their digests: parsing one costs as much as a verification. More than are configured never come. */
const roots = new Map<string, TrustRoot>();
const MOST_ROOTS = 64;

function knownRoot(bytes: Uint8Array): TrustRoot {
  const digest = sha256(bytes);
  const known = roots.get(digest);
  if (known !== undefined) return known;
  const root = parseTrustRoot(bytes);
  if (roots.size >= MOST_ROOTS) roots.clear();
  roots.set(digest, root);
  return root;
}

/** The outline of a job: it comes from our own side, where it was type-checked. */
function isJob(task: unknown): task is VerificationJob {
  return (
    isJsonObject(task) &&
    typeof task.kind === 'string' &&
    isJsonObject(task.artifact) &&
    Array.isArray(task.bundles) &&
    isJsonObject(task.content)
  );
}

const port = parentPort;
if (port === null) throw new Error('this is the program of a thread');
port.on('message', (message: unknown) => {
  if (!isTask(message) || !isJob(message.task)) throw new TypeError('what came is no job');
  const verdict = verifyDocument(message.task, { ...VERIFIERS, parseTrustRoot: knownRoot });
  port.postMessage({ number: message.number, answer: verdict });
});
port.postMessage(READY);
