import assert from 'node:assert/strict';
import { createPublicKey, ECDH, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { keyDigest } from '../../src/trust/authority/public-key.ts';
import { publicKeyHint } from '../../src/trust/bundle/key-hint.ts';
import { bitString, oid, sequence } from './lab/der.ts';

describe('the name of a key', () => {
  for (const [curve, id, named] of [
    ['prime256v1', '1.2.840.10045.3.1.7', 'P-256'],
    ['secp384r1', '1.3.132.0.34', 'P-384'],
    ['secp521r1', '1.3.132.0.35', 'P-521'],
  ] as const) {
    it(`is one, however its point is written (${named})`, () => {
      const { publicKey } = generateKeyPairSync('ec', { namedCurve: named });
      const spki = publicKey.export({ type: 'spki', format: 'der' });
      const length = curve === 'prime256v1' ? 65 : curve === 'secp384r1' ? 97 : 133;
      for (const form of ['compressed', 'hybrid'] as const) {
        const point = Buffer.from(ECDH.convertKey(spki.subarray(-length), curve, undefined, undefined, form));
        const der = sequence(sequence(oid('1.2.840.10045.2.1'), oid(id)), bitString(point));
        const other: KeyObject = createPublicKey({ key: der, format: 'der', type: 'spki' });
        assert.notDeepEqual(other.export({ type: 'spki', format: 'der' }), spki);
        assert.equal(keyDigest(other), keyDigest(publicKey));
        assert.equal(publicKeyHint(other), publicKeyHint(publicKey));
      }
    });
  }
});
