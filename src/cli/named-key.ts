import { resolve } from 'node:path';
import { CodedError } from '../errors.ts';
import { isJsonObject } from '../model/json.ts';
import { parseStrictJsonText } from '../model/strict-json.ts';
import type { PinnedKey } from '../trust/authority/authority.ts';
import { algorithmOf, type KeyReading, keyDigest, readJwk, readPem } from '../trust/authority/public-key.ts';
import { defaultAlgorithmFor } from '../trust/signature/scheme.ts';
import { readBoundedFile } from './bounded-file.ts';

const MOST_KEY_BYTES = 65_536;
const HOLDS_PRIVATE =
  'holds a private key: give the public one (`exequatur sign --key FILE --public-key` prints it), and keep this where only its owner reads it';

/**
 * The public key in a file that `--key` names: PEM or a JWK. It is pinned to the algorithm that its JWK names, else to the one that
 * Sigstore's registry has as the default of its kind.
 *
 * @param code of the error where the key is of no use
 * @throws CodedError `code`, `file.*`
 */
export function readNamedKey(file: string, cwd: string, code: string): PinnedKey {
  const reading = read(readBoundedFile(resolve(cwd, file), MOST_KEY_BYTES, 'the key').toString('utf8').trim());
  if ('problem' in reading) throw unusable(code, file, reading.problem);
  const algorithm = algorithmOf(reading, reading.named === undefined ? defaultAlgorithmFor(reading.key) : undefined);
  if (typeof algorithm === 'object') throw unusable(code, file, algorithm.problem);
  return { digest: keyDigest(reading.key), key: reading.key, algorithm };
}

/** Nothing of the file stands in a problem: it may be a secret. */
function read(text: string): KeyReading {
  if (!text.startsWith('{')) {
    if (text.includes('PRIVATE KEY')) return { problem: HOLDS_PRIVATE };
    const reading = readPem(text);
    return 'problem' in reading && !text.includes('-----BEGIN')
      ? { problem: 'is neither one PEM block, -----BEGIN PUBLIC KEY-----, nor a JWK' }
      : reading;
  }
  try {
    const jwk = parseStrictJsonText(text, { maxBytes: MOST_KEY_BYTES, maxDepth: 8 });
    if (isJsonObject(jwk) && ['d', 'k'].some((name) => Object.hasOwn(jwk, name))) return { problem: HOLDS_PRIVATE };
    return readJwk(jwk);
  } catch {
    return { problem: 'is no JWK that can be read: one JSON object, no member twice' };
  }
}

function unusable(code: string, file: string, problem: string): CodedError {
  return new CodedError(code, `--key ${file} ${problem}`);
}
