import {
  authorityExtensions,
  extendedKeyUsage,
  issue,
  keyUsage,
  nameOf,
  names,
  PURPOSE,
} from '../trust/lab/certificate.ts';
import { pem } from '../trust/lab/der.ts';
import { seedOf } from '../trust/lab/seed.ts';
import { signingKey } from '../trust/lab/signing-key.ts';

/** A server's certificate for a host name, its key, and the authority that vouches for it; as PEM. `seed` tells authorities apart. */
export function certificateFor(host: string, seed: string): { ca: string; certificate: string; key: string } {
  const authority = signingKey(seedOf(seed), 'authority', 'ecdsa-sha2-256-nistp256');
  const server = signingKey(seedOf(seed), 'server', 'ecdsa-sha2-256-nistp256');
  const issuer = nameOf('test', 'authority');
  const times = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };
  const ca = issue(
    {
      ...times,
      serial: Buffer.of(1),
      issuer,
      subject: issuer,
      spki: authority.spki,
      extensions: authorityExtensions(authority.spki, authority.spki, 0, []),
    },
    authority,
  );
  const certificate = issue(
    {
      ...times,
      serial: Buffer.of(2),
      issuer,
      subject: nameOf('test', host),
      spki: server.spki,
      extensions: [keyUsage('digitalSignature'), extendedKeyUsage(PURPOSE.serverAuth), names({ dns: host })],
    },
    authority,
  );
  return {
    ca: pem('CERTIFICATE', ca),
    certificate: pem('CERTIFICATE', certificate),
    key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}
