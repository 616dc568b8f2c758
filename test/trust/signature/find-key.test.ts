import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { sha256 } from '../../../src/model/digest.ts';
import type { HashName, SignatureAlgorithm } from '../../../src/trust/algorithm.ts';
import type { PinnedKey } from '../../../src/trust/authority/authority.ts';
import { publicKeyHint } from '../../../src/trust/bundle/key-hint.ts';
import { findKey } from '../../../src/trust/signature/find-key.ts';
import type { SignedContent } from '../../../src/trust/signature/signed-content.ts';
import { thrownWith } from '../../thrown.ts';
import { createLab } from '../lab/lab.ts';

const lab = createLab();
const bytes = Buffer.from('what is signed');
const P256 = 'ecdsa-sha2-256-nistp256';

const pin = (label: string, algorithm: SignatureAlgorithm = P256): PinnedKey => {
  const { publicKey, spki } = lab.key(label, algorithm);
  return { digest: sha256(spki), key: publicKey, algorithm };
};
const signedBy = (label: string, algorithm: SignatureAlgorithm = P256, name: HashName = 'sha256'): SignedContent => ({
  signature: lab.key(label, algorithm).sign(bytes),
  message: { bytes },
  claimed: { hash: name, digest: hash(name, bytes, 'buffer') },
});

describe('the key that made a signature', () => {
  const keys = [pin('first'), pin('second'), pin('third', 'ed25519'), pin('fourth', 'ecdsa-sha2-384-nistp384')];

  it('is found among several, whatever the hint says', () => {
    for (const hint of ['', 'constructor', publicKeyHint(pin('first').key), publicKeyHint(pin('second').key)]) {
      assert.equal(findKey(signedBy('second'), keys, hint).digest, pin('second').digest);
      assert.equal(findKey(signedBy('third', 'ed25519'), keys, hint).digest, pin('third', 'ed25519').digest);
    }
  });

  it('is unknown, or its signature wrong where the hint names it', () => {
    thrownWith('trust.key_unknown', () => findKey(signedBy('stranger'), keys, ''));
    thrownWith('trust.key_unknown', () => findKey(signedBy('first'), [], ''));
    thrownWith('trust.signature_invalid', () => findKey(signedBy('stranger'), keys, publicKeyHint(pin('first').key)));
    thrownWith('trust.signature_invalid', () => findKey(signedBy('stranger'), keys, pin('first').digest));
  });

  it('is asked with the algorithm pinned to it alone', () => {
    const other = { ...pin('fourth', 'ecdsa-sha2-384-nistp384'), algorithm: 'ecdsa-sha2-256-nistp384' } as const;
    const content = signedBy('fourth', 'ecdsa-sha2-384-nistp384', 'sha384');
    assert.equal(findKey(content, keys, '').algorithm, 'ecdsa-sha2-384-nistp384');
    thrownWith('trust.algorithm_not_pinned', () => findKey(content, [other], ''));
    thrownWith('trust.algorithm_not_pinned', () =>
      findKey(signedBy('first'), [{ ...pin('first'), algorithm: 'ed25519' }], ''),
    );
  });

  it('is found past keys that need what is not at hand', () => {
    const { claimed, signature } = signedBy('second');
    const content = { ...(claimed && { claimed }), signature, message: { sha256: hash('sha256', bytes, 'buffer') } };
    assert.equal(findKey(content, [pin('third', 'ed25519'), pin('second')], '').digest, pin('second').digest);
    thrownWith('trust.digest_alone_insufficient', () => findKey(content, [pin('third', 'ed25519')], ''));
  });
});
