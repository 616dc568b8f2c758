import { X509Certificate } from '@sigstore/core';
import type { TrustedLog } from '../root/trust-root.ts';
import type { VerifiedBundle } from '../verified-bundle.ts';
import type { Certificate } from './certificate.ts';
import { isValidAt } from './path.ts';

/**
 * Who published the leaf, by the SCTs embedded in it (RFC 6962, section 3.3). To be asked only after the library has verified every one of
 * them under these logs.
 */
export function provedScts(leaf: Certificate, logs: readonly TrustedLog[]): VerifiedBundle['scts'] {
  const scts = X509Certificate.parse(Buffer.from(leaf.der)).extSCT?.signedCertificateTimestamps ?? [];
  return scts.flatMap((sct) => {
    const log = logs.find((each) => each.id === sct.logID.toString('hex') && isValidAt(each, sct.datetime.getTime()));
    return log === undefined ? [] : [{ operator: log.operator, logId: log.id }];
  });
}
