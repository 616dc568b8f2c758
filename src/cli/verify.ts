import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { CodedError } from '../errors.ts';
import { NO_CONTENT } from '../trust/authority/content.ts';
import { type TrustConfig, trustConfig } from '../trust/config.ts';
import type { TrustMaterial } from '../trust/material.ts';
import { adHocThresholds } from './ad-hoc-thresholds.ts';
import { type ArtifactBound, readArtifact, usage } from './artifact-argument.ts';
import { readBoundedFile } from './bounded-file.ts';
import { addContentOptions, type ContentOptions, collect, contentGiven } from './content-options.ts';
import { readNamedKey } from './named-key.ts';
import { printableJson, type Terminal } from './terminal.ts';
import { reportJson, reportText, type VerifyReport } from './verify-text.ts';
import { configuredTrust, verifyUnder } from './verify-under.ts';

type Options = ContentOptions & {
  readonly config?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly bundle?: readonly string[];
  readonly authority?: string;
  readonly rule?: string;
  readonly key?: string;
  readonly certificateIdentity?: string;
  readonly certificateOidcIssuer?: string;
  readonly trustedRoot?: string;
  readonly predicateType?: string;
  readonly json?: boolean;
};

/** What `exequatur sign` signs can be verified. */
const MOST_ARTIFACT_BYTES = 268_435_456;
/** Of an artifact of that size, read and hashed by a thread on a slow machine. */
const DEADLINE_MS = 60_000;

const HELP = `
Under a configuration, its authorities, rules, roots and revocations count, as they would in the service: by default all rules of
the kind; with --rule that one alone; with --authority whether that one vouches. Roots are taken as they were last kept; nothing is
fetched (\`exequatur trust refresh\` does that). Without a configuration, --key or --certificate-identity with --certificate-oidc-issuer say whose signature counts; with a
key, an entry in a log and a time are asked for where --trusted-root says whose count.

Documents of any kind are verified, and not read: what one names and declares, the service reads out of it. Give it with --server,
--tool, --agent, --environment and --effect, and an authority whose scope or highest effect does not cover all of it does not count.
With none of them given scopes are not checked, and the report says so.

The store of what was seen before (state) is neither read nor written: whether a version is older, or came with less proof than one
before, is for the service to say; \`exequatur trust show\` lists what it remembers.

Exit codes: 0 verified, 2 for everything else.

Examples:
  exequatur verify -c config.yaml --kind catalogue --bundle catalogue.sigstore.json catalogue.json
  exequatur verify -c config.yaml --kind plan --authority change-board --bundle plan.sigstore.json --json plan.json
  exequatur verify -c config.yaml --kind tool --bundle a.sigstore.json --bundle b.sigstore.json sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
  exequatur verify -c config.yaml --kind catalogue --server kubernetes --tool kubernetes/delete_pod --effect destructive \\
    --bundle catalogue.sigstore.json catalogue.json
  exequatur verify --key cosign.pub --bundle catalogue.sigstore.json catalogue.json
  exequatur verify --certificate-identity release@acme.example --certificate-oidc-issuer https://accounts.google.com \\
    --predicate-type https://slsa.dev/provenance/v1 --bundle tool.sigstore.json tool.tar.gz`;

/** Adds `exequatur verify`. */
export function addVerifyCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('verify')
    .description(
      'Verifies who signed a document: each check and its result, who vouches, which rules are met, and why not.',
    )
    .argument('<document>', 'the file that was signed, or its digest as sha256:HEX')
    .option(
      '-b, --bundle <file>',
      'a bundle that came with it; again for another (default: DOCUMENT.sigstore.json, or NAME.sigstore.json of NAME.json, if it lies there)',
      collect,
    )
    .option('-k, --kind <kind>', 'the kind of document: tool, catalogue, plan, policy …')
    .option('-n, --name <name>', 'what it is called, for the report')
    .option('-c, --config <file>', 'the configuration whose trust counts; asks for --kind')
    .option('-a, --authority <name>', 'asks this authority alone')
    .option('-r, --rule <name>', 'asks this rule alone')
    .option('--key <file>', 'without a configuration: whose key must have signed, a public key in PEM or JWK')
    .option('--certificate-identity <identity>', 'without a configuration: whose certificate must have signed')
    .option('--certificate-oidc-issuer <url>', 'and who must have identified them')
    .option('--trusted-root <file>', 'the TrustedRoot for these (default: the public-good instance that is shipped)')
    .option('--predicate-type <uri>', 'what a Statement must be to vouch, instead of a signature over the document')
    .option('--json', 'prints one JSON object');
  addContentOptions(command)
    .addHelpText('after', HELP)
    .action(async (document: string, options: Options) => {
      const report = await verify(document, options, terminal);
      terminal.out(
        options.json === true ? `${printableJson(JSON.stringify(reportJson(report)))}\n` : reportText(report, terminal),
      );
      terminal.setExit(report.signatures.verified ? 0 : 2);
    });
}

