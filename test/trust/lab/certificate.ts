import { createHash } from 'node:crypto';
import {
  bitString,
  boolean,
  certificateTime,
  distinguishedName,
  explicit,
  implicit,
  integer,
  octets,
  oid,
  sequence,
  tagged,
  utf8,
} from './der.ts';
import type { SigningKey } from './signing-key.ts';

export type Extension = { readonly oid: string; readonly critical: boolean; readonly value: Buffer };

/** What a certificate is to say, before anybody signs it. */
export type CertificateDescription = {
  readonly serial: Buffer;
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly spki: Buffer;
  readonly extensions: readonly Extension[];
};

export const EXTENSION = {
  subjectKey: '2.5.29.14',
  keyUsage: '2.5.29.15',
  names: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKey: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  scts: '1.3.6.1.4.1.11129.2.4.2',
} as const;

export const PURPOSE = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  any: '2.5.29.37.0',
} as const;

const extension = (id: string, value: Buffer, critical = false): Extension => ({ oid: id, critical, value });
const keyId = (spki: Buffer): Buffer => createHash('sha1').update(spki).digest();

/** Named bits of RFC 5280, 4.2.1.3. */
const KEY_USAGE = { digitalSignature: 0x80, keyEncipherment: 0x20, certSign: 0x04, crlSign: 0x02 } as const;

export const keyUsage = (...uses: readonly (keyof typeof KEY_USAGE)[]): Extension => {
  const bits = uses.reduce((sum, use) => sum | KEY_USAGE[use], 0);
  const unused = bits === 0 ? 0 : Math.log2(bits & -bits);
  return extension(EXTENSION.keyUsage, bitString(Buffer.of(bits), unused), true);
};

export const extendedKeyUsage = (...purposes: readonly string[]): Extension =>
  extension(EXTENSION.extendedKeyUsage, sequence(...purposes.map(oid)));

export const basicConstraints = (authority: boolean, pathLength?: number): Extension =>
  extension(
    EXTENSION.basicConstraints,
    sequence(...(authority ? [boolean(true)] : []), ...(pathLength === undefined ? [] : [integer(pathLength)])),
    true,
  );

export const subjectKeyId = (spki: Buffer): Extension => extension(EXTENSION.subjectKey, octets(keyId(spki)));
export const authorityKeyId = (spki: Buffer): Extension =>
  extension(EXTENSION.authorityKey, sequence(implicit(0, keyId(spki))));

/** A subject alternative name: of a workflow a URI, of a person a mail address; bytes where text would not do. */
export type Name = { readonly uri: string | Buffer } | { readonly email: string | Buffer } | { readonly dns: string };

export const names = (...all: readonly Name[]): Extension =>
  extension(
    EXTENSION.names,
    sequence(
      ...all.map((name) => {
        if ('uri' in name) return implicit(6, Buffer.from(name.uri));
        if ('email' in name) return implicit(1, Buffer.from(name.email));
        return implicit(2, Buffer.from(name.dns));
      }),
    ),
    true,
  );

/** Fulcio's extension 1.3.6.1.4.1.57264.1.N: raw text up to 6, DER's UTF8String from 8 on. */
export const fulcio = (number: number, text: string | Buffer): Extension =>
  extension(`1.3.6.1.4.1.57264.1.${number}`, number <= 6 ? Buffer.from(text) : utf8(text));

export const authorityExtensions = (
  own: Buffer,
  issuer: Buffer,
  pathLength: number | undefined,
  purposes: readonly string[],
): readonly Extension[] => [
  keyUsage('certSign', 'crlSign'),
  ...(purposes.length > 0 ? [extendedKeyUsage(...purposes)] : []),
  basicConstraints(true, pathLength),
  subjectKeyId(own),
  authorityKeyId(issuer),
];

/** TBSCertificate (RFC 5280, 4.1), to be signed with the algorithm named in it. */
export function toBeSigned(description: CertificateDescription, identifier: Buffer): Buffer {
  const { serial, issuer, subject, notBefore, notAfter, spki, extensions } = description;
  return sequence(
    explicit(0, integer(2)),
    integer(serial),
    identifier,
    issuer,
    sequence(certificateTime(notBefore), certificateTime(notAfter)),
    subject,
    spki,
    ...(extensions.length === 0 ? [] : [explicit(3, sequence(...extensions.map(extensionDer)))]),
  );
}

const extensionDer = ({ oid: id, critical, value }: Extension): Buffer =>
  sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value));

export function issue(description: CertificateDescription, issuer: SigningKey): Buffer {
  const tbs = toBeSigned(description, issuer.identifier);
  return sequence(tbs, issuer.identifier, bitString(issuer.sign(tbs)));
}

/** Without one extension, or with another in its place. */
export const replaceExtension = (
  description: CertificateDescription,
  id: string,
  ...by: readonly Extension[]
): CertificateDescription => ({
  ...description,
  extensions: description.extensions.flatMap((one) => (one.oid === id ? by : [one])),
});

export const addExtension = (
  description: CertificateDescription,
  ...more: readonly Extension[]
): CertificateDescription => ({ ...description, extensions: [...description.extensions, ...more] });

export const emptyName = (): Buffer => tagged(0x30);
export const nameOf = (organization: string, commonName: string): Buffer => distinguishedName(organization, commonName);
