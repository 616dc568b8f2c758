import { refusal } from '../failure.ts';

/** One element of DER (X.690): its tag byte, and where its content lies. Views into the bytes read, not copies. */
export type DerElement = { readonly tag: number; readonly content: Uint8Array; readonly whole: Uint8Array };

/** Longer ones name nothing that exists, and stand in messages. */
const MOST_OID_BYTES = 64;

/** Tags that certificates use (X.680, section 8.6), as single bytes with class and form. */
export const DER = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  sequence: 0x30,
  /** Context-specific: primitive and constructed. */
  context: (number: number): number => 0x80 | number,
  contextConstructed: (number: number): number => 0xa0 | number,
} as const;

/**
 * Reads exactly one element: definite and minimal length, one-byte tag, nothing after it.
 *
 * @throws CodedError `trust.certificate_malformed`
 */
export function readDer(bytes: Uint8Array, what: string, tag?: number): DerElement {
  const [element, ...more] = readDerAll(bytes, what);
  if (element === undefined || more.length > 0) throw malformed(`${what} is not one element of DER`);
  return tag === undefined ? element : expectTag(element, tag, what);
}

/** Reads elements until the bytes end; none is fine. @throws CodedError `trust.certificate_malformed` */
export function readDerAll(bytes: Uint8Array, what: string): DerElement[] {
  const elements: DerElement[] = [];
  for (let start = 0; start < bytes.length; ) {
    const element = readAt(bytes, start, what);
    elements.push(element);
    start += element.whole.length;
  }
  return elements;
}

/** The element, if it is there and has this tag. @throws CodedError `trust.certificate_malformed` */
export function expectTag(element: DerElement | undefined, tag: number, what: string): DerElement {
  if (element?.tag !== tag) throw malformed(`${what} is missing or of another type`);
  return element;
}

/** An OBJECT IDENTIFIER in dots (X.690, section 8.19). @throws CodedError `trust.certificate_malformed` */
export function oidOf(element: DerElement | undefined, what: string): string {
  const { content } = expectTag(element, DER.oid, what);
  if (content.length > MOST_OID_BYTES) throw malformed(`${what} is an object identifier beyond all bounds`);
  const arcs: bigint[] = [];
  let arc = 0n;
  let fresh = true;
  for (const byte of content) {
    if (fresh && byte === 0x80) throw malformed(`${what} is an object identifier with padding`);
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    fresh = byte < 0x80;
    if (fresh) {
      arcs.push(arc);
      arc = 0n;
    }
  }
  const [first, ...rest] = arcs;
  if (first === undefined || !fresh) throw malformed(`${what} is an object identifier that breaks off`);
  const root = first < 80n ? first / 40n : 2n;
  return [root, first - root * 40n, ...rest].join('.');
}

/** A BOOLEAN: one byte, 0x00 or 0xff (X.690, section 11.1). @throws CodedError `trust.certificate_malformed` */
export function booleanOf(element: DerElement, what: string): boolean {
  const { content } = expectTag(element, DER.boolean, what);
  if (content.length === 1 && content[0] === 0xff) return true;
  if (content.length === 1 && content[0] === 0x00) return false;
  throw malformed(`${what} is neither true nor false in DER`);
}

/** True where bit `number` of a BIT STRING, counted from the first, is set. @throws CodedError `trust.certificate_malformed` */
export function bitOf(element: DerElement, number: number, what: string): boolean {
  const { content } = expectTag(element, DER.bitString, what);
  const [unused, ...bytes] = content;
  const last = bytes.at(-1) ?? 0;
  if (unused === undefined || unused > 7 || (bytes.length === 0 && unused > 0) || (last & ((1 << unused) - 1)) !== 0) {
    throw malformed(`${what} is no bit string in DER`);
  }
  return ((bytes[number >> 3] ?? 0) & (0x80 >> (number & 7))) !== 0;
}

export function malformed(what: string) {
  return refusal('certificate_malformed', `${what}; the certificate must be DER to the last byte`);
}

function readAt(bytes: Uint8Array, start: number, what: string): DerElement {
  const tag = bytes[start];
  const first = bytes[start + 1];
  if (tag === undefined || first === undefined) throw malformed(`${what} breaks off`);
  if ((tag & 0x1f) === 0x1f || tag === 0x00) throw malformed(`${what} holds a tag that certificates do not have`);
  let length = first;
  let offset = start + 2;
  if (first >= 0x80) {
    const count = first & 0x7f;
    // 0x80 is the indefinite length, which DER forbids; more than four bytes would exceed any bundle.
    if (count === 0 || count > 4) throw malformed(`${what} holds a length that DER forbids`);
    length = 0;
    for (const byte of bytes.subarray(offset, offset + count)) length = length * 256 + byte;
    offset += count;
    if (length < 0x80 || length < 256 ** (count - 1)) throw malformed(`${what} holds a length that is not minimal`);
  }
  const end = offset + length;
  if (end > bytes.length) throw malformed(`${what} breaks off`);
  return { tag, content: bytes.subarray(offset, end), whole: bytes.subarray(start, end) };
}
