import { createPrivateKey, type KeyObject } from 'node:crypto';
import { CodedError } from '../../errors.ts';
import { fromCanonicalBase64 } from '../bundle/base64.ts';
import { openCosignKey } from './cosign-key.ts';

/** A file with a private key, told apart by its PEM label; not yet opened. */
type KeyFile =
  | { readonly encrypted: false; readonly open: () => KeyObject }
  | {
      readonly encrypted: true;
      /** @throws CodedError `sign.password_wrong`, `sign.key_malformed` */
      readonly open: (password: Uint8Array) => KeyObject;
    };

const MOST_BYTES = 65_536;
// One block with nothing around it (RFC 7468, the strict form but for the length of lines): which of several counts would be a guess.
const PEM = /^\s*-----BEGIN ([A-Z0-9 ]{1,64})-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END \1-----\s*$/;

/**
 * Reads a private key's PEM: PKCS#8 (`PRIVATE KEY`), PKCS#8 under a password (`ENCRYPTED PRIVATE KEY`, RFC 5958), or cosign's own
 * (`ENCRYPTED SIGSTORE PRIVATE KEY`, `ENCRYPTED COSIGN PRIVATE KEY`).
 *
 * @throws CodedError `sign.key_malformed`; never with any of the file's text
 */
export function readKeyFile(bytes: Uint8Array): KeyFile {
  if (bytes.byteLength > MOST_BYTES) throw malformed(`it has more than ${MOST_BYTES} bytes`);
  const text = Buffer.from(bytes).toString('latin1');
  const [, label, body = ''] = PEM.exec(text) ?? [];
  switch (label) {
    case 'PRIVATE KEY':
      return { encrypted: false, open: () => privateKey({ key: text, format: 'pem' }) };
    case 'ENCRYPTED PRIVATE KEY':
      return { encrypted: true, open: (password) => openPkcs8(text, password) };
    case 'ENCRYPTED SIGSTORE PRIVATE KEY':
    case 'ENCRYPTED COSIGN PRIVATE KEY': {
      const json = fromCanonicalBase64(body.replace(/[\r\n]/g, ''));
      if (json === undefined) throw malformed('its base64 is not canonical');
      return { encrypted: true, open: (password) => openCosign(json, password) };
    }
    case 'EC PRIVATE KEY':
    case 'RSA PRIVATE KEY':
      throw malformed(
        `it is in the older form of ${label}; 'openssl pkcs8 -topk8 -in OLD.pem -out NEW.pem' makes PKCS#8 of it`,
      );
    case 'PUBLIC KEY':
      throw malformed('it holds the public key; signing needs the private one');
    default:
      throw malformed(
        'one PEM block is due: PRIVATE KEY, ENCRYPTED PRIVATE KEY, ENCRYPTED SIGSTORE PRIVATE KEY or ENCRYPTED COSIGN PRIVATE KEY',
      );
  }
}

function openPkcs8(text: string, password: Uint8Array): KeyObject {
  try {
    return createPrivateKey({ key: text, format: 'pem', passphrase: Buffer.from(password) });
  } catch (cause) {
    // OpenSSL does not tell a wrong password from a damaged file.
    throw new CodedError('sign.password_wrong', 'the password does not open the key file, or the file is damaged', {
      cause,
    });
  }
}

function openCosign(json: Uint8Array, password: Uint8Array): KeyObject {
  const der = openCosignKey(json, password);
  try {
    return privateKey({ key: der, format: 'der', type: 'pkcs8' });
  } finally {
    der.fill(0);
  }
}

function privateKey(input: Parameters<typeof createPrivateKey>[0]): KeyObject {
  try {
    return createPrivateKey(input);
  } catch (cause) {
    throw malformed('what it holds is no private key in PKCS#8', cause);
  }
}

function malformed(what: string, cause?: unknown): CodedError {
  return new CodedError('sign.key_malformed', `the key file cannot be read: ${what}`, { cause });
}
