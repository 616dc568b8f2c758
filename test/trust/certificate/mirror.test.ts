import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { sha256 } from '../../../src/model/digest.ts';
import { parseCertificate } from '../../../src/trust/certificate/certificate.ts';
import { readDer, readDerAll } from '../../../src/trust/certificate/der.ts';
import { thrownWith } from '../../thrown.ts';
import { type CertificateDescription, issue, nameOf } from '../lab/certificate.ts';
import { bitString, sequence, tagged } from '../lab/der.ts';
import { seedOf } from '../lab/seed.ts';
import { signingKey } from '../lab/signing-key.ts';

const CURVES = [
  ['ecdsa-sha2-256-nistp256', p256.Point.Fn.ORDER],
  ['ecdsa-sha2-384-nistp384', p384.Point.Fn.ORDER],
  ['ecdsa-sha2-512-nistp521', p521.Point.Fn.ORDER],
] as const;
const seed = seedOf('mirror');
const name = nameOf('acme.example', 'mirror');
const described = (spki: Buffer): CertificateDescription => ({
  serial: Buffer.of(1),
  issuer: name,
  subject: name,
  notBefore: new Date('2026-01-01T00:00:00Z'),
  notAfter: new Date('2027-01-01T00:00:00Z'),
  spki,
  extensions: [],
});
const number = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
function der(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 1 ? `0${hex}` : hex, 'hex');
  return tagged(2, (bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([Buffer.of(0), bytes]));
}
function altered(certificate: Buffer, alter: (r: Uint8Array, s: Uint8Array) => Buffer): Buffer {
  const [tbs, algorithm, bits] = readDerAll(readDer(certificate, 'it').content, 'it');
  assert.ok(tbs && algorithm && bits);
  const [r, s] = readDerAll(readDer(bits.content.subarray(1), 'it').content, 'it');
  assert.ok(r && s);
  return sequence(Buffer.from(tbs.whole), Buffer.from(algorithm.whole), bitString(alter(r.content, s.content)));
}

describe('a certificate whose ECDSA signature is mirrored', () => {
  for (const [algorithm, order] of CURVES) {
    it(`is known by both of its forms (${algorithm})`, () => {
      const key = signingKey(seed, 'ca', algorithm);
      const one = issue(described(key.spki), key);
      const other = altered(one, (r, s) => sequence(der(number(r)), der(order - number(s))));
      assert.equal(new X509Certificate(other).verify(key.publicKey), true);
      const [first, second] = [one, other].map((bytes) => parseCertificate(bytes, 'it'));
      assert.ok(first && second);
      assert.ok(first.digests.includes(sha256(other)) && second.digests.includes(sha256(one)));
      assert.deepEqual([first.digests[0], second.digests[0]], [sha256(one), sha256(other)]);
    });
  }

  it('is refused where the signature is not DER to the last bit', () => {
    const key = signingKey(seed, 'ca', 'ecdsa-sha2-256-nistp256');
    const one = issue(described(key.spki), key);
    const zero = Buffer.of(0);
    for (const alter of [
      (r: Uint8Array, s: Uint8Array) => sequence(tagged(2, Buffer.concat([zero, zero, r])), der(number(s))),
      (r: Uint8Array, s: Uint8Array) => sequence(der(number(r)), tagged(2, Buffer.concat([zero, zero, s]))),
      (r: Uint8Array, s: Uint8Array) => sequence(der(number(r)), der(number(s)), zero),
      (r: Uint8Array, s: Uint8Array) => Buffer.concat([sequence(der(number(r)), der(number(s))), zero]),
      (r: Uint8Array) => sequence(der(number(r)), tagged(2, zero)),
      (r: Uint8Array) => sequence(der(number(r)), tagged(2, Buffer.of(0x80))),
      (r: Uint8Array) => sequence(der(number(r))),
    ]) {
      thrownWith('trust.certificate_malformed', () => parseCertificate(altered(one, alter), 'it'));
    }
  });
});
