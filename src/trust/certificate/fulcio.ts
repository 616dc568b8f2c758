import { CLAIM_NAMES, type ClaimName } from '../authority/claims.ts';
import type { Certificate } from './certificate.ts';
import { DER, expectTag, malformed, oidOf, readDer, readDerAll } from './der.ts';
import { extensionOf, OID } from './extensions.ts';

/** Fulcio's arc of certificate extensions (sigstore/fulcio, docs/oid-info.md). */
const FULCIO = '1.3.6.1.4.1.57264.1';

/** The OIDC issuer: once as raw bytes, later as a DER UTF8String. */
const ISSUER_RAW = `${FULCIO}.1`;
const ISSUER = `${FULCIO}.8`;
/** A user name in the subject alternative name. */
const USER_NAME = `${FULCIO}.7`;

/** The number of the first of the claims. */
const FIRST_CLAIM = 9;

/** Both extensions that can name the OIDC issuer. Bytes are kept apart one by one, so that none equals its ASCII twin. */
export function issuersOf(certificate: Certificate): { readonly raw?: string; readonly der?: string } {
  const raw = extensionOf(certificate, ISSUER_RAW);
  const der = extensionOf(certificate, ISSUER);
  return {
    ...(raw !== undefined && { raw: Buffer.from(raw.value).toString('latin1') }),
    ...(der !== undefined && {
      der: Buffer.from(readDer(der.value, 'the issuer extension', DER.utf8String).content).toString('latin1'),
    }),
  };
}

/**
 * The subject alternative names; of a kind that is read here: a URI, a mail address, or Fulcio's user name (an otherName that holds a
 * UTF8String).
 *
 * @throws CodedError `trust.certificate_malformed`
 */
export function namesOf(certificate: Certificate): readonly { readonly text?: string }[] {
  const extension = extensionOf(certificate, OID.subjectAlternativeName);
  if (extension === undefined) return [];
  const what = 'the subject alternative name';
  return readDerAll(readDer(extension.value, what, DER.sequence).content, what).map(({ tag, content }) => {
    if (tag === DER.context(1) || tag === DER.context(6)) return { text: Buffer.from(content).toString('latin1') };
    if (tag === DER.contextConstructed(0)) return userNameOf(content, what);
    return {};
  });
}

function userNameOf(otherName: Uint8Array, what: string): { readonly text?: string } {
  const [type, value, ...more] = readDerAll(otherName, what);
  if (oidOf(type, what) !== USER_NAME) return {};
  if (more.length > 0) throw malformed(`${what} holds more than one value`);
  const { content } = expectTag(value, DER.contextConstructed(0), what);
  return { text: Buffer.from(readDer(content, what, DER.utf8String).content).toString('latin1') };
}

/** What the issuer certified of the build. @throws CodedError `trust.certificate_malformed`: a claim is no UTF8String in DER */
export function claimsOf(certificate: Certificate): Readonly<Partial<Record<ClaimName, string>>> {
  const claims: Partial<Record<ClaimName, string>> = {};
  for (const [index, name] of CLAIM_NAMES.entries()) {
    const extension = extensionOf(certificate, `${FULCIO}.${FIRST_CLAIM + index}`);
    if (extension !== undefined) claims[name] = utf8(extension.value, `the extension ${name}`);
  }
  return claims;
}

function utf8(value: Uint8Array, what: string): string {
  const { content } = readDer(value, what, DER.utf8String);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    throw malformed(`${what} is not UTF-8`);
  }
}
