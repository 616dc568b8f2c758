import {
  addExtension,
  basicConstraints,
  type CertificateDescription,
  EXTENSION,
  extendedKeyUsage,
  fulcio,
  keyUsage,
  names,
  PURPOSE,
  replaceExtension,
} from '../lab/certificate.ts';
import { GITHUB, WORKFLOW } from '../lab/certificates.ts';
import { utf8 } from '../lab/der.ts';
import { edited, flippedAt, replaced } from '../lab/edit.ts';
import { CERTIFIED, type Defect, UNCHAINED } from './defect.ts';

const leaf = (alter: (leaf: CertificateDescription) => CertificateDescription) => ({ leaf: alter });
const UNKNOWN = '1.3.6.1.4.1.99999.7';
const unknown = { oid: UNKNOWN, critical: true, value: utf8('what nobody understands') };
const ISSUER_V1 = '1.3.6.1.4.1.57264.1.1';
const ISSUER_V2 = '1.3.6.1.4.1.57264.1.8';
const HOUR = 3_600_000;
const later = (time: Date, by: number): Date => new Date(time.getTime() + by);
/** Every second letter's high bit set: read as ASCII it is the same text. */
const twin = (text: string): Buffer =>
  Buffer.from(Buffer.from(text).map((byte, at) => (at % 2 === 1 ? byte | 0x80 : byte)));
const longer = (base64: string): string =>
  Buffer.concat([Buffer.from(base64, 'base64'), Buffer.of(5, 0)]).toString('base64');
const certificateOf = 'verificationMaterial.certificate.rawBytes';

