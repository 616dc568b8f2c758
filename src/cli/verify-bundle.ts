import { resolve } from 'node:path';
import type { Command } from 'commander';
import { CodedError } from '../errors.ts';
import { rfc3339 } from '../model/clock.ts';
import type { Sha256Digest } from '../model/digest.ts';
import { BUNDLE_LIMITS } from '../trust/bundle/limits.ts';
import { parseBundle } from '../trust/bundle/parse-bundle.ts';
import { refusal } from '../trust/failure.ts';
import { parseTrustRoot } from '../trust/root/parse-trust-root.ts';
import { publicGoodRoot } from '../trust/root/public-good.ts';
import type { TrustRoot } from '../trust/root/trust-root.ts';
import type { VerifiedBundle } from '../trust/verified-bundle.ts';
import { type VerifyBundleInput, verifyBundle } from '../trust/verify-bundle.ts';
import { adHocThresholds } from './ad-hoc-thresholds.ts';
import { readArtifact, usage } from './artifact-argument.ts';
import { readBoundedFile } from './bounded-file.ts';
import { readNamedKey } from './named-key.ts';
import { paint, printable, printableJson, type Terminal } from './terminal.ts';

type Options = {
  readonly bundle: string;
  readonly certificateIdentity?: string;
  readonly certificateOidcIssuer?: string;
  readonly key?: string;
  readonly trustedRoot?: string;
  readonly staging?: boolean;
  readonly json?: boolean;
};

/** An artifact is held in memory whole while it is hashed. */
const MOST_ARTIFACT_BYTES = 1_073_741_824;
const MOST_ROOT_BYTES = 4_194_304;

const HELP = `
The contract is that of sigstore-conformance. Issuer and identity are compared as they stand, never as patterns.
Without --trusted-root the root of Sigstore's public-good instance counts that this version ships. With --key, entries of
logs and timestamps in the bundle are verified, and asked for, only where --trusted-root says whose count.

Exit codes: 0 verified, 2 refused or a mistake.

Examples:
  exequatur verify-bundle --bundle tool.sigstore.json --certificate-identity https://github.com/o/r/.github/workflows/release.yml@refs/heads/main \\
    --certificate-oidc-issuer https://token.actions.githubusercontent.com tool.tar.gz
  exequatur verify-bundle --bundle catalogue.yaml.sigstore.json --key cosign.pub catalogue.yaml`;

/** Adds `exequatur verify-bundle`. */
export function addVerifyBundleCommand(program: Command, terminal: Terminal): void {
  program
    .command('verify-bundle')
    .description('Verifies one Sigstore bundle over one artifact, without a configuration.')
    .argument('<artifact>', 'the file that was signed, or its digest as sha256:HEX')
    .requiredOption('--bundle <file>', 'the Sigstore bundle')
    .option('--certificate-identity <identity>', 'whose certificate must have signed: its subject alternative name')
    .option('--certificate-oidc-issuer <url>', 'who must have identified them')
    .option('--key <file>', 'whose key must have signed instead: a public key in PEM or JWK')
    .option('--trusted-root <file>', 'the TrustedRoot to verify under (default: the public-good instance)')
    .option('--staging', "Sigstore's staging instance is meant, whose root must come by --trusted-root")
    .option('--json', 'prints one JSON object: what was verified, or error')
    .addHelpText('after', HELP)
    .action((artifact: string, options: Options) => {
      const verified = verify(artifact, options, terminal.cwd);
      terminal.out(
        options.json === true
          ? `${printableJson(JSON.stringify(reportJson(artifact, options.bundle, verified)))}\n`
          : `${paint(terminal, 'green', 'verified')} ${printable(artifact)}\n  by ${printable(signerText(verified.proved))}\n`,
      );
      terminal.setExit(0);
    });
}

type Verified = { readonly digest: Sha256Digest; readonly proved: VerifiedBundle };

/** @throws CodedError `usage`, `file.*`, `root.*`, `verify_bundle.*`, `trust.*` */
function verify(name: string, options: Options, cwd: string): Verified {
  const trusted = readTrusted(options, cwd);
  const bytes = readBoundedFile(resolve(cwd, options.bundle), BUNDLE_LIMITS.bytes, 'the bundle');
  const artifact = readArtifact(name, cwd, { bytes: MOST_ARTIFACT_BYTES, remedy: 'give its digest, as sha256:HEX' });
  const verification = verifyBundle({
    bundle: parseBundle(bytes, { allowCosignLegacy: false }),
    artifact,
    trusted,
    thresholds: adHocThresholds(trusted.mode, trusted.root !== undefined),
    now: Date.now(),
  });
  if (!verification.verified) throw refusal(verification.code, verification.message);
  const { proved } = verification;
  const { signer } = proved;
  if (
    signer.mode === 'keyless' &&
    (signer.subject !== options.certificateIdentity || signer.issuer !== options.certificateOidcIssuer)
  ) {
    throw refusal('identity_mismatch', `the bundle was signed by ${signerText(proved)}`);
  }
  return { digest: artifact.digest, proved };
}

function reportJson(name: string, bundle: string, { digest, proved }: Verified) {
  const { signer, statement, logs, times } = proved;
  return {
    verified: true,
    artifact: { name, digest },
    bundle,
    signer:
      signer.mode === 'keyed'
        ? { mode: signer.mode, key: signer.key }
        : { mode: signer.mode, subject: signer.subject, issuer: signer.issuer },
    ...(statement !== undefined && { predicate_type: statement.predicateType }),
    logs: logs.map(({ operator, origin, index }) => ({ operator, ...(origin !== undefined && { origin }), index })),
    times: times.map(({ operator, source, time }) => ({ operator, source, time: rfc3339(time) })),
  };
}

function signerText({ signer }: VerifiedBundle): string {
  return signer.mode === 'keyed' ? `the key ${signer.key}` : `${signer.subject} (${signer.issuer})`;
}

function readTrusted(options: Options, cwd: string): VerifyBundleInput['trusted'] {
  const { certificateIdentity: identity, certificateOidcIssuer: issuer, key, trustedRoot, staging } = options;
  if (key !== undefined && (identity !== undefined || issuer !== undefined)) {
    throw usage('--key and --certificate-identity exclude each other: a bundle is signed by a key or by a certificate');
  }
  if (key === undefined && (!identity || !issuer)) {
    throw usage('whose signature counts? give --certificate-identity and --certificate-oidc-issuer, or --key');
  }
  if (key !== undefined) {
    const root = trustedRoot === undefined ? {} : { root: readRoot(trustedRoot, staging, cwd) };
    return { mode: 'keyed', keys: [readNamedKey(key, cwd, 'verify_bundle.key_unusable')], ...root };
  }
  return { mode: 'keyless', root: readRoot(trustedRoot, staging, cwd) };
}

function readRoot(file: string | undefined, staging: boolean | undefined, cwd: string): TrustRoot {
  if (file !== undefined) {
    return parseTrustRoot(readBoundedFile(resolve(cwd, file), MOST_ROOT_BYTES, 'the trusted root'));
  }
  if (staging === true) {
    throw new CodedError(
      'verify_bundle.no_staging_root',
      'no root of the staging instance is shipped; fetch trusted_root.json from https://tuf-repo-cdn.sigstage.dev (cosign initialize does) and give it with --trusted-root',
    );
  }
  return publicGoodRoot();
}
