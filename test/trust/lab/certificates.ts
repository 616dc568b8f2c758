import type { Alterations } from './alterations.ts';
import {
  addExtension,
  authorityExtensions,
  authorityKeyId,
  type CertificateDescription,
  emptyName,
  extendedKeyUsage,
  fulcio,
  issue,
  keyUsage,
  nameOf,
  names,
  PURPOSE,
  subjectKeyId,
  toBeSigned,
} from './certificate.ts';
import { type CtLogInstance, serialOf } from './instances.ts';
import type { Scenario } from './scenario.ts';
import { sctExtension, signedTimestamp } from './sct.ts';
import type { Seed } from './seed.ts';
import type { SigningKey } from './signing-key.ts';

export const WORKFLOW = 'https://github.com/acme/tools/.github/workflows/release.yml@refs/tags/v1.4.0';
export const GITHUB = 'https://token.actions.githubusercontent.com';
export const PERSON = 'release@acme.example';
export const ACCOUNTS = 'https://accounts.acme.example';

const COMMIT = '0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c';

/** What Fulcio writes for a workflow at GitHub. */
const WORKFLOW_EXTENSIONS = [
  fulcio(1, GITHUB),
  fulcio(2, 'push'),
  fulcio(3, COMMIT),
  fulcio(4, 'Release'),
  fulcio(5, 'acme/tools'),
  fulcio(6, 'refs/tags/v1.4.0'),
  fulcio(8, GITHUB),
  fulcio(9, WORKFLOW),
  fulcio(10, COMMIT),
  fulcio(11, 'github-hosted'),
  fulcio(12, 'https://github.com/acme/tools'),
  fulcio(13, COMMIT),
  fulcio(14, 'refs/tags/v1.4.0'),
  fulcio(15, '632596897'),
  fulcio(16, 'https://github.com/acme'),
  fulcio(17, '131804563'),
  fulcio(18, WORKFLOW),
  fulcio(19, COMMIT),
  fulcio(20, 'push'),
  fulcio(21, 'https://github.com/acme/tools/actions/runs/15609877086/attempts/1'),
  fulcio(22, 'public'),
  fulcio(24, 'repo:acme/tools:ref:refs/tags/v1.4.0'),
] as const;

export type Issued = {
  readonly leaf: Buffer;
  /** Lowest first; the last is the root. */
  readonly authorities: readonly Buffer[];
};

export type CertificateInputs = {
  readonly seed: Seed;
  readonly key: (label: string) => SigningKey;
  readonly leafKey: SigningKey;
  readonly ctLogs: readonly CtLogInstance[];
  readonly from: Date;
  readonly to: Date;
  /** When the leaf was issued; it lives ten minutes, as Fulcio's do. */
  readonly issuedAt: Date;
  readonly tag: string;
};

/** Root, intermediates and leaf, the leaf with its SCTs. */
export function certificates(inputs: CertificateInputs, scenario: Scenario, alter: Alterations): Issued {
  const { seed, key, from, to } = inputs;
  const levels = scenario.intermediates ?? 1;
  const rootKey = key('ca root');
  const rootName = nameOf('lab.example', 'lab root');
  const root: CertificateDescription = {
    serial: serialOf(seed, 'ca root'),
    issuer: rootName,
    subject: rootName,
    notBefore: from,
    notAfter: to,
    spki: rootKey.spki,
    extensions: authorityExtensions(rootKey.spki, rootKey.spki, undefined, []),
  };
  const rootDer = issue(alter.root?.(root) ?? root, rootKey);
  const authorities = [rootDer];
  let issuerKey = rootKey;
  let issuerName = root.subject;
  for (let level = 0; level < levels; level += 1) {
    const own = key(`ca intermediate ${level}`);
    const plain: CertificateDescription = {
      serial: serialOf(seed, `ca intermediate ${level}`),
      issuer: issuerName,
      subject: nameOf('lab.example', `lab intermediate ${level}`),
      notBefore: from,
      notAfter: to,
      spki: own.spki,
      extensions: authorityExtensions(own.spki, issuerKey.spki, levels - 1 - level, [PURPOSE.codeSigning]),
    };
    const intermediate = alter.intermediate?.(plain, level) ?? plain;
    authorities.unshift(issue(intermediate, issuerKey));
    issuerKey = own;
    issuerName = intermediate.subject;
  }
  const plain = leafDescription(inputs, scenario, issuerName, issuerKey);
  const leaf = alter.leaf?.(plain) ?? plain;
  return { leaf: issue(withScts(leaf, inputs, scenario, issuerKey, alter), issuerKey), authorities };
}

function leafDescription(
  { seed, leafKey, issuedAt, tag }: CertificateInputs,
  { person = false }: Scenario,
  issuer: Buffer,
  issuerKey: SigningKey,
): CertificateDescription {
  return {
    serial: serialOf(seed, `leaf ${tag}`),
    issuer,
    subject: emptyName(),
    notBefore: issuedAt,
    notAfter: new Date(issuedAt.getTime() + 10 * 60_000),
    spki: leafKey.spki,
    extensions: [
      keyUsage('digitalSignature'),
      extendedKeyUsage(PURPOSE.codeSigning),
      subjectKeyId(leafKey.spki),
      authorityKeyId(issuerKey.spki),
      person ? names({ email: PERSON }) : names({ uri: WORKFLOW }),
      ...(person ? [fulcio(1, ACCOUNTS), fulcio(8, ACCOUNTS)] : WORKFLOW_EXTENSIONS),
    ],
  };
}

function withScts(
  leaf: CertificateDescription,
  { ctLogs, issuedAt }: CertificateInputs,
  scenario: Scenario,
  issuerKey: SigningKey,
  alter: Alterations,
): CertificateDescription {
  const tbs = toBeSigned(leaf, issuerKey.identifier);
  const plain = ctLogs.map((log, index) => {
    const description = {
      log,
      time: new Date(issuedAt.getTime() + 100 + index),
      tbs,
      issuerSpki: issuerKey.spki,
      extensions: scenario.sctExtensions === true ? Buffer.from('0000050123456789', 'hex') : Buffer.alloc(0),
      sign: (data: Buffer) => log.key.sign(data),
    };
    return signedTimestamp(alter.sct?.(description, index) ?? description);
  });
  const scts = alter.scts?.(plain) ?? plain;
  return scts.length === 0 ? leaf : addExtension(leaf, sctExtension(scts));
}
