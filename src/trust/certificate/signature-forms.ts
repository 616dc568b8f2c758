import { DER, type DerElement, expectTag, malformed, oidOf, readDer, readDerAll } from './der.ts';

/** Orders of P-256, P-384, P-521 (SP 800-186, section 3.2.1) and secp256k1 (SEC 2, section 2.4.1). */
const ORDERS = [
  0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
];

const ECDSA = '1.2.840.10045.4.';

/**
 * The other bytes that the issuer's signature can have, made by anybody: with (r, s) also (r, n - s) verifies under ECDSA. Which curve
 * the issuer's key is on is not known here, so there is one for each; those of other curves verify nowhere. Ed25519 (s below the order,
 * RFC 8032, section 5.1.7) and RSA (a number below the modulus, of its length) have one form alone.
 *
 * @throws CodedError `trust.certificate_malformed`: an ECDSA signature that is not two positive INTEGERs in DER, or bits left over
 */
export function otherSignatures(algorithm: DerElement, signature: DerElement, what: string): readonly Buffer[] {
  const place = `${what}: the signature`;
  const [unused, ...value] = expectTag(signature, DER.bitString, place).content;
  if (unused !== 0) throw malformed(`${place} has bits left over`);
  const [id] = readDerAll(algorithm.content, `${what}: the signature algorithm`);
  if (!oidOf(id, `${what}: the signature algorithm`).startsWith(ECDSA)) return [];
  const [r, s, ...more] = readDerAll(readDer(Uint8Array.from(value), place, DER.sequence).content, place);
  if (r === undefined || more.length > 0) throw malformed(`${place} is not two numbers`);
  positive(r, place);
  const number = positive(s, place);
  return ORDERS.filter((order) => number < order).map((order) => {
    const numbers = element(DER.sequence, Buffer.concat([r.whole, integer(order - number)]));
    return element(DER.bitString, Buffer.concat([Buffer.of(0), numbers]));
  });
}

function positive(found: DerElement | undefined, place: string): bigint {
  const { content } = expectTag(found, DER.integer, place);
  const [first = 0x80, second = 0] = content;
  if (first >= 0x80 || (first === 0 && second < 0x80)) throw malformed(`${place} holds a number that is not minimal`);
  return BigInt(`0x${Buffer.from(content).toString('hex')}`);
}

function integer(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return element(DER.integer, (bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([Buffer.of(0), bytes]));
}

/** An element with its length in as few bytes as DER asks for. */
export function element(tag: number, content: Uint8Array): Buffer {
  const { length } = content;
  const hex = length.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  const header = length < 0x80 ? [tag, length] : [tag, 0x80 | bytes.length, ...bytes];
  return Buffer.concat([Buffer.from(header), content]);
}
