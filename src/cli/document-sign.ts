import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { type DocumentArea, invalidDocument } from '../document/problems.ts';
import type { Milliseconds } from '../model/clock.ts';
import { sha256 } from '../model/digest.ts';
import type { SignatureAlgorithm } from '../trust/algorithm.ts';
import { keyDigest } from '../trust/authority/public-key.ts';
import { SIGNING_ALGORITHMS } from '../trust/sign/algorithms.ts';
import { signerOf, signMessage } from '../trust/sign/sign.ts';
import { readBoundedFile } from './bounded-file.ts';
import { type Findings, findingLine } from './document-findings.ts';
import { bundleOf } from './document-name.ts';
import { writeNewFile } from './new-file.ts';
import { type KeyOptions, openPrivateKey } from './private-key.ts';
import { checkOutput, inputsAt } from './sign-output.ts';
import { reportSigned } from './sign-report.ts';
import type { Terminal } from './terminal.ts';

/** What is to be known of a kind of document to sign one. */
export type SignedArea = {
  readonly area: DocumentArea;
  readonly mostBytes: number;
  /** What a configuration says besides, for the help; absent where it says nothing. */
  readonly configured?: string;
  readonly lint: (bytes: Uint8Array, source: string, context: LintContext) => Findings;
};

/** What a document is looked at with. */
export type LintContext = {
  readonly now: Milliseconds;
  /** The configuration's file, as typed. */
  readonly config?: string;
  readonly cwd: string;
};

type Options = KeyOptions & {
  readonly config?: string;
  readonly algorithm?: SignatureAlgorithm;
  readonly output?: string;
  readonly force?: boolean;
  readonly json?: boolean;
};

/** Adds `sign` to `exequatur catalogue` or `exequatur plan`. */
export function addDocumentSign(parent: Command, kind: SignedArea, terminal: Terminal): void {
  const { area, configured } = kind;
  const command = parent.command('sign');
  if (configured !== undefined) command.option('-c, --config <file>', configured);
  command
    .description(`Signs a ${area} with a key, after a look at it as by lint: writes its bundle beside it.`)
    .argument('<file>', `the ${area}, NAME.json`)
    .requiredOption('-k, --key <file>', "the private key: PKCS#8 PEM, encrypted or not, or cosign's own key file")
    .option('--password-file <file>', 'the password of the key; the end of its line does not count')
    .addOption(
      new Option('--algorithm <name>', 'another algorithm than the default of the key').choices(SIGNING_ALGORITHMS),
    )
    .option('-o, --output <file>', 'the bundle (default: NAME.sigstore.json)')
    .option('--force', 'replaces a bundle that is there already, and nothing else')
    .option('--json', 'prints one JSON object: what was signed and written, or error')
    .addHelpText('after', help(area))
    .action(async (file: string, options: Options) => {
      await signDocument(file, options, kind, terminal);
      terminal.setExit(0);
    });
}

function help(area: DocumentArea): string {
  return `
A ${area} with a problem is not signed; warnings are told on standard error. Where several have to sign, each writes a bundle of its own,
NAME.ANYTHING.sigstore.json. Attestations are made by \`exequatur sign\`, keyless signatures by cosign.

The password of an encrypted key comes from --password-file, else from EXEQUATUR_KEY_PASSWORD or COSIGN_PASSWORD, else from a prompt;
never from the command line.

Exit codes: 0 signed, 2 for everything else.

Examples:
  exequatur ${area} sign --key cosign.key ${area}.json
  exequatur ${area} sign --key board.key --output ${area}.board.sigstore.json ${area}.json
  exequatur ${area} sign --key release.pem --password-file /run/secrets/password --force ${area}.json`;
}

async function signDocument(file: string, options: Options, kind: SignedArea, terminal: Terminal): Promise<void> {
  // What can be wrong without the key is said before somebody types a password.
  const output = options.output ?? bundleOf(file);
  const place = resolve(terminal.cwd, output);
  const inputs = { 'the key': options.key, [`the ${kind.area}`]: file, 'the password file': options.passwordFile };
  checkOutput(place, inputsAt(inputs, terminal.cwd), options.force === true);
  const bytes = readBoundedFile(resolve(terminal.cwd, file), kind.mostBytes, `the ${kind.area}`);
  const { problems, warnings } = kind.lint(bytes, file, {
    now: Date.now(),
    cwd: terminal.cwd,
    ...(options.config !== undefined && { config: options.config }),
  });
  if (problems.length > 0) throw invalidDocument(kind.area, file, problems);
  for (const warning of warnings) terminal.err(findingLine('warning', warning, terminal).trimStart());
  const signer = signerOf(await openPrivateKey(options, terminal), options.algorithm);
  await writeNewFile(place, signMessage(bytes, signer), options.force === true);
  const signed = {
    bundle: output,
    artifact: sha256(bytes),
    key: keyDigest(signer.publicKey),
    algorithm: signer.algorithm,
  };
  reportSigned(signed, options.json === true, terminal);
}