async function verify(word: string, options: Options, terminal: Terminal): Promise<VerifyReport> {
  const { trust, kind, resolvePath, bound } = whatCounts(options, terminal.cwd);
  const { verification } = trust;
  const content = contentGiven(options);
  const artifact = readArtifact(word, terminal.cwd, bound);
  const names = options.bundle ?? bundleBeside(word, terminal.cwd);
  const bundles = names.map((name) =>
    readBoundedFile(resolve(terminal.cwd, name), verification.max_bundle_bytes, 'the bundle'),
  );
  const verified = await verifyUnder(
    {
      trust,
      resolvePath,
      document: { kind, artifact, bundles, content: content ?? NO_CONTENT },
      pick: (material) => asked(material, kind, options),
    },
    terminal,
  );
  return {
    document: options.name ?? word,
    bundles: names,
    beside: options.bundle === undefined,
    content,
    ...verified,
  };
}

/** The bundle that signing puts beside a file, where none is named. */
function bundleBeside(word: string, cwd: string): readonly string[] {
  if (word.startsWith('sha256:')) return [];
  // As `sign` names it, else as documents are loaded.
  const names = [`${word}.sigstore.json`, word.replace(/\.json$/, '.sigstore.json')];
  const found = names.find((name) => name !== word && existsSync(resolve(cwd, name)));
  return found === undefined ? [] : [found];
}

type Counting = {
  readonly trust: TrustConfig;
  readonly kind: string;
  readonly resolvePath: (path: string) => string;
  readonly bound: ArtifactBound;
};

/** @throws CodedError `usage`, `verify.*`, `config.*` */
function whatCounts(options: Options, cwd: string): Counting {
  const { key, certificateIdentity, certificateOidcIssuer, trustedRoot, predicateType } = options;
  const direct = [key, certificateIdentity, certificateOidcIssuer, trustedRoot, predicateType];
  if (direct.some((one) => one !== undefined)) {
    const other = (['config', 'authority', 'rule'] as const).find((name) => options[name] !== undefined);
    if (other !== undefined) {
      throw usage(
        `--${other} speaks of a configuration, which says itself whose signatures count; leave it or the others out`,
      );
    }
    const kind = options.kind ?? 'document';
    const remedy = 'give its digest, as sha256:HEX';
    const bound = { bytes: MOST_ARTIFACT_BYTES, remedy };
    return { trust: trustOf(options, kind, cwd), kind, resolvePath: (path) => resolve(cwd, path), bound };
  }
  if (options.config === undefined) {
    throw usage(
      'whose signature counts? give --config and --kind, or --key, or --certificate-identity and --certificate-oidc-issuer',
    );
  }
  if (options.kind === undefined) throw usage('which kind of document is it? give --kind, such as --kind catalogue');
  const { trust, file, resolvePath } = configuredTrust(
    options.config,
    cwd,
    ', or whose signature counts with --key or --certificate-identity',
  );
  return {
    trust,
    kind: options.kind,
    resolvePath,
    bound: {
      bytes: trust.verification.max_document_bytes,
      remedy: `raise trust.verification.max_document_bytes in ${file}, or give the digest, as sha256:HEX`,
    },
  };
}

