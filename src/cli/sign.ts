import { createPublicKey } from 'node:crypto';
import { basename, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { CodedError, describeThrown } from '../errors.ts';
import { sha256 } from '../model/digest.ts';
import { isJsonObject, type JsonObject } from '../model/json.ts';
import { parseStrictJson } from '../model/strict-json.ts';
import type { SignatureAlgorithm } from '../trust/algorithm.ts';
import { keyDigest } from '../trust/authority/public-key.ts';
import { SIGNING_ALGORITHMS } from '../trust/sign/algorithms.ts';
import { signerOf, signMessage, signStatement } from '../trust/sign/sign.ts';
import { usage } from './artifact-argument.ts';
import { readBoundedFile } from './bounded-file.ts';
import { writeNewFile } from './new-file.ts';
import { type KeyOptions, openPrivateKey } from './private-key.ts';
import { checkOutput, inputsAt } from './sign-output.ts';
import { reportSigned } from './sign-report.ts';
import { printable, type Terminal } from './terminal.ts';

type Options = KeyOptions & {
  readonly predicate?: string;
  readonly type?: string;
  readonly algorithm?: SignatureAlgorithm;
  readonly output?: string;
  readonly force?: boolean;
  readonly publicKey?: boolean;
  readonly json?: boolean;
};

/** An artifact is held in memory whole while it is signed. */
const MOST_ARTIFACT_BYTES = 268_435_456;
const MOST_PREDICATE_BYTES = 524_288;

const HELP = `
Writes a Sigstore bundle (v0.3, no log entries), which cosign verifies too. The password of an encrypted key comes
from --password-file, else from EXEQUATUR_KEY_PASSWORD or COSIGN_PASSWORD, else from a prompt; never from the command line.

Examples:
  exequatur sign --key cosign.key catalogue.yaml
  exequatur sign --key release.pem --password-file /run/secrets/password --predicate approval.json --type https://example.com/approval/v1 plan.json
  exequatur sign --key cosign.key --public-key > cosign.pub
  cosign verify-blob --key cosign.pub --bundle catalogue.yaml.sigstore.json --insecure-ignore-tlog=true catalogue.yaml`;

/** Adds `exequatur sign`. */
export function addSignCommand(program: Command, terminal: Terminal): void {
  program
    .command('sign')
    .description('Signs a file with a key, or attests to it: writes a Sigstore bundle beside it.')
    .argument('[file]', 'what is signed, byte by byte')
    .requiredOption('-k, --key <file>', "the private key: PKCS#8 PEM, encrypted or not, or cosign's own key file")
    .option('--password-file <file>', 'the password of the key; the end of its line does not count')
    .option('--predicate <file>', 'attests: a JSON object about the file, in an in-toto Statement (needs --type)')
    .option('--type <uri>', 'what kind of predicate it is')
    .addOption(
      new Option('--algorithm <name>', 'another algorithm than the default of the key').choices(SIGNING_ALGORITHMS),
    )
    .option(
      '-o, --output <file>',
      'the bundle (default: FILE.sigstore.json, of an attestation FILE.attestation.sigstore.json)',
    )
    .option('--force', 'replaces a bundle that is there already, and nothing else')
    .option('--public-key', 'signs nothing: prints the public key of the key, as PEM')
    .option('--json', 'prints one JSON object: what was signed and written, or error')
    .addHelpText('after', HELP)
    .action(async (file: string | undefined, options: Options) => {
      if (options.publicKey === true) await printPublicKey(file, options, terminal);
      else await signFile(file, options, terminal);
      terminal.setExit(0);
    });
}

async function printPublicKey(file: string | undefined, options: Options, terminal: Terminal): Promise<void> {
  if (file !== undefined) throw usage('--public-key signs nothing; leave out the file');
  const pem = createPublicKey(await openPrivateKey(options, terminal)).export({ type: 'spki', format: 'pem' });
  terminal.out(options.json === true ? `${JSON.stringify({ public_key: pem })}\n` : String(pem));
}

async function signFile(file: string | undefined, options: Options, terminal: Terminal): Promise<void> {
  if (file === undefined) throw usage('a file to sign is missing');
  // What can be wrong without the key is said before somebody types a password.
  const attestation = readAttestation(options, terminal);
  const output =
    options.output ?? (attestation === undefined ? `${file}.sigstore.json` : `${file}.attestation.sigstore.json`);
  const place = resolve(terminal.cwd, output);
  const { key, predicate, passwordFile } = options;
  const inputs = {
    'the key': key,
    'the file to sign': file,
    'the predicate': predicate,
    'the password file': passwordFile,
  };
  checkOutput(place, inputsAt(inputs, terminal.cwd), options.force === true);
  const artifact = readBoundedFile(resolve(terminal.cwd, file), MOST_ARTIFACT_BYTES, 'the file');
  const signer = signerOf(await openPrivateKey(options, terminal), options.algorithm);
  const bundle =
    attestation === undefined
      ? signMessage(artifact, signer)
      : signStatement(artifact, { name: basename(file), ...attestation }, signer);
  await writeNewFile(place, bundle, options.force === true);
  reportSigned(
    {
      bundle: output,
      artifact: sha256(artifact),
      key: keyDigest(signer.publicKey),
      algorithm: signer.algorithm,
      ...(attestation !== undefined && { predicate_type: attestation.predicateType }),
    },
    options.json === true,
    terminal,
  );
}

function readAttestation(
  { predicate, type }: Options,
  terminal: Terminal,
): { readonly predicateType: string; readonly predicate: JsonObject } | undefined {
  if (predicate === undefined && type === undefined) return undefined;
  if (predicate === undefined || type === undefined) {
    throw usage('an attestation needs both --predicate FILE and --type URI; a plain signature needs neither');
  }
  return { predicateType: type, predicate: readPredicate(predicate, terminal) };
}

function readPredicate(file: string, terminal: Terminal): JsonObject {
  const bytes = readBoundedFile(resolve(terminal.cwd, file), MOST_PREDICATE_BYTES, 'the predicate');
  try {
    const json = parseStrictJson(bytes, { maxBytes: MOST_PREDICATE_BYTES, maxDepth: 48 });
    if (isJsonObject(json)) return json;
  } catch (cause) {
    throw new CodedError('sign.predicate_malformed', `${printable(file)} cannot be read: ${describeThrown(cause)}`, {
      cause,
    });
  }
  throw new CodedError('sign.predicate_malformed', `${printable(file)} holds no JSON object`);
}
