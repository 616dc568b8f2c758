import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, hash, type KeyObject } from 'node:crypto';
import { sha256 } from '../../../src/model/digest.ts';
import { isJsonObject } from '../../../src/model/json.ts';
import type { SignatureAlgorithm } from '../../../src/trust/algorithm.ts';
import { artifactOf } from '../../../src/trust/artifact.ts';
import { publicKeyHint } from '../../../src/trust/bundle/key-hint.ts';
import { parseBundle } from '../../../src/trust/bundle/parse-bundle.ts';
import { type Signer, signerOf, signMessage, signStatement } from '../../../src/trust/sign/sign.ts';
import { verifyBundle } from '../../../src/trust/verify-bundle.ts';
import { thrownWith } from '../../thrown.ts';

const ARTIFACT = Buffer.from('an artifact\n');
const ATTESTATION = { name: 'artifact', predicateType: 'https://example.com/p/v1', predicate: { result: 'approved' } };

const ec = (namedCurve: string): KeyObject => generateKeyPairSync('ec', { namedCurve }).privateKey;
const KEYS = {
  'P-256': ec('P-256'),
  'P-384': ec('P-384'),
  'P-521': ec('P-521'),
  Ed25519: generateKeyPairSync('ed25519').privateKey,
  'RSA 2048': generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
} as const;

const CASES: readonly (readonly [keyof typeof KEYS, SignatureAlgorithm | undefined, SignatureAlgorithm])[] = [
  ['P-256', undefined, 'ecdsa-sha2-256-nistp256'],
  ['P-384', undefined, 'ecdsa-sha2-384-nistp384'],
  ['P-384', 'ecdsa-sha2-256-nistp384', 'ecdsa-sha2-256-nistp384'],
  ['P-521', undefined, 'ecdsa-sha2-512-nistp521'],
  ['P-521', 'ecdsa-sha2-256-nistp521', 'ecdsa-sha2-256-nistp521'],
  ['Ed25519', undefined, 'ed25519'],
  ['RSA 2048', undefined, 'rsa-sign-pkcs1-2048-sha256'],
  ['RSA 2048', 'rsa-sign-pss-2048-sha256', 'rsa-sign-pss-2048-sha256'],
];

function verify(bytes: Uint8Array, { publicKey, algorithm }: Signer, artifact: Uint8Array): string {
  const result = verifyBundle({
    bundle: parseBundle(bytes, { allowCosignLegacy: false }),
    artifact: artifactOf(artifact),
    trusted: {
      mode: 'keyed',
      keys: [{ digest: sha256(publicKey.export({ type: 'spki', format: 'der' })), key: publicKey, algorithm }],
    },
    thresholds: { logs: 0, timestamps: 0, scts: 0 },
    now: Date.UTC(2026, 10, 22),
  });
  return result.verified ? 'verified' : result.code;
}

describe('signing with a key', () => {
  for (const [kind, wanted, algorithm] of CASES) {
    it(`signs messages and Statements: ${kind} by ${algorithm}`, () => {
      const signer = signerOf(KEYS[kind], wanted);
      assert.equal(signer.algorithm, algorithm);
      const message = signMessage(ARTIFACT, signer);
      assert.equal(verify(message, signer, ARTIFACT), 'verified');
      assert.equal(verify(message, signer, Buffer.from('another')), 'digest_mismatch');
      const statement = signStatement(ARTIFACT, ATTESTATION, signer);
      assert.equal(verify(statement, signer, ARTIFACT), 'verified');
      assert.equal(verify(statement, signer, Buffer.from('another')), 'subject_mismatch');
    });
  }

  it('writes what cosign writes: v0.3, the hint, the digest, a Statement v1', () => {
    const signer = signerOf(KEYS['P-384']);
    const { version, bundle } = parseBundle(signMessage(ARTIFACT, signer), { allowCosignLegacy: false });
    assert.equal(version, '0.3');
    assert.equal(bundle.mediaType, 'application/vnd.dev.sigstore.bundle.v0.3+json');
    assert.deepEqual(bundle.verificationMaterial.content, {
      $case: 'publicKey',
      publicKey: { hint: publicKeyHint(createPublicKey(KEYS['P-384'])) },
    });
    assert.ok(bundle.content.$case === 'messageSignature');
    assert.deepEqual(bundle.content.messageSignature.messageDigest.digest, hash('sha384', ARTIFACT, 'buffer'));
    const { statement } = parseBundle(signStatement(ARTIFACT, ATTESTATION, signer), { allowCosignLegacy: false });
    assert.deepEqual(statement, {
      version: 'v1',
      subjects: [{ name: 'artifact', digest: { sha256: hash('sha256', ARTIFACT, 'hex') } }],
      predicateType: ATTESTATION.predicateType,
      predicate: ATTESTATION.predicate,
    });
    assert.ok(isJsonObject(statement?.predicate));
  });

  it('signs no Statement that would not be read', () => {
    const signer = signerOf(KEYS['P-256']);
    thrownWith('trust.statement_malformed', () =>
      signStatement(ARTIFACT, { ...ATTESTATION, predicateType: 'no uri' }, signer),
    );
  });

  it('takes no algorithm that the key is not for, and no key that nobody verifies', () => {
    thrownWith('sign.algorithm_unfit', () => signerOf(KEYS['P-256'], 'ecdsa-sha2-384-nistp384'));
    thrownWith('sign.algorithm_unfit', () => signerOf(KEYS.Ed25519, 'ed25519-ph'));
    thrownWith('sign.algorithm_unfit', () => signerOf(KEYS['RSA 2048'], 'rsa-sign-pkcs1-3072-sha256'));
    thrownWith('sign.key_unsupported', () => signerOf(ec('secp256k1')));
    thrownWith('sign.key_unsupported', () => signerOf(generateKeyPairSync('ed448').privateKey));
    thrownWith('sign.key_unsupported', () => signerOf(generateKeyPairSync('x25519').privateKey));
    thrownWith('sign.key_unsupported', () => signerOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey));
  });

  it('hands out nothing that does not verify again', () => {
    const signer = { ...signerOf(KEYS['P-256']), publicKey: createPublicKey(ec('P-256')) };
    thrownWith('sign.self_check_failed', () => signMessage(ARTIFACT, signer));
    thrownWith('sign.self_check_failed', () => signStatement(ARTIFACT, ATTESTATION, signer));
  });
});
