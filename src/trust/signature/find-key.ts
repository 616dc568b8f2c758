import { CodedError } from '../../errors.ts';
import { schemeOf } from '../algorithm.ts';
import type { PinnedKey } from '../authority/authority.ts';
import { publicKeyHint } from '../bundle/key-hint.ts';
import { refusal } from '../failure.ts';
import type { SignedContent } from './signed-content.ts';
import { verifySignature } from './verify-signature.ts';

/**
 * The key that made the signature, with the algorithm pinned to it. The bundle's hint is whatever its sender wrote: it says which key is
 * tried first, and where none fits, what the refusal is called.
 *
 * @throws CodedError `trust.key_unknown`, `trust.signature_invalid`, `trust.algorithm_not_pinned`, `trust.digest_alone_insufficient`
 */
export function findKey(content: SignedContent, keys: readonly PinnedKey[], hint: string): PinnedKey {
  const isHinted = ({ key, digest }: PinnedKey): boolean => hint === publicKeyHint(key) || hint === digest;
  const hinted = keys.filter(isHinted);
  let broken: CodedError | undefined;
  for (const pinned of [...hinted, ...keys.filter((key) => !hinted.includes(key))]) {
    try {
      if (verifySignature(pinned.algorithm, pinned.key, content.message, content.signature)) return pinned;
    } catch (thrown) {
      // Another key may still have made it.
      if (!(thrown instanceof CodedError)) throw thrown;
      broken ??= thrown;
    }
  }
  if (broken !== undefined) throw broken;
  const named = content.claimed?.hash;
  const fits = ({ algorithm }: PinnedKey): boolean => {
    const scheme = schemeOf(algorithm);
    return named === undefined || scheme.kind === 'ed25519' || scheme.hash === named;
  };
  if (keys.length > 0 && !keys.some(fits)) {
    throw refusal(
      'algorithm_not_pinned',
      `the bundle names ${named}, and no key of the authority is pinned to an algorithm with it`,
    );
  }
  if (hinted.length > 0)
    throw refusal('signature_invalid', 'the signature does not verify under the key that the bundle names');
  throw refusal('key_unknown', 'none of the keys of the authority made the signature');
}
