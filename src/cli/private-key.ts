import type { KeyObject } from 'node:crypto';
import { resolve } from 'node:path';
import { CodedError } from '../errors.ts';
import { readKeyFile } from '../trust/sign/key-file.ts';
import { readBoundedFile } from './bounded-file.ts';
import { printable, type Terminal } from './terminal.ts';

/** The private key that a command line names, and where its password stands, if it has one. */
export type KeyOptions = { readonly key: string; readonly passwordFile?: string };

const MOST_KEY_BYTES = 65_536;
const MOST_PASSWORD_BYTES = 4096;

/**
 * Opens the private key that `--key` names: with its password, where it is encrypted.
 *
 * @throws CodedError `sign.*`, `file.*`
 */
export async function openPrivateKey(options: KeyOptions, terminal: Terminal): Promise<KeyObject> {
  const file = readKeyFile(readBoundedFile(resolve(terminal.cwd, options.key), MOST_KEY_BYTES, 'the key'));
  if (!file.encrypted) return file.open();
  const password = await readPassword(options, terminal);
  try {
    return file.open(password);
  } catch (error) {
    // Keys under an empty password exist. Where it does not open one, it is more likely that none was given than that it is wrong.
    if (password.length > 0 || !(error instanceof CodedError) || error.code !== 'sign.password_wrong') throw error;
    throw new CodedError(
      'sign.password_missing',
      `no password was given for ${printable(options.key)}: ${sourceOfPassword(options, terminal)} is empty, and the key file does not open so`,
      { cause: error },
    );
  } finally {
    password.fill(0);
  }
}

async function readPassword({ key, passwordFile }: KeyOptions, terminal: Terminal): Promise<Buffer> {
  if (passwordFile !== undefined) {
    const bytes = readBoundedFile(resolve(terminal.cwd, passwordFile), MOST_PASSWORD_BYTES, 'the password file');
    return bytes.subarray(0, bytes.length - (/\r?\n$/.exec(bytes.toString('latin1'))?.[0].length ?? 0));
  }
  const { keyPassword, askSecretly } = terminal;
  const password = keyPassword ?? (await askSecretly?.(`Password of ${printable(key)}: `));
  if (password !== undefined) return Buffer.from(password);
  if (askSecretly !== undefined) {
    throw new CodedError(
      'sign.interrupted',
      `the question for the password of ${printable(key)} was broken off; nothing was written`,
    );
  }
  throw new CodedError(
    'sign.password_missing',
    `${printable(key)} is encrypted; give --password-file FILE or set EXEQUATUR_KEY_PASSWORD, or run it at a terminal to be asked`,
  );
}

function sourceOfPassword({ passwordFile }: KeyOptions, { keyPassword }: Terminal): string {
  if (passwordFile !== undefined) return `the password file ${printable(passwordFile)}`;
  return keyPassword === undefined ? 'what was typed' : 'EXEQUATUR_KEY_PASSWORD, or COSIGN_PASSWORD,';
}
