import { hash } from 'node:crypto';
import { EXTENSION, type Extension } from './certificate.ts';
import { octets } from './der.ts';
import type { CtLogInstance } from './instances.ts';

/** A log's promise to publish a certificate (RFC 6962, 3.2), before the log signs it. */
export type SctDescription = {
  readonly log: CtLogInstance;
  readonly time: Date;
  /** Of the certificate without its SCTs. */
  readonly tbs: Buffer;
  readonly issuerSpki: Buffer;
  readonly extensions: Buffer;
  /** Of the key that signs; the log's id stays. */
  readonly sign: (data: Buffer) => Buffer;
};

const uint = (value: number | bigint, bytes: number): Buffer => {
  const out = Buffer.alloc(8);
  out.writeBigUInt64BE(BigInt(value));
  return out.subarray(8 - bytes);
};

export function signedTimestamp({ log, time, tbs, issuerSpki, extensions, sign }: SctDescription): Buffer {
  const stamp = uint(time.getTime(), 8);
  const signed = Buffer.concat([
    Buffer.of(0, 0),
    stamp,
    uint(1, 2),
    hash('sha256', issuerSpki, 'buffer'),
    uint(tbs.length, 3),
    tbs,
    uint(extensions.length, 2),
    extensions,
  ]);
  const signature = sign(signed);
  return Buffer.concat([
    Buffer.of(0),
    log.id,
    stamp,
    uint(extensions.length, 2),
    extensions,
    // SHA-256 and ECDSA.
    Buffer.of(4, 3),
    uint(signature.length, 2),
    signature,
  ]);
}

/** The extension that embeds them in the certificate. */
export function sctExtension(scts: readonly Buffer[]): Extension {
  const list = Buffer.concat(scts.flatMap((sct) => [uint(sct.length, 2), sct]));
  return { oid: EXTENSION.scts, critical: false, value: octets(Buffer.concat([uint(list.length, 2), list])) };
}
