import type { DocumentReader } from '../document/reader.ts';
import { DOCUMENT_LINE } from '../document/reader.ts';
import { isSha256Digest, type Sha256Digest } from '../model/digest.ts';
import { isJsonObject, type Json, type JsonObject, member } from '../model/json.ts';

/**
 * Which server a catalogue means: a remote one by its address and the SHA-256 of its key's SubjectPublicKeyInfo (RFC 5280 section 4.1),
 * one that is started here by the digest of its package. `package` names the package for people (a purl); the digest is what counts.
 */
export type ServerIdentity =
  | { readonly url: string; readonly key: Sha256Digest }
  | { readonly package: string; readonly digest: PackageDigest };

/** `sha256:` or `sha512:` and lower-case hex digits, as registries have it. */
export type PackageDigest = `sha${256 | 512}:${string}`;

const MEMBERS = ['url', 'key', 'package', 'digest'];
const MOST_URL_LENGTH = 2048;

/** Reads the identity that stands at `place`. What is wrong is reported, and undefined. */
export function readIdentity(
  reader: DocumentReader,
  value: Json | undefined,
  place: string,
): ServerIdentity | undefined {
  if (value === undefined) {
    reader.problem(
      place,
      'is missing: say which server this is, by {"url", "key"} where it is a remote one, by {"package", "digest"} where it is started here',
    );
    return undefined;
  }
  const identity = reader.object(value, place, MEMBERS);
  const named = MEMBERS.filter((name) => member(identity, name) !== undefined).join(' ');
  if (named === 'url key') return readRemote(reader, identity, place);
  if (named === 'package digest') return readPackage(reader, identity, place);
  if (isJsonObject(value)) reader.problem(place, 'must have either url and key, or package and digest');
  return undefined;
}

function readRemote(reader: DocumentReader, identity: JsonObject, place: string): ServerIdentity | undefined {
  const url = comparableUrl(member(identity, 'url'));
  if (url === undefined) {
    reader.problem(
      `${place}/url`,
      `must be an address that begins with https:// or http://, of ${MOST_URL_LENGTH} characters at most, without credentials and fragment`,
    );
  }
  const key = member(identity, 'key');
  if (typeof key === 'string' && isSha256Digest(key)) return url === undefined ? undefined : { url, key };
  reader.problem(
    `${place}/key`,
    "must be sha256: and 64 hex digits in lower case: of the server key's SubjectPublicKeyInfo",
  );
  return undefined;
}

function readPackage(reader: DocumentReader, identity: JsonObject, place: string): ServerIdentity | undefined {
  const name = reader.text(
    identity,
    'package',
    place,
    DOCUMENT_LINE,
    'one line that names the package, such as pkg:npm/NAME@VERSION',
  );
  const digest = member(identity, 'digest');
  if (typeof digest === 'string' && isPackageDigest(digest)) return { package: name, digest };
  reader.problem(`${place}/digest`, 'must be sha256: and 64, or sha512: and 128 hex digits in lower case');
  return undefined;
}

/** Whether two documents mean the same server. Names of packages are for people, and do not count. */
export function isSameServer(one: ServerIdentity, other: ServerIdentity): boolean {
  if ('url' in one) return 'url' in other && one.url === other.url && one.key === other.key;
  return 'digest' in other && one.digest === other.digest;
}

/**
 * Compares what a caller observed of the server with what the catalogue says: `{"url", "key"}` of a remote one, `{"digest"}` of a package.
 * Addresses are compared as the URL standard writes them: host in lower case, no port that goes without saying, paths as they are.
 * Whatever has another form is another server's.
 */
export function observedIdentity(
  observed: Json | undefined,
  identity: ServerIdentity,
): 'asserted' | 'matched' | 'mismatched' {
  if (observed === undefined) return 'asserted';
  if (!isJsonObject(observed)) return 'mismatched';
  const members = Object.keys(observed).length;
  const matches =
    'url' in identity
      ? members === 2 &&
        member(observed, 'key') === identity.key &&
        comparableUrl(member(observed, 'url')) === identity.url
      : members === 1 && member(observed, 'digest') === identity.digest;
  return matches ? 'matched' : 'mismatched';
}

function comparableUrl(text: Json | undefined): string | undefined {
  if (typeof text !== 'string' || text.length > MOST_URL_LENGTH) return undefined;
  // The parser passes over blanks and control characters, and an empty fragment leaves no trace in `hash`.
  if (!/^[\x21-\x7e]+$/.test(text) || text.includes('#') || !URL.canParse(text)) return undefined;
  const { protocol, username, password, href } = new URL(text);
  const isPlain = (protocol === 'https:' || protocol === 'http:') && username === '' && password === '';
  return isPlain ? href : undefined;
}

function isPackageDigest(text: string): text is PackageDigest {
  return /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/.test(text);
}
