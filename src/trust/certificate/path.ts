import { X509Certificate } from 'node:crypto';
import type { Milliseconds } from '../../model/clock.ts';
import { refusal } from '../failure.ts';
import type { TrustedChain, TrustRoot } from '../root/trust-root.ts';
import { type Certificate, parseCertificate } from './certificate.ts';

/**
 * The certificates through which the leaf can chain to the root at these times, from the lowest upwards, each once.
 *
 * The library checks a path and does not tell which. So this is the union of every path that it can have taken: a certificate that any
 * of them passes through is subject to the checks, and to revocation.
 *
 * @throws CodedError `trust.certificate_malformed`
 */
export function issuersInPath(
  leaf: Certificate,
  root: TrustRoot,
  times: readonly Milliseconds[],
): readonly Certificate[] {
  const found = new Map<string, Certificate>();
  for (const chain of root.certificateAuthorities) {
    if (!times.some((time) => isValidAt(chain, time))) continue;
    for (const issuer of reachable(leaf, chain)) found.set(issuer.digest, issuer);
  }
  return [...found.values()];
}

/** Whether an instance of a root counts at a time. Both ends are inclusive. */
export function isValidAt(window: { validFrom: Milliseconds; validTo?: Milliseconds }, time: Milliseconds): boolean {
  return window.validFrom <= time && (window.validTo === undefined || time <= window.validTo);
}

/** True for a certificate that its own key signed: the anchor, trusted for being in the root and not for what it says of itself. */
export function isAnchor(certificate: Certificate): boolean {
  return isIssuedBy(certificate, certificate);
}

function reachable(leaf: Certificate, chain: TrustedChain): readonly Certificate[] {
  const candidates = chain.certificates.map((der, index) =>
    parseCertificate(der, `certificate ${index} of the authority ${chain.uri}`),
  );
  const path: Certificate[] = [leaf];
  // The list grows while it is walked: the issuers of issuers follow.
  for (const certificate of path) {
    for (const candidate of candidates) {
      if (!path.includes(candidate) && isIssuedBy(certificate, candidate)) path.push(candidate);
    }
  }
  return path.slice(1);
}

function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  if (Buffer.compare(certificate.issuer, issuer.subject) !== 0) return false;
  try {
    return new X509Certificate(certificate.der).verify(new X509Certificate(issuer.der).publicKey);
  } catch (cause) {
    throw refusal('certificate_malformed', 'the certificate, or one above it, cannot be read by OpenSSL', cause);
  }
}
