import { type Sha256Digest, sha256 } from '../model/digest.ts';

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