/** Certificates as an authority that was misled, or that means something else by them, would issue them. */
export const CERTIFICATE_DEFECTS: readonly Defect[] = [
  {
    name: 'a leaf without extended key usage',
    code: 'leaf_not_for_code_signing',
    formats: CERTIFIED,
    alter: leaf((one) => replaceExtension(one, EXTENSION.extendedKeyUsage)),
    checks: ['purpose of the leaf'],
  },
  {
    name: 'a leaf for servers',
    code: 'leaf_not_for_code_signing',
    formats: CERTIFIED,
    alter: leaf((one) => replaceExtension(one, EXTENSION.extendedKeyUsage, extendedKeyUsage(PURPOSE.serverAuth))),
    checks: ['purpose of the leaf'],
  },
  {
    name: 'a leaf for any purpose',
    code: 'leaf_not_for_code_signing',
    formats: CERTIFIED,
    alter: leaf((one) => replaceExtension(one, EXTENSION.extendedKeyUsage, extendedKeyUsage(PURPOSE.any))),
    checks: ['purpose of the leaf'],
  },
  {
    name: 'a leaf for code signing and servers',
    code: 'leaf_not_for_code_signing',
    formats: CERTIFIED,
    alter: leaf((one) =>
      replaceExtension(one, EXTENSION.extendedKeyUsage, extendedKeyUsage(PURPOSE.codeSigning, PURPOSE.serverAuth)),
    ),
    checks: ['purpose of the leaf'],
  },
  {
    name: 'a leaf that is an authority',
    code: 'leaf_is_authority',
    formats: CERTIFIED,
    alter: leaf((one) => addExtension(one, basicConstraints(true))),
    checks: ['leaf is no authority'],
  },
  {
    name: 'a leaf that may not sign',
    code: 'leaf_cannot_sign',
    formats: CERTIFIED,
    alter: leaf((one) => replaceExtension(one, EXTENSION.keyUsage, keyUsage('keyEncipherment'))),
    checks: ['key usage of the leaf'],
  },
  {
    name: 'a leaf without key usage',
    code: 'leaf_cannot_sign',
    formats: CERTIFIED,
    alter: leaf((one) => replaceExtension(one, EXTENSION.keyUsage)),
    checks: ['key usage of the leaf'],
  },
  {
    name: 'a leaf with a critical extension that nobody understands',
    code: 'certificate_extension_critical',
    formats: CERTIFIED,
    alter: leaf((one) => addExtension(one, unknown)),
    checks: ['critical extensions'],
  },
  {
    name: 'an intermediate with a critical extension that nobody understands',
    code: 'certificate_extension_critical',
    formats: CERTIFIED,
    alter: { intermediate: (one) => addExtension(one, unknown) },
    checks: ['critical extensions'],
  },
  {
    name: 'a leaf with an extension twice',
    code: 'certificate_extension_repeated',
    formats: CERTIFIED,
    alter: leaf((one) => addExtension(one, fulcio(2, 'workflow_dispatch'))),
    checks: ['extensions once each'],
  },
  {
    name: 'a leaf with a second extension of names',
    code: 'certificate_extension_repeated',
    formats: CERTIFIED,
    alter: leaf((one) => addExtension(one, names({ uri: 'https://github.com/evil/tools' }))),
    checks: ['extensions once each'],
  },
  {
    name: 'an intermediate with an extension twice',
    code: 'certificate_extension_repeated',
    formats: CERTIFIED,
    alter: { intermediate: (one) => addExtension(one, fulcio(2, 'push'), fulcio(2, 'pull')) },
    checks: ['extensions once each'],
  },
  {
    name: 'a leaf with two names',
    code: 'leaf_several_names',
    formats: CERTIFIED,
    alter: leaf((one) =>
      replaceExtension(one, EXTENSION.names, names({ uri: WORKFLOW }, { uri: 'https://github.com/evil/tools' })),
    ),
    checks: ['name of the leaf'],
  },
  {
    name: 'a leaf with names of two kinds',
    code: 'leaf_several_names',
    formats: CERTIFIED,
    alter: leaf((one) =>
      replaceExtension(one, EXTENSION.names, names({ email: 'evil@example.com' }, { uri: WORKFLOW })),
    ),
    checks: ['name of the leaf'],
  },
  {
    name: 'a leaf without a name',
    code: 'leaf_several_names',
    formats: CERTIFIED,
    alter: leaf((one) => replaceExtension(one, EXTENSION.names)),
  },
  {
    name: 'a leaf whose issuers disagree',
    code: 'leaf_issuers_disagree',
    formats: CERTIFIED,
    alter: leaf((one) => replaceExtension(one, ISSUER_V1, fulcio(1, 'https://accounts.evil.example'))),
    checks: ['issuer of the identity'],
  },
  {
    name: 'a leaf without issuers',
    code: 'leaf_issuers_disagree',
    formats: CERTIFIED,
    alter: leaf((one) => replaceExtension(replaceExtension(one, ISSUER_V1), ISSUER_V2)),
  },
  {
    name: "a name that is ASCII's twin",
    code: 'identity_not_ascii',
    formats: CERTIFIED,
    alter: leaf((one) => replaceExtension(one, EXTENSION.names, names({ uri: twin(WORKFLOW) }))),
    checks: ['identity in ASCII'],
  },
  {
    name: "an issuer that is ASCII's twin",
    code: 'identity_not_ascii',
    formats: CERTIFIED,
    alter: leaf((one) =>
      replaceExtension(replaceExtension(one, ISSUER_V1, fulcio(1, twin(GITHUB))), ISSUER_V2, fulcio(8, twin(GITHUB))),
    ),
    checks: ['identity in ASCII'],
  },
  {
    name: 'an intermediate for servers',
    code: 'chain_excludes_code_signing',
    formats: CERTIFIED,
    alter: {
      intermediate: (one) => replaceExtension(one, EXTENSION.extendedKeyUsage, extendedKeyUsage(PURPOSE.serverAuth)),
    },
    checks: ['purpose of the chain'],
  },
  {
    name: 'a chain longer than its path length allows',
    code: 'chain_invalid',
    formats: ['v0.3 message under two intermediates'],
    alter: {
      intermediate: (one, level) =>
        level === 0 ? replaceExtension(one, EXTENSION.basicConstraints, basicConstraints(true, 0)) : one,
    },
  },
  {
    name: 'a leaf that was no longer valid',
    code: 'chain_invalid',
    formats: CERTIFIED,
    alter: leaf((one) => ({ ...one, notBefore: later(one.notBefore, -HOUR), notAfter: later(one.notAfter, -HOUR) })),
  },
  {
    name: 'a leaf that was not yet valid',
    code: 'chain_invalid',
    formats: CERTIFIED,
    alter: leaf((one) => ({ ...one, notBefore: later(one.notBefore, HOUR), notAfter: later(one.notAfter, HOUR) })),
  },
  {
    name: 'an intermediate that was no longer valid',
    code: 'chain_invalid',
    formats: CERTIFIED,
    alter: { intermediate: (one) => ({ ...one, notAfter: later(one.notBefore, HOUR) }) },
  },
  {
    name: 'an authority trusted until the day before',
    code: 'chain_invalid',
    formats: CERTIFIED,
    alter: {
      trustedRoot: (root) => replaced(root, 'certificateAuthorities.0.validFor.end', '2026-03-01T10:00:00Z'),
    },
  },
  {
    name: 'an authority trusted from the day after',
    code: 'chain_invalid',
    formats: CERTIFIED,
    alter: {
      trustedRoot: (root) => replaced(root, 'certificateAuthorities.0.validFor.start', '2026-03-03T10:00:00Z'),
    },
  },
  {
    name: 'a leaf whose signature is flipped',
    code: 'chain_invalid',
    formats: UNCHAINED,
    alter: { bundle: (bundle) => flippedAt(bundle, certificateOf, -1) },
  },
  {
    name: 'a certificate that is none',
    code: 'certificate_malformed',
    formats: UNCHAINED,
    alter: { bundle: (bundle) => replaced(bundle, certificateOf, Buffer.from('not a certificate').toString('base64')) },
  },
  {
    name: 'a certificate with more behind it',
    code: 'certificate_malformed',
    formats: UNCHAINED,
    alter: { bundle: (bundle) => edited(bundle, certificateOf, (raw) => longer(String(raw))) },
  },
  {
    name: 'a certificate of 20 KiB',
    code: 'bundle_too_large',
    formats: CERTIFIED,
    alter: leaf((one) => addExtension(one, { ...unknown, critical: false, value: utf8('x'.repeat(20_000)) })),
  },
];
