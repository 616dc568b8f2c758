import { hash } from 'node:crypto';
import {
  certificateTime,
  explicit,
  generalizedTime,
  integer,
  none,
  octets,
  oid,
  sequence,
  setOf,
  tagged,
} from './der.ts';
import type { TsaInstance } from './instances.ts';

const OID = {
  sha256: '2.16.840.1.101.3.4.2.1',
  signedData: '1.2.840.113549.1.7.2',
  tstInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
} as const;

/** A timestamp (RFC 3161, 2.4) before the authority signs it. */
export type TokenDescription = {
  readonly tsa: TsaInstance;
  /** What is stamped: a signature's bytes. */
  readonly data: Buffer;
  /** Written to the whole second. */
  readonly time: Date;
  readonly serial: Buffer;
  readonly nonce: Buffer;
  /** Whether the authority's certificate travels along. */
  readonly embedded: boolean;
  /** PKIStatus: 0 is granted. */
  readonly status: number;
  readonly sign: (data: Buffer) => Buffer;
};

/** TimeStampResp: CMS SignedData (RFC 5652) over TSTInfo, with signed attributes. */
export function timestampResponse({
  tsa,
  data,
  time,
  serial,
  nonce,
  embedded,
  status,
  sign,
}: TokenDescription): Buffer {
  const [leaf = Buffer.alloc(0)] = tsa.chain;
  const sha256 = sequence(oid(OID.sha256), none());
  const info = sequence(
    integer(1),
    oid('1.3.6.1.4.1.57264.2'),
    sequence(sha256, octets(hash('sha256', data, 'buffer'))),
    integer(serial),
    generalizedTime(time),
    sequence(integer(1)),
    integer(nonce),
    explicit(0, explicit(4, tsa.leaf.subject)),
  );
  const issuerAndSerial = sequence(tsa.leaf.issuer, integer(tsa.leaf.serial));
  const attribute = (id: string, value: Buffer): Buffer => sequence(oid(id), tagged(0x31, value));
  const certificateId = sequence(
    octets(hash('sha256', leaf, 'buffer')),
    sequence(sequence(explicit(4, tsa.leaf.issuer)), integer(tsa.leaf.serial)),
  );
  const attributes = setOf(
    attribute(OID.contentType, oid(OID.tstInfo)),
    attribute(OID.signingTime, certificateTime(time)),
    attribute(OID.messageDigest, octets(hash('sha256', info, 'buffer'))),
    attribute(OID.signingCertificateV2, sequence(sequence(certificateId))),
  );
  // Signed under the tag of a SET, sent under [0] (RFC 5652, 5.4).
  const sent = Buffer.from(attributes);
  sent[0] = 0xa0;
  const signer = sequence(
    integer(1),
    issuerAndSerial,
    sequence(oid(OID.sha256)),
    sent,
    tsa.key.identifier,
    octets(sign(attributes)),
  );
  const signedData = sequence(
    integer(3),
    tagged(0x31, sequence(oid(OID.sha256))),
    sequence(oid(OID.tstInfo), explicit(0, octets(info))),
    ...(embedded ? [explicit(0, leaf)] : []),
    tagged(0x31, signer),
  );
  return sequence(sequence(integer(status)), sequence(oid(OID.signedData), explicit(0, signedData)));
}
