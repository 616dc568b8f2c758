import { createPublicKey, type KeyObject } from 'node:crypto';
import { type Sha256Digest, sha256 } from '../../model/digest.ts';
import { canonicalSpki } from '../canonical-key.ts';
import { booleanOf, DER, type DerElement, expectTag, malformed, oidOf, readDer, readDerAll } from './der.ts';
import { element, otherSignatures } from './signature-forms.ts';

/** An extension as it stands in a certificate (RFC 5280, section 4.1.2.9). */
export type Extension = { readonly oid: string; readonly critical: boolean; readonly value: Uint8Array };

/**
 * An X.509 certificate of version 3, taken apart strictly. Nothing in it is verified.
 *
 * Certificates are read by three readers, each for what only it can say:
 * - this one for everything that is decided here by what a certificate holds: names and extensions in their own bytes, repeated ones
 *   kept, laxer encodings refused; the others turn names into text, or keep one extension of several;
 * - `X509Certificate` of node:crypto (OpenSSL) for signatures by and over certificates, and to refuse what OpenSSL cannot read;
 * - `X509Certificate` of @sigstore/core for what `@sigstore/verify` takes and what it has then verified, as it read it: the leaf's
 *   chain, its SCTs, and whose certificate a timestamp names.
 *
 * A bundle counts only where all that are asked read the same bytes without complaint.
 */
export type Certificate = {
  readonly der: Uint8Array;
  /** SHA-256 over the DER. */
  readonly digest: Sha256Digest;
  /** The same, first, and those of the certificates that anybody can make of this one by mirroring its ECDSA signature. */
  readonly digests: readonly Sha256Digest[];
  /** Names in DER. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** SHA-256 over the canonical SubjectPublicKeyInfo in DER, however the certificate spells it. */
  readonly keyDigest: Sha256Digest;
  /** In their order; repeated ones are all there. */
  readonly extensions: readonly Extension[];
};

const VERSION_3 = 2;

/**
 * Takes a certificate apart (RFC 5280, section 4.1). `what` names it in messages.
 *
 * @throws CodedError `trust.certificate_malformed`: no DER, bytes after it, members missing or of other types, not of version 3
 */
export function parseCertificate(der: Uint8Array, what: string): Certificate {
  const [tbs, algorithm, signature, ...more] = readDerAll(readDer(der, what, DER.sequence).content, what);
  const signed = expectTag(signature, DER.bitString, `${what}: the signature`);
  if (more.length > 0) throw malformed(`${what} has more members than certificates have`);
  const members = readDerAll(expectTag(tbs, DER.sequence, what).content, what);
  const [version, serial, inner, issuer, validity, subject, key, ...rest] = members;
  checkVersion(version, what);
  expectTag(serial, DER.integer, `${what}: the serial number`);
  expectTag(validity, DER.sequence, `${what}: the validity`);
  const outer = expectTag(algorithm, DER.sequence, `${what}: the signature algorithm`);
  if (Buffer.compare(outer.whole, expectTag(inner, DER.sequence, `${what}: the signature algorithm`).whole) !== 0) {
    throw malformed(`${what} names two signature algorithms`);
  }
  const body = expectTag(tbs, DER.sequence, what).whole;
  const mirrored = otherSignatures(outer, signed, what).map((other) =>
    sha256(element(DER.sequence, Buffer.concat([body, outer.whole, other]))),
  );
  const digest = sha256(der);
  return {
    der,
    digest,
    digests: [digest, ...mirrored],
    issuer: expectTag(issuer, DER.sequence, `${what}: the issuer`).whole,
    subject: expectTag(subject, DER.sequence, `${what}: the subject`).whole,
    keyDigest: sha256(spkiOf(expectTag(key, DER.sequence, `${what}: the public key`).whole)),
    extensions: readExtensions(rest, what),
  };
}

/** What no key can be read from verifies nothing, so its name is of no use. */
function spkiOf(bytes: Uint8Array): Uint8Array {
  let key: KeyObject;
  try {
    key = createPublicKey({ key: Buffer.from(bytes), format: 'der', type: 'spki' });
  } catch {
    return bytes;
  }
  return canonicalSpki(key);
}

function checkVersion(version: DerElement | undefined, what: string): void {
  const { content } = expectTag(version, DER.contextConstructed(0), `${what}: the version`);
  const number = readDer(content, `${what}: the version`, DER.integer).content;
  if (number.length !== 1 || number[0] !== VERSION_3) throw malformed(`${what} is not of version 3`);
}

/** Unique identifiers ([1], [2]) may precede the extensions ([3]); nobody issues them, and nothing here reads them. */
function readExtensions(rest: readonly DerElement[], what: string): Extension[] {
  const [holder, ...more] = rest;
  if (holder === undefined) return [];
  expectTag(holder, DER.contextConstructed(3), `${what}: the extensions`);
  if (more.length > 0) throw malformed(`${what} has something after its extensions`);
  const list = readDer(holder.content, `${what}: the extensions`, DER.sequence);
  return readDerAll(list.content, `${what}: the extensions`).map((each) => readExtension(each, what));
}

function readExtension(element: DerElement, what: string): Extension {
  const members = readDerAll(
    expectTag(element, DER.sequence, `${what}: an extension`).content,
    `${what}: an extension`,
  );
  const oid = oidOf(members[0], `${what}: the name of an extension`);
  const place = `${what}: the extension ${oid}`;
  const [first, second, ...more] = members.slice(1);
  if (more.length > 0 || first === undefined) throw malformed(`${place} has not the members of an extension`);
  const critical = second === undefined ? false : booleanOf(first, place);
  return { oid, critical, value: expectTag(second ?? first, DER.octetString, place).content };
}
