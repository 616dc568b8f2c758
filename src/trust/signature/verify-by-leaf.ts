import type { KeyObject } from 'node:crypto';
import { refusal } from '../failure.ts';
import { algorithmsFor, schemeOf } from './scheme.ts';
import { algorithmThatVerifies, type SignedContent } from './signed-content.ts';

/**
 * Whether a certificate's key made the signature. Nobody pinned an algorithm to it, so the kind of key and, in a message signature, the
 * hash that the bundle names say which.
 *
 * @throws CodedError `trust.algorithm_unsupported`, `trust.digest_alone_insufficient`
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
  return algorithmThatVerifies(content, key, algorithms) !== undefined;
}
