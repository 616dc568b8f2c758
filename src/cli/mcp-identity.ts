import { createHash, createPublicKey } from 'node:crypto';
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import type { PackageDigest, ServerIdentity } from '../catalogue/identity.ts';
import { DOCUMENT_LINE } from '../document/reader.ts';
import { CodedError, codeOf } from '../errors.ts';
import type { Sha256Digest } from '../model/digest.ts';
import { keyDigest } from '../trust/authority/public-key.ts';
import { usage } from './artifact-argument.ts';
import { readBoundedFile } from './bounded-file.ts';
import { printable } from './terminal.ts';

/** How the command line tells a package. */
export type PackageOptions = {
  readonly package?: string;
  readonly packageDigest?: string;
  readonly packageFile?: string;
};

const MOST_PACKAGE_BYTES = 536_870_912;
const MOST_KEY_BYTES = 65_536;
const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/**
 * The identity of a server that comes as a package; undefined where the command line tells none. The digest of a file is the one that the
 * package's registry publishes, so that it can be compared: SHA-512 for npm, SHA-256 for others.
 *
 * @param resolve makes a path of what was typed
 * @throws CodedError `usage`, `file.*`
 */
export function packageIdentity(
  options: PackageOptions,
  resolve: (path: string) => string,
): ServerIdentity | undefined {
  const { package: purl, packageDigest, packageFile } = options;
  if (purl === undefined) {
    if (packageDigest === undefined && packageFile === undefined) return undefined;
    throw usage('the digest of a package needs its name: give --package too, such as --package pkg:npm/NAME@VERSION');
  }
  if (!purl.startsWith('pkg:') || !DOCUMENT_LINE.test(purl)) {
    throw usage(`--package ${printable(purl)} is no package URL: one is written as pkg:npm/NAME@VERSION`);
  }
  if ((packageDigest === undefined) === (packageFile === undefined)) {
    throw usage('--package needs either --package-digest or --package-file');
  }
  if (packageFile !== undefined) {
    const algorithm = purl.startsWith('pkg:npm/') ? 'sha512' : 'sha256';
    const bytes = readBoundedFile(resolve(packageFile), MOST_PACKAGE_BYTES, 'the package');
    return { package: purl, digest: `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}` };
  }
  const digest = packageDigest === undefined ? undefined : inHex(packageDigest);
  if (digest === undefined || !isPackageDigest(digest)) {
    throw usage(
      '--package-digest must be sha256: or sha512: and as many lower-case hex digits as that has, or as npm has it, sha512-BASE64',
    );
  }
  return { package: purl, digest };
}

/** npm publishes digests as Subresource Integrity has them: `sha512-BASE64`. */
function inHex(text: string): string {
  const [, algorithm, base64 = ''] = /^(sha256|sha512)-([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  return algorithm === undefined ? text : `${algorithm}:${Buffer.from(base64, 'base64').toString('hex')}`;
}

function isPackageDigest(text: string): text is PackageDigest {
  return DIGEST.test(text);
}

/** The version that a package URL names (`pkg:npm/%40scope/name@1.2.3?arch=x`); undefined where it names none. */
export function versionOfPackage(purl: string): string | undefined {
  return /^[^?#]*@([^@/?#]+)(?:[?#]|$)/.exec(purl)?.[1];
}

/**
 * The name of the public key in a PEM file, or of that in a certificate.
 *
 * @throws CodedError `mcp.key_unusable`, `file.*`
 */
export function keyOfFile(path: string): Sha256Digest {
  const pem = readBoundedFile(path, MOST_KEY_BYTES, 'the key of the server').toString('latin1');
  const unusable = (cause?: unknown) =>
    new CodedError('mcp.key_unusable', `${printable(path)} holds neither a public key nor a certificate in PEM`, {
      cause,
    });
  if (!/-----BEGIN (?:PUBLIC KEY|CERTIFICATE)-----/.test(pem) || pem.includes('PRIVATE KEY')) throw unusable();
  try {
    return keyDigest(createPublicKey(pem));
  } catch (cause) {
    throw unusable(cause);
  }
}

/**
 * The name of the key with which a server answers: SHA-256 over the SubjectPublicKeyInfo of its TLS certificate, taken from a connection of
 * its own after the certificate was verified as every certificate is.
 *
 * @throws CodedError `mcp.key_unavailable`, `mcp.interrupted`
 */
export function keyOfServer(
  url: URL,
  { timeoutMs, interrupted }: { readonly timeoutMs: number; readonly interrupted: AbortSignal },
): Promise<Sha256Digest> {
  return new Promise((resolve, reject) => {
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    // An address has no name to ask for.
    const name = isIP(host) === 0 ? { servername: host } : {};
    const socket = connect({ host, port: url.port === '' ? 443 : Number(url.port), ...name });
    const settle = (done: () => void) => {
      clearTimeout(timer);
      interrupted.removeEventListener('abort', interrupt);
      socket.destroy();
      done();
    };
    const unavailable = (why: string, cause?: unknown) => settle(() => reject(keyUnavailable(url, why, cause)));
    const interrupt = () =>
      settle(() => reject(new CodedError('mcp.interrupted', 'the import was interrupted; nothing was written')));
    const timer = setTimeout(() => unavailable('no answer in time'), timeoutMs);
    interrupted.addEventListener('abort', interrupt, { once: true });
    socket.on('error', (cause) => unavailable(codeOf(cause) ?? 'unknown error', cause));
    socket.once('secureConnect', () => {
      const key = socket.getPeerX509Certificate()?.publicKey;
      if (key === undefined) unavailable('no certificate');
      else settle(() => resolve(keyDigest(key)));
    });
    if (interrupted.aborted) interrupt();
  });
}

function keyUnavailable({ host }: URL, why: string, cause: unknown): CodedError {
  return new CodedError(
    'mcp.key_unavailable',
    `the key of ${printable(host)} cannot be learned (${why}); give it by --server-key, or say by --package what the server is`,
    { cause },
  );
}
