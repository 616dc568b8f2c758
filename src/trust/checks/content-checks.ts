import { schemeOf } from '../algorithm.ts';
import { statementIsAbout } from '../bundle/subject.ts';
import { refusal } from '../failure.ts';
import { digestOf } from '../signature/signed-content.ts';
import type { BundleCheck, ProvedContext } from './bundle-check.ts';

/** What is signed, and by which algorithm. */
export const CONTENT_CHECKS: readonly BundleCheck[] = [
  {
    name: 'digest of the artifact',
    code: 'digest_mismatch',
    stage: 'claimed',
    concerns: ({ content }) => content.claimed !== undefined,
    refuse: ({ content }) => {
      if (content.claimed === undefined) return undefined;
      const digest = digestOf(content.message, content.claimed.hash);
      if (digest === undefined) {
        throw refusal(
          'digest_alone_insufficient',
          `the bundle names the artifact by its ${content.claimed.hash}; give the artifact itself, not its SHA-256`,
        );
      }
      return digest.equals(content.claimed.digest)
        ? undefined
        : 'messageDigest in the bundle is not the digest of the artifact; give the artifact that was signed';
    },
  },
  {
    name: 'subject of the Statement',
    code: 'subject_mismatch',
    // Only of what is signed: a Statement that nobody signed can name each digest there is, and has the artifact hashed for each.
    stage: 'proved',
    concerns: ({ bundle }) => bundle.statement !== undefined,
    refuse: ({ bundle, artifact }) =>
      bundle.statement === undefined || statementIsAbout(bundle.statement, artifact)
        ? undefined
        : 'no subject of the signed Statement has the digest of the artifact (sha256, sha384 or sha512)',
  },
  {
    name: 'algorithm of the key',
    code: 'algorithm_not_pinned',
    stage: 'proved',
    only: 'keyed',
    concerns: (context) => hashesOf(context) !== undefined,
    refuse: (context) => {
      const hashes = hashesOf(context);
      return hashes === undefined || hashes.pinned === hashes.named
        ? undefined
        : `the bundle names ${hashes.named}, and the key is pinned to ${hashes.algorithm}`;
    },
  },
];

/** The hash that the bundle names and the one of the pinned key; undefined where either has none: pure Ed25519 hashes nothing first. */
function hashesOf({ signer, content }: ProvedContext) {
  if (signer.mode !== 'keyed' || content.claimed === undefined) return undefined;
  const { algorithm } = signer.key;
  const scheme = schemeOf(algorithm);
  return scheme.kind === 'ed25519' ? undefined : { named: content.claimed.hash, pinned: scheme.hash, algorithm };
}
