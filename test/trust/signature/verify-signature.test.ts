import assert from 'node:assert/strict';
import { constants, createPublicKey, generateKeyPairSync, hash, privateEncrypt, sign } from 'node:crypto';
import { SIGNATURE_ALGORITHMS, type SignatureAlgorithm, schemeOf } from '../../../src/trust/algorithm.ts';
import { algorithmsFor, defaultAlgorithmFor, fitsKey } from '../../../src/trust/signature/scheme.ts';
import { verifySignature } from '../../../src/trust/signature/verify-signature.ts';
import { thrownWith } from '../../thrown.ts';
import { createLab } from '../lab/lab.ts';
import type { SigningKey } from '../lab/signing-key.ts';

const lab = createLab();
const message = Buffer.from('what is signed');
const sha256 = hash('sha256', message, 'buffer');
const keyOf = (algorithm: SignatureAlgorithm): SigningKey => lab.key('signer', algorithm);
/** By the SHA-256 alone: those that hash with it, and are read here without the bytes. */
const BY_DIGEST: ReadonlySet<SignatureAlgorithm> = new Set([
  'ecdsa-sha2-256-nistp256',
  'ecdsa-sha2-256-nistp384',
  'ecdsa-sha2-256-nistp521',
  'rsa-sign-pkcs1-2048-sha256',
  'rsa-sign-pkcs1-3072-sha256',
  'rsa-sign-pkcs1-4096-sha256',
]);

describe('a signature', () => {
  for (const algorithm of SIGNATURE_ALGORITHMS) {
    it(`of ${algorithm} verifies over what was signed, and over nothing else`, () => {
      const key = keyOf(algorithm);
      const signature = key.sign(message);
      assert.equal(verifySignature(algorithm, key.publicKey, { bytes: message }, signature), true);
      assert.equal(verifySignature(algorithm, key.publicKey, { bytes: Buffer.from('other') }, signature), false);
      const stranger = lab.key('stranger', algorithm);
      assert.equal(verifySignature(algorithm, stranger.publicKey, { bytes: message }, signature), false);
      for (const broken of [Buffer.alloc(0), signature.subarray(1), Buffer.concat([signature, Buffer.alloc(1)])]) {
        assert.equal(verifySignature(algorithm, key.publicKey, { bytes: message }, broken), false);
      }
    });

    it(`of ${algorithm} by digest ${BY_DIGEST.has(algorithm) ? 'verifies as well' : 'needs the artifact'}`, () => {
      const key = keyOf(algorithm);
      const signature = key.sign(message);
      const verify = (digest: Buffer, bytes: Buffer = signature): boolean =>
        verifySignature(algorithm, key.publicKey, { sha256: digest }, bytes);
      if (!BY_DIGEST.has(algorithm)) {
        thrownWith('trust.digest_alone_insufficient', () => verify(sha256));
        return;
      }
      assert.equal(verify(sha256), true);
      assert.equal(verify(hash('sha256', 'other', 'buffer')), false);
      assert.equal(verify(sha256, Buffer.concat([signature, Buffer.alloc(1)])), false);
      assert.equal(verify(sha256, signature.subarray(0, -1)), false);
      assert.equal(verify(sha256, Buffer.alloc(0)), false);
    });

    it(`of ${algorithm} is refused under keys of other kinds`, () => {
      for (const other of SIGNATURE_ALGORITHMS) {
        const key = keyOf(other);
        if (fitsKey(algorithm, key.publicKey)) continue;
        thrownWith('trust.algorithm_not_pinned', () =>
          verifySignature(algorithm, key.publicKey, { bytes: message }, key.sign(message)),
        );
      }
    });
  }

  it('of one algorithm is none of another under the same key', () => {
    for (const made of SIGNATURE_ALGORITHMS) {
      const key = keyOf(made);
      for (const read of SIGNATURE_ALGORITHMS) {
        if (read === made || !fitsKey(read, key.publicKey)) continue;
        assert.equal(verifySignature(read, key.publicKey, { bytes: message }, key.sign(message)), false, read);
      }
    }
  });
});

