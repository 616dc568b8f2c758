import type { Certificate } from '../certificate/certificate.ts';
import { isAuthority, maySign, OID, PURPOSE, purposesOf } from '../certificate/extensions.ts';
import { issuersOf, namesOf } from '../certificate/fulcio.ts';
import type { BundleCheck, ProvedContext } from './bundle-check.ts';

/** Extensions that this verifier, or the library, acts upon: only these may be critical (RFC 5280, section 4.2). */
const UNDERSTOOD: ReadonlySet<string> = new Set(Object.values(OID));

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** What the library leaves open about the signing certificate and those that issued it. */
export const CERTIFICATE_CHECKS: readonly BundleCheck[] = [
  {
    name: 'extensions once each',
    code: 'certificate_extension_repeated',
    stage: 'proved',
    only: 'keyless',
    refuse: ofEach((certificate) => {
      const oids = certificate.extensions.map(({ oid }) => oid);
      const repeated = oids.find((oid, index) => oids.indexOf(oid) < index);
      return repeated === undefined ? undefined : `has the extension ${repeated} twice`;
    }),
  },
  {
    name: 'critical extensions',
    code: 'certificate_extension_critical',
    stage: 'proved',
    only: 'keyless',
    refuse: ofEach((certificate) => {
      const unknown = certificate.extensions.find(({ oid, critical }) => critical && !UNDERSTOOD.has(oid));
      return unknown === undefined ? undefined : `has the critical extension ${unknown.oid}, which is not understood`;
    }),
  },
  {
    name: 'purpose of the leaf',
    code: 'leaf_not_for_code_signing',
    stage: 'proved',
    only: 'keyless',
    refuse: ofLeaf((leaf) => {
      const purposes = purposesOf(leaf);
      return purposes?.length === 1 && purposes[0] === PURPOSE.codeSigning
        ? undefined
        : 'the signing certificate is not restricted to code signing (extended key usage)';
    }),
  },
  {
    name: 'leaf is no authority',
    code: 'leaf_is_authority',
    stage: 'proved',
    only: 'keyless',
    refuse: ofLeaf((leaf) =>
      isAuthority(leaf) ? 'the signing certificate is a certificate authority (basic constraints, cA)' : undefined,
    ),
  },
  {
    name: 'key usage of the leaf',
    code: 'leaf_cannot_sign',
    stage: 'proved',
    only: 'keyless',
    refuse: ofLeaf((leaf) =>
      maySign(leaf) ? undefined : 'the key usage of the signing certificate lacks digitalSignature',
    ),
  },
  {
    name: 'name of the leaf',
    code: 'leaf_several_names',
    stage: 'proved',
    only: 'keyless',
    refuse: ofLeaf((leaf) => {
      const names = namesOf(leaf);
      if (names.length !== 1)
        return `the signing certificate has ${names.length} subject alternative names instead of one`;
      return names[0]?.text === undefined
        ? "the subject alternative name is neither URI nor mail address nor Fulcio's user name"
        : undefined;
    }),
  },
  {
    name: 'issuer of the identity',
    code: 'leaf_issuers_disagree',
    stage: 'proved',
    only: 'keyless',
    refuse: ofLeaf((leaf) => {
      const { raw, der } = issuersOf(leaf);
      if (raw === undefined && der === undefined) return 'the signing certificate names no OIDC issuer';
      return raw === undefined || der === undefined || raw === der
        ? undefined
        : 'the extensions 1.1 and 1.8 of the signing certificate name different OIDC issuers';
    }),
  },
  {
    name: 'identity in ASCII',
    code: 'identity_not_ascii',
    stage: 'proved',
    only: 'keyless',
    refuse: ofLeaf((leaf) => {
      const { raw = '', der = '' } = issuersOf(leaf);
      const texts = [raw, der, ...namesOf(leaf).map(({ text = '' }) => text)];
      return texts.every((text) => PRINTABLE_ASCII.test(text))
        ? undefined
        : 'issuer or subject hold characters outside of printable ASCII, which can look like others';
    }),
  },
  {
    name: 'purpose of the chain',
    code: 'chain_excludes_code_signing',
    stage: 'proved',
    only: 'keyless',
    concerns: (context) => intermediatesOf(context).length > 0,
    refuse: (context) => {
      const allows = (certificate: Certificate): boolean => {
        const purposes = purposesOf(certificate);
        return purposes === undefined || purposes.includes(PURPOSE.codeSigning) || purposes.includes(PURPOSE.any);
      };
      return intermediatesOf(context).every(allows)
        ? undefined
        : 'an intermediate certificate is restricted to other purposes than code signing';
    },
  },
];

function intermediatesOf({ signer }: ProvedContext): readonly Certificate[] {
  return signer.mode === 'keyless' ? signer.intermediates : [];
}

function ofLeaf(refuse: (leaf: Certificate) => string | undefined): (context: ProvedContext) => string | undefined {
  return ({ signer }) => (signer.mode === 'keyless' ? refuse(signer.leaf) : undefined);
}

/** Over the leaf and every intermediate; the anchor is trusted for being in the root, whatever it says (RFC 5280, section 6.1.1). */
function ofEach(
  refuse: (certificate: Certificate) => string | undefined,
): (context: ProvedContext) => string | undefined {
  return ({ signer }) => {
    if (signer.mode !== 'keyless') return undefined;
    const leaf = refuse(signer.leaf);
    if (leaf !== undefined) return `the signing certificate ${leaf}`;
    for (const intermediate of signer.intermediates) {
      const reason = refuse(intermediate);
      if (reason !== undefined) return `an intermediate certificate ${reason}`;
    }
    return undefined;
  };
}