/** The configuration that the command line stands for: one authority, which may vouch for everything of this kind. */
function trustOf(options: Options, kind: string, cwd: string): TrustConfig {
  const { key, certificateIdentity, certificateOidcIssuer, trustedRoot, predicateType } = options;
  const keyless = certificateIdentity !== undefined || certificateOidcIssuer !== undefined;
  if (key !== undefined && keyless) {
    throw usage('--key and --certificate-identity exclude each other: a bundle is signed by a key or by a certificate');
  }
  if (key === undefined && (certificateIdentity === undefined || certificateOidcIssuer === undefined)) {
    throw usage('whose signature counts? give --certificate-identity and --certificate-oidc-issuer, or --key');
  }
  const root =
    trustedRoot === undefined ? { source: 'public_good', refresh: false } : { source: 'file', path: trustedRoot };
  const withRoot = keyless || trustedRoot !== undefined;
  const everything = ['*'];
  const parsed = trustConfig.safeParse({
    roots: withRoot ? { root } : {},
    authorities: {
      signer: {
        ...(keyless
          ? { identities: [{ issuer: certificateOidcIssuer, subject: certificateIdentity }] }
          : { keys: key === undefined ? [] : [keyConfig(key, cwd)] }),
        ...(withRoot && { root: 'root' }),
        thresholds: adHocThresholds(keyless ? 'keyless' : 'keyed', withRoot),
        vouches_for: { [kind]: predicateType === undefined ? {} : { predicate_type: predicateType } },
        scope: { servers: everything, tools: everything, plan_agents: everything, environments: everything },
        highest_effect: 'destructive',
      },
    },
    rules: [{ name: 'signed', kinds: [kind], authorities: ['signer'] }],
    verification: { max_document_bytes: MOST_ARTIFACT_BYTES, deadline_ms: DEADLINE_MS },
  });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${optionAt(path, options)} ${message}`);
  throw usage([...new Set(problems)].join('; '));
}

/** The option that a place of the configuration stands for, with what was given. */
function optionAt(path: readonly PropertyKey[], options: Options): string {
  if (path.includes('predicate_type')) return `--predicate-type ${options.predicateType}`;
  if (path.includes('issuer')) return `--certificate-oidc-issuer ${options.certificateOidcIssuer}`;
  if (path.includes('subject')) return `--certificate-identity ${options.certificateIdentity}`;
  if (path.includes('roots')) return `--trusted-root ${options.trustedRoot}`;
  return `--kind ${options.kind}`;
}

/** @throws CodedError `verify.key_unusable`, `file.*` */
function keyConfig(file: string, cwd: string) {
  const { key, algorithm } = readNamedKey(file, cwd, 'verify.key_unusable');
  return { pem: String(key.export({ type: 'spki', format: 'pem' })), algorithm };
}

type Asked = Pick<TrustMaterial, 'rules' | 'authorities'>;

/**
 * The rules that are asked about and, where not all are, only the authorities that these need.
 *
 * @throws CodedError `verify.unknown`; `usage` where both are asked
 */
function asked(material: TrustMaterial, kind: string, { rule, authority }: Options): Asked {
  const { rules, authorities } = material;
  if (rule !== undefined && authority !== undefined) throw usage('--rule and --authority exclude each other');
  if (authority !== undefined) {
    known('authority', authority, authorities);
    const alone = { name: `authority ${authority}`, kinds: [kind], authorities: [authority], atLeast: 1 };
    return { rules: [alone], authorities: needed([authority], authorities) };
  }
  if (rule === undefined) return { rules, authorities };
  known('rule', rule, rules);
  const named = rules.filter(({ name }) => name === rule);
  return {
    rules: named,
    authorities: needed(
      named.flatMap((one) => one.authorities),
      authorities,
    ),
  };
}

/** These authorities, and whoever attests for them. */
function needed(names: readonly string[], all: TrustMaterial['authorities']): TrustMaterial['authorities'] {
  const wanted = new Set(names);
  for (const { name, attestations } of all) {
    if (names.includes(name)) for (const by of attestations.flatMap((one) => one.by)) wanted.add(by);
  }
  return all.filter(({ name }) => wanted.has(name));
}

function known(what: string, name: string, all: readonly { readonly name: string }[]): void {
  if (all.some((one) => one.name === name)) return;
  const names = all.map((one) => one.name).join(', ') || 'there are none';
  throw new CodedError('verify.unknown', `the configuration has no ${what} ${name}; it has: ${names}`);
}
