import { hash } from 'node:crypto';
import { type Sha256Digest, sha256 } from '../model/digest.ts';
import type { HashName } from './algorithm.ts';

/** What was signed: its raw bytes, read once, or only their digest where the bytes are not at hand. */
export type Artifact = {
  readonly digest: Sha256Digest;
  /** Absent: only what a digest can show is verified, and what needs the bytes is refused. */
  readonly bytes?: Uint8Array;
};

/** The artifact that these bytes are. The bytes are not copied: whoever hands them over no longer changes them. */
export function artifactOf(bytes: Uint8Array): Artifact {
  return { digest: sha256(bytes), bytes };
}

/** Beside the artifacts, which cross to other threads, and gone with them. */
const DIGESTS = new WeakMap<Artifact, Map<HashName, Buffer>>();

/**
 * The artifact's digest by a hash, or undefined where only another one is known. Its bytes are hashed once for each, by the first who asks:
 * how often that is, whoever sends bundles decides.
 */
export function artifactDigest(artifact: Artifact, name: HashName): Buffer | undefined {
  const digests = DIGESTS.get(artifact) ?? new Map<HashName, Buffer>();
  DIGESTS.set(artifact, digests);
  const known = digests.get(name);
  if (known !== undefined) return known;
  const digest = digestOf(artifact, name);
  if (digest !== undefined) digests.set(name, digest);
  return digest;
}

function digestOf({ digest, bytes }: Artifact, name: HashName): Buffer | undefined {
  if (bytes !== undefined) return hash(name, bytes, 'buffer');
  return name === 'sha256' ? Buffer.from(digest.slice('sha256:'.length), 'hex') : undefined;
}
