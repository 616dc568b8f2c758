import type { KeyObject } from 'node:crypto';
import { schemeOf } from '../algorithm.ts';
import { refusal } from '../failure.ts';
import { algorithmsFor } from './scheme.ts';
import type { SignedContent } from './signed-content.ts';
import { verifySignature } from './verify-signature.ts';

/**
 * Whether a certificate's key made the signature. Nobody pinned an algorithm to it, so the kind of key and, in a message signature, the
 * hash that the bundle names say which.
 *
 * @throws CodedError `trust.algorithm_unsupported`, and as `verifySignature` does
 */
export function verifyByLeaf(content: SignedContent, key: KeyObject): boolean {
  const algorithms = algorithmsFor(key).filter((algorithm) => {
    const scheme = schemeOf(algorithm);
    return content.claimed === undefined || scheme.kind === 'ed25519' || scheme.hash === content.claimed.hash;
  });
  if (algorithms.length === 0) {
    throw refusal(
      'algorithm_unsupported',
      "the certificate's key, with the hash that the bundle names, is not verified here",
    );
  }
  return algorithms.some((algorithm) => verifySignature(algorithm, key, content.message, content.signature));
}
