import { createPublicKey } from 'node:crypto';
import type { Bundle } from '@sigstore/bundle';
import { RFC3161Timestamp, X509Certificate } from '@sigstore/core';
import type { Milliseconds } from '../../model/clock.ts';
import { type Certificate, parseCertificate } from '../certificate/certificate.ts';
import { isValidAt } from '../certificate/path.ts';
import { refusal } from '../failure.ts';
import type { TrustedChain, TrustRoot } from '../root/trust-root.ts';

/** A timestamp (RFC 3161) that the library has verified, with the authority it is of. */
export type ProvedTimestamp = {
  readonly operator: string;
  readonly time: Milliseconds;
  /** Whether the response says that the timestamp was granted (RFC 3161, section 2.4.2). */
  readonly granted: boolean;
  /** Of the authority that signed it, as the root has it. */
  readonly certificate: Certificate;
};

/** The bundle's timestamps as the library reads them. @throws CodedError `trust.timestamp_invalid` */
export function readTimestamps(bundle: Bundle): readonly RFC3161Timestamp[] {
  const given = bundle.verificationMaterial.timestampVerificationData?.rfc3161Timestamps ?? [];
  return given.map(({ signedTimestamp }, index) => {
    try {
      return RFC3161Timestamp.parse(Buffer.from(signedTimestamp));
    } catch (cause) {
      throw refusal('timestamp_invalid', `timestamp ${index} of the bundle cannot be read`, cause);
    }
  });
}

/**
 * Takes apart a timestamp that the library has verified over this signature; undefined where no authority of the root made it.
 *
 * @throws CodedError `trust.certificate_malformed`, and what the library throws
 */
export function provedTimestamp(
  timestamp: RFC3161Timestamp,
  signature: Buffer,
  root: TrustRoot,
): ProvedTimestamp | undefined {
  const time = timestamp.signingTime.getTime();
  const chain = root.timestampAuthorities.find(
    (each) => isValidAt(each, time) && isSignedBy(timestamp, signature, each),
  );
  const [der] = chain?.certificates ?? [];
  if (chain === undefined || der === undefined) return undefined;
  return {
    operator: chain.operator,
    time,
    granted: timestamp.status === 0n || timestamp.status === 1n,
    certificate: parseCertificate(der, `the certificate of the timestamp authority ${chain.uri}`),
  };
}

function isSignedBy(timestamp: RFC3161Timestamp, signature: Buffer, chain: TrustedChain): boolean {
  const [der] = chain.certificates;
  if (der === undefined) return false;
  try {
    const certificate = X509Certificate.parse(Buffer.from(der));
    if (!certificate.serialNumber.equals(timestamp.signerSerialNumber)) return false;
    if (!certificate.issuer.equals(timestamp.signerIssuer)) return false;
    timestamp.verify(signature, createPublicKey({ key: certificate.publicKey, format: 'der', type: 'spki' }));
    return true;
  } catch {
    return false;
  }
}