describe('an ECDSA signature', () => {
  const key = keyOf('ecdsa-sha2-256-nistp256');
  const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const der = (...integers: string[]): Buffer => {
    const body = integers.map((hex) => `02${(hex.length / 2).toString(16).padStart(2, '0')}${hex}`).join('');
    return Buffer.from(`30${(body.length / 2).toString(16).padStart(2, '0')}${body}`, 'hex');
  };
  const positive = (value: bigint): string => {
    const digits = value.toString(16);
    const hex = digits.padStart(digits.length + (digits.length % 2), '0');
    return /^[89a-f]/.test(hex) ? `00${hex}` : hex;
  };
  const raw = sign('sha256', message, { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
  const r = BigInt(`0x${raw.toString('hex', 0, 32)}`);
  const s = BigInt(`0x${raw.toString('hex', 32)}`);
  const both = (signature: Buffer): readonly boolean[] => [
    verifySignature('ecdsa-sha2-256-nistp256', key.publicKey, { bytes: message }, signature),
    verifySignature('ecdsa-sha2-256-nistp256', key.publicKey, { sha256 }, signature),
  ];

  it('counts with either of its two values of s', () => {
    assert.deepEqual(both(der(positive(r), positive(s))), [true, true]);
    assert.deepEqual(both(der(positive(r), positive(P256_ORDER - s))), [true, true]);
  });

  const long = Buffer.from(der(positive(r), positive(s)));
  for (const [what, signature] of [
    ['an integer with padding', der(`00${positive(r).padStart(66, '0')}`, positive(s))],
    [
      'an integer that is negative',
      der(
        positive(r)
          .replace(/^00/, '')
          .replace(/^[0-7]/, '8'),
        positive(s),
      ),
    ],
    ['a third integer', der(positive(r), positive(s), '01')],
    ['bytes behind', Buffer.concat([der(positive(r), positive(s)), Buffer.from([0])])],
    ['a long form of its length', Buffer.concat([Buffer.from([0x30, 0x81, long[1] ?? 0]), long.subarray(2)])],
    ['the indefinite length', Buffer.concat([Buffer.from([0x30, 0x80]), long.subarray(2), Buffer.alloc(2)])],
    ['the fixed form (P1363)', raw],
    ['r of zero', der('00', positive(s))],
    ['s of zero', der(positive(r), '00')],
    ['s beyond the order', der(positive(r), positive(s + P256_ORDER))],
    ['r beyond the order', der(positive(r + P256_ORDER), positive(s))],
  ] as const) {
    it(`is refused with ${what}, by bytes and by digest alike`, () =>
      assert.deepEqual(both(signature), [false, false]));
  }
});

describe('an RSA signature by digest', () => {
  const key = keyOf('rsa-sign-pkcs1-2048-sha256');
  const verify = (signature: Buffer): boolean =>
    verifySignature('rsa-sign-pkcs1-2048-sha256', key.publicKey, { sha256 }, signature);

  it('is none where the hash inside has another name', () => {
    assert.equal(verify(sign('sha256', message, key.privateKey)), true);
    // The digest is that of SHA-256, under the name of SHA-512.
    assert.equal(verify(sign('sha512', message, key.privateKey)), false);
    assert.equal(verify(sign('RSA-SHA1', message, key.privateKey)), false);
  });

  const encoded = (info: string, filler = 0xff): Buffer => {
    const end = Buffer.concat([Buffer.from([0]), Buffer.from(info, 'hex'), sha256]);
    return Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(256 - 2 - end.length, filler), end]);
  };
  const raw = (message: Buffer): Buffer =>
    privateEncrypt({ key: key.privateKey, padding: constants.RSA_NO_PADDING }, message);
  const SHA256 = '3031300d060960864801650304020105000420';

  it('is none where the digest is right and anything around it is not', () => {
    assert.equal(verify(raw(encoded(SHA256))), true);
    assert.equal(verify(raw(encoded(SHA256, 0xfe))), false);
    assert.equal(verify(raw(encoded(SHA256, 0x00))), false);
    // SHA-512's name; the parameters left out; nothing at all.
    assert.equal(verify(raw(encoded('3031300d060960864801650304020305000420'))), false);
    assert.equal(verify(raw(encoded('302f300b06096086480165030402010420'))), false);
    assert.equal(verify(raw(encoded(''))), false);
  });

  it('is as long as the modulus, also where it begins with a zero', () => {
    for (let nonce = 0; ; nonce++) {
      const text = Buffer.from(String(nonce));
      const signature = sign('sha256', text, key.privateKey);
      if (signature[0] !== 0) continue;
      const of = (bytes: Buffer): boolean =>
        verifySignature(key.algorithm, key.publicKey, { sha256: hash('sha256', text, 'buffer') }, bytes);
      assert.deepEqual([of(signature), of(signature.subarray(1))], [true, false]);
      return;
    }
  });

  it('is none where it is the number itself, or beyond the modulus', () => {
    assert.equal(verify(Buffer.alloc(256, 0)), false);
    assert.equal(verify(Buffer.alloc(256, 0xff)), false);
    assert.equal(verify(Buffer.concat([Buffer.from([0]), sign('sha256', message, key.privateKey)])), false);
  });
});

describe('the algorithms of a key', () => {
  it('begin with the default of the registry', () => {
    assert.equal(defaultAlgorithmFor(keyOf('ecdsa-sha2-256-nistp256').publicKey), 'ecdsa-sha2-256-nistp256');
    assert.equal(defaultAlgorithmFor(keyOf('ecdsa-sha2-256-nistp384').publicKey), 'ecdsa-sha2-384-nistp384');
    assert.equal(defaultAlgorithmFor(keyOf('ecdsa-sha2-512-nistp521').publicKey), 'ecdsa-sha2-512-nistp521');
    assert.equal(defaultAlgorithmFor(keyOf('ed25519').publicKey), 'ed25519');
    assert.equal(defaultAlgorithmFor(keyOf('rsa-sign-pss-3072-sha256').publicKey), 'rsa-sign-pkcs1-3072-sha256');
  });

  it('are none for keys that are not verified here', () => {
    const odd = [
      generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey,
      generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey,
      generateKeyPairSync('x25519').publicKey,
      generateKeyPairSync('ed448').publicKey,
    ];
    for (const key of odd) assert.deepEqual(algorithmsFor(key), []);
  });

  it('are PSS alone for a key that says so', () => {
    const pem = generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey;
    assert.deepEqual(algorithmsFor(createPublicKey(pem.export({ type: 'spki', format: 'pem' }))), [
      'rsa-sign-pss-2048-sha256',
    ]);
    assert.equal(schemeOf('rsa-sign-pss-2048-sha256').kind, 'rsa-pss');
  });
});
