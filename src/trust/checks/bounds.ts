import type { Bundle } from '@sigstore/bundle';
import { refusal } from '../failure.ts';

/**
 * Bytes of single parts of a bundle. Real ones stay far below; what the library makes of numbers and object identifiers in them costs the
 * square of their length, and each signature line of a checkpoint costs a verification.
 */
const MOST = { certificate: 16_384, timestamp: 16_384, checkpoint: 16_384 } as const;

/** Refuses what would cost more to read than anything real does. @throws CodedError `trust.bundle_too_large` */
export function checkBounds({ verificationMaterial }: Bundle): void {
  const { content, tlogEntries, timestampVerificationData } = verificationMaterial;
  const certificates =
    content.$case === 'certificate'
      ? [content.certificate]
      : content.$case === 'x509CertificateChain'
        ? content.x509CertificateChain.certificates
        : [];
  for (const { rawBytes } of certificates) check('certificate', rawBytes.length);
  for (const { signedTimestamp } of timestampVerificationData?.rfc3161Timestamps ?? []) {
    check('timestamp', signedTimestamp.length);
  }
  for (const { inclusionProof } of tlogEntries) check('checkpoint', inclusionProof?.checkpoint?.envelope.length ?? 0);
}

function check(what: keyof typeof MOST, length: number): void {
  if (length > MOST[what]) {
    throw refusal('bundle_too_large', `a ${what} in the bundle has more than ${MOST[what]} bytes; no real one does`);
  }
}
