import type { Certificate, Extension } from './certificate.ts';
import { bitOf, booleanOf, DER, malformed, oidOf, readDer, readDerAll } from './der.ts';

/** Extensions of RFC 5280, section 4.2, and RFC 6962, section 3.3. */
export const OID = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAlternativeName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  signedCertificateTimestamps: '1.3.6.1.4.1.11129.2.4.2',
} as const;

/** Purposes that an extended key usage names (RFC 5280, section 4.2.1.12). */
export const PURPOSE = {
  codeSigning: '1.3.6.1.5.5.7.3.3',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  any: '2.5.29.37.0',
} as const;

/** The first extension of a name. That there is no second is a check of its own. */
export function extensionOf(certificate: Certificate, oid: string): Extension | undefined {
  return certificate.extensions.find((each) => each.oid === oid);
}

/** The purposes that the certificate is restricted to, or undefined where it is not. @throws CodedError `trust.certificate_malformed` */
export function purposesOf(certificate: Certificate): readonly string[] | undefined {
  const extension = extensionOf(certificate, OID.extendedKeyUsage);
  if (extension === undefined) return undefined;
  const what = 'the extended key usage';
  return readDerAll(readDer(extension.value, what, DER.sequence).content, what).map((each) => oidOf(each, what));
}

/** Whether the key may make signatures: bit digitalSignature of the key usage, which must be there. @throws CodedError `trust.certificate_malformed` */
export function maySign(certificate: Certificate): boolean {
  const extension = extensionOf(certificate, OID.keyUsage);
  return extension !== undefined && bitOf(readDer(extension.value, 'the key usage'), 0, 'the key usage');
}

/** Whether the basic constraints say that the certificate is an authority's. @throws CodedError `trust.certificate_malformed` */
export function isAuthority(certificate: Certificate): boolean {
  const extension = extensionOf(certificate, OID.basicConstraints);
  if (extension === undefined) return false;
  const what = 'the basic constraints';
  const [first, second, ...more] = readDerAll(readDer(extension.value, what, DER.sequence).content, what);
  if (more.length > 0) throw malformed(`${what} have more than two members`);
  if (first === undefined) return false;
  // A path length alone, without cA, is not for any authority; it is read as what it says.
  if (first.tag === DER.integer && second === undefined) return false;
  return booleanOf(first, what);
}
