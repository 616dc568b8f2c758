import { X509Certificate } from 'node:crypto';
import { CodedError, describeThrown } from '../../errors.ts';
import type { Json } from '../../model/json.ts';
import { bytesOf, listOf, malformed, objectOf, operatorOf, optional, textOf, validityOf } from './members.ts';
import type { TrustedChain } from './trust-root.ts';

/** More certificates than any chain of Sigstore's has. */
const MAX_CERTIFICATES = 8;

/** Signers' authorities issue the leaf in the bundle; a timestamp authority's lowest certificate may itself be the one that signs. */
export type ChainKind = 'signers' | 'timestamps';

/**
 * Reads a CertificateAuthority of a trusted root: a chain from the lowest certificate to a self-signed one, each signed by the next.
 * `subject` is a label that clients do not rely on; it is read and not compared.
 *
 * @throws CodedError `root.malformed`, `root.member_unknown`, `root.certificate_malformed`, `root.chain_invalid`,
 *   `root.anchor_not_self_signed`, `root.validity_*`
 */
export function readChain(value: Json, kind: ChainKind, where: string): TrustedChain {
  const authority = objectOf(value, where, ['subject', 'uri', 'certChain', 'validFor', 'operator']);
  const subject = optional(authority, 'subject');
  if (subject !== undefined) objectOf(subject, `${where}.subject`, ['organization', 'commonName']);
  const place = `${where}.certChain`;
  const chain = objectOf(optional(authority, 'certChain'), place, ['certificates']);
  const certificates = listOf(chain, 'certificates', MAX_CERTIFICATES, place).map((item, index) =>
    readCertificate(item, `${place}.certificates[${index}]`),
  );
  checkOrder(certificates, kind, `${place}.certificates`);
  return {
    uri: textOf(authority, 'uri', where) ?? '',
    operator: operatorOf(authority, where),
    certificates: certificates.map((certificate) => certificate.raw),
    ...validityOf(authority, where),
  };
}

function readCertificate(value: Json, where: string): X509Certificate {
  const raw = bytesOf(objectOf(value, where, ['rawBytes']), 'rawBytes', where);
  let certificate: X509Certificate;
  try {
    if (raw === undefined) throw new TypeError('it is missing');
    certificate = new X509Certificate(raw);
    if (!certificate.raw.equals(raw)) throw new TypeError('it is not DER, or bytes follow it');
  } catch (cause) {
    throw new CodedError(
      'root.certificate_malformed',
      `${where}.rawBytes is no certificate in DER: ${describeThrown(cause)}`,
      { detail: { where }, cause },
    );
  }
  return certificate;
}

function checkOrder(certificates: readonly X509Certificate[], kind: ChainKind, where: string): void {
  const anchor = certificates.at(-1);
  if (anchor === undefined) throw malformed(where, 'must hold at least one certificate');
  for (const [index, certificate] of certificates.entries()) {
    const issuer = certificates[index + 1];
    if (issuer !== undefined && !isIssuedBy(certificate, issuer)) {
      throw new CodedError(
        'root.chain_invalid',
        `${where}[${index}] is not signed by the certificate after it; order the chain from the lowest to the self-signed one`,
        { detail: { where } },
      );
    }
    if (!certificate.ca && !(kind === 'timestamps' && index === 0)) {
      throw new CodedError(
        'root.chain_invalid',
        `${where}[${index}] is no certificate authority (basicConstraints cA); a leaf cannot issue others`,
        { detail: { where } },
      );
    }
  }
  if (!isIssuedBy(anchor, anchor)) {
    throw new CodedError(
      'root.anchor_not_self_signed',
      `${where}: the last certificate is not self-signed; add those above it, up to the self-signed root`,
      { detail: { where } },
    );
  }
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}
