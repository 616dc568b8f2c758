import { type Artifact, artifactDigest } from '../artifact.ts';
import type { Statement } from './statement.ts';

/** Algorithms by which a subject names an artifact; weaker ones that stand beside them (SHA-1, MD5) say nothing. */
const NAMING = ['sha256', 'sha384', 'sha512'] as const;

/**
 * Whether a subject of the Statement is the artifact: it names it by at least one strong digest (in-toto Statement v1, digest_set.md),
 * and none of those that can be compared contradicts. Where only the artifact's SHA-256 is known, only that one can.
 */
export function statementIsAbout(statement: Statement, artifact: Artifact): boolean {
  const digestOf = (algorithm: (typeof NAMING)[number]): string | undefined =>
    algorithm === 'sha256'
      ? artifact.digest.slice('sha256:'.length)
      : artifactDigest(artifact, algorithm)?.toString('hex');
  return statement.subjects.some(({ digest }) => {
    const compared = NAMING.filter((name) => Object.hasOwn(digest, name) && digestOf(name) !== undefined);
    return compared.length > 0 && compared.every((name) => digest[name] === digestOf(name));
  });
}
