import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { CodedError } from '../errors.ts';
import { isSha256Digest } from '../model/digest.ts';
import { type Artifact, artifactOf } from '../trust/artifact.ts';
import { readBoundedFile } from './bounded-file.ts';

/** The most bytes of an artifact that are read, and what to do about one that has more. */
export type ArtifactBound = { readonly bytes: number; readonly remedy: string };

/**
 * The artifact that a word on the command line means: a file, or `sha256:HEX`. A digest is read as one, unless a file of that very name
 * lies there: then which of the two is meant is nobody's to guess.
 *
 * @throws CodedError `usage`, `file.*`
 */
export function readArtifact(word: string, cwd: string, most: ArtifactBound): Artifact {
  const path = resolve(cwd, word);
  if (!word.startsWith('sha256:')) return artifactOf(readFile(path, most));
  if (existsSync(path)) throw usage(`${word} is a file as well as a digest; write ./${word} for the file`);
  const digest = word.toLowerCase();
  if (!isSha256Digest(digest)) throw usage(`${word} is no digest: sha256: and 64 hex digits`);
  return { digest };
}

function readFile(path: string, { bytes, remedy }: ArtifactBound): Buffer {
  try {
    return readBoundedFile(path, bytes, 'the artifact');
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'file.too_large') throw error;
    throw new CodedError(error.code, `${error.message}; ${remedy}`, { cause: error });
  }
}

/** A mistake on the command line. */
export function usage(what: string): CodedError {
  return new CodedError('usage', `${what} (run with --help for what is accepted)`);
}
