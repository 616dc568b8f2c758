import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { sha256 } from '../../../src/model/digest.ts';
import type { SignatureAlgorithm } from '../../../src/trust/algorithm.ts';
import { artifactOf } from '../../../src/trust/artifact.ts';
import { publicKeyHint } from '../../../src/trust/bundle/key-hint.ts';
import { parseBundle } from '../../../src/trust/bundle/parse-bundle.ts';
import { readKeyFile } from '../../../src/trust/sign/key-file.ts';
import { verifyBundle } from '../../../src/trust/verify-bundle.ts';
import { PASSWORD, PREDICATE_TYPE } from '../../conformance/cosign-lab.ts';
import { thrownWith } from '../../thrown.ts';

const STRICT = { allowCosignLegacy: false };

/** What cosign 3.1.3 signs with, by kind of key; message signatures of Ed25519 it makes without a digest, and reads them no more than we. */
const KINDS: readonly (readonly [
  kind: string,
  message: SignatureAlgorithm | undefined,
  attestation: SignatureAlgorithm,
])[] = [
  ['p256', 'ecdsa-sha2-256-nistp256', 'ecdsa-sha2-256-nistp256'],
  ['p384', 'ecdsa-sha2-384-nistp384', 'ecdsa-sha2-384-nistp384'],
  ['p521', 'ecdsa-sha2-512-nistp521', 'ecdsa-sha2-512-nistp521'],
  ['rsa-2048', 'rsa-sign-pkcs1-2048-sha256', 'rsa-sign-pkcs1-2048-sha256'],
  ['rsa-3072', 'rsa-sign-pkcs1-3072-sha256', 'rsa-sign-pkcs1-3072-sha256'],
  ['ed25519', undefined, 'ed25519-ph'],
];

function read(name: string): Buffer {
  return readFileSync(new URL(`../../vectors/trust/cosign/${name}`, import.meta.url));
}

function verify(kind: string, bundle: string, algorithm: SignatureAlgorithm, artifact: Uint8Array) {
  const key = createPublicKey(read(`${kind}.pub`));
  const digest = sha256(key.export({ type: 'spki', format: 'der' }));
  const result = verifyBundle({
    bundle: parseBundle(read(bundle), STRICT),
    artifact: artifactOf(artifact),
    trusted: { mode: 'keyed', keys: [{ digest, key, algorithm }] },
    thresholds: { logs: 0, timestamps: 0, scts: 0 },
    now: Date.UTC(2026, 10, 22),
  });
  return result.verified ? result.proved : result.code;
}

describe('what cosign makes', () => {
  for (const [kind, message, attestation] of KINDS) {
    it(`${kind}: the key file opens with its password, and its public key is the one beside it`, () => {
      const file = readKeyFile(read(`${kind}.key`));
      assert.ok(file.encrypted);
      const key = createPublicKey(file.open(Buffer.from(PASSWORD)));
      assert.equal(key.export({ type: 'spki', format: 'pem' }), read(`${kind}.pub`).toString());
      thrownWith('sign.password_wrong', () => file.open(Buffer.from(`${PASSWORD}.`)));
    });

    if (message === undefined) {
      it(`${kind}: a message signature without digest is refused`, () => {
        thrownWith('trust.bundle_malformed', () => parseBundle(read(`${kind}.message.json`), STRICT));
      });
    } else {
      it(`${kind}: the message verifies, about its artifact alone`, () => {
        const proved = verify(kind, `${kind}.message.json`, message, read('artifact'));
        assert.ok(typeof proved === 'object', String(proved));
        assert.equal(proved.statement, undefined);
        assert.equal(verify(kind, `${kind}.message.json`, message, Buffer.from('other')), 'digest_mismatch');
      });
    }

    it(`${kind}: the attestation verifies, about its artifact alone`, () => {
      const proved = verify(kind, `${kind}.attestation.json`, attestation, read('artifact'));
      assert.ok(typeof proved === 'object', String(proved));
      assert.equal(proved.statement?.version, 'v0.1');
      assert.equal(proved.statement?.predicateType, PREDICATE_TYPE);
      assert.deepEqual(proved.statement?.predicate, { result: 'approved', ticket: 'OPS-7' });
      assert.equal(verify(kind, `${kind}.attestation.json`, attestation, Buffer.from('other')), 'subject_mismatch');
    });
  }

  it('names keys as we do', () => {
    const { content } = parseBundle(read('p256.message.json'), STRICT).bundle.verificationMaterial;
    assert.ok(content.$case === 'publicKey');
    assert.equal(content.publicKey.hint, publicKeyHint(createPublicKey(read('p256.pub'))));
  });
});
