import { isDeepStrictEqual } from 'node:util';
import { DEFECTS } from '../defects/all.ts';
import { HARMLESS } from '../defects/harmless.ts';
import { ROOT_DEFECTS } from '../defects/root.ts';
import type { Alterations } from './alterations.ts';
import type { Lab } from './lab.ts';
import type { Made } from './made.ts';
import type { Scenario } from './scenario.ts';
import { SCENARIOS, scenario } from './scenarios.ts';

/** A folder as sigstore-conformance has them (test/assets/bundle-verify), by file name. */
export type CaseFolder = { readonly name: string; readonly files: Readonly<Record<string, string | Buffer>> };

/**
 * All that the folders' format can say: it has one identity or key, one artifact, and no word for thresholds, for how long a key is good
 * or for cosign's legacy form. Every case holds by the artifact's path and by its SHA-256 alone.
 */
export function* caseFolders(lab: Lab): Generator<CaseFolder> {
  for (const good of SCENARIOS.filter(isSayable)) {
    yield caseFolder(good.name, lab.make(good), 'Everything is right: it verifies.');
  }
  for (const { name, formats, alter } of HARMLESS) {
    for (const format of formats.map(scenario).filter(isSayable)) {
      yield caseFolder(`${format.name} ${name}`, lab.make(format, alter), `With ${name}: it verifies all the same.`);
    }
  }
  for (const { name, code, formats, alter } of DEFECTS) {
    // How large a file may be is everybody's own matter.
    if (code === 'bundle_too_large') continue;
    for (const format of formats.map((one) => (typeof one === 'string' ? scenario(one) : one)).filter(isSayable)) {
      if (alter?.made !== undefined && !changesFilesAlone(lab, format, alter)) continue;
      yield failing(`${format.name} ${name}`, lab.make(format, alter), `What is wrong: ${name} (${code}).`);
    }
  }
  const plain = scenario('v0.3 message');
  for (const { name, code, alter } of ROOT_DEFECTS) {
    yield failing(
      `trusted root ${name}`,
      lab.make(plain, alter),
      `What is wrong with the trusted root: ${name} (${code}).`,
    );
  }
  const made = lab.make(plain);
  yield failing(
    'another identity',
    { ...made, identity: `${made.identity}x` },
    'The certificate is of another identity.',
  );
  yield failing('another issuer', { ...made, issuer: `${made.issuer}.example` }, 'The identity is of another issuer.');
  yield failing('part of the identity', { ...made, identity: made.identity.slice(0, 30) }, 'The identity is longer.');
}

function caseFolder(
  name: string,
  { artifact, bundleBytes, trustedRootBytes, key, identity, issuer, scenario: { entries } }: Made,
  readme: string,
): CaseFolder {
  return {
    name: name.replaceAll(/[^A-Za-z0-9.]+/g, '-').replace(/-$/, ''),
    files: {
      README: `${readme}\n`,
      artifact,
      'bundle.sigstore.json': bundleBytes,
      // With a root, a client asks a keyed bundle for an entry of one of its logs.
      ...(key === undefined || entries.length > 0 ? { 'trusted_root.json': trustedRootBytes } : {}),
      ...(key === undefined ? { identity, issuer } : { 'key.pub': key.spkiPem }),
    },
  };
}

function failing(name: string, made: Made, readme: string): CaseFolder {
  const folder = caseFolder(name, made, readme);
  return { ...folder, name: `${folder.name}_fail` };
}

const P256 = 'ecdsa-sha2-256-nistp256';

/** A key file has no room for other algorithms than its kind's usual one. */
const UNUSUAL = /^(?:ed25519-ph|ecdsa-sha2-256-nistp384|ecdsa-sha2-256-nistp521|rsa-sign-pss-.*)$/;

/** Not by digest: Ed25519 needs the artifact itself, and so does a hash other than SHA-256. */
function isSayable({
  version,
  thresholds,
  mode,
  content,
  algorithm = P256,
  subjectDigest = 'sha256',
}: Scenario): boolean {
  const byDigest = content === 'dsse' ? subjectDigest === 'sha256' : !/^ed25519|sha2-384|sha2-512/.test(algorithm);
  const byKeyFile = mode === 'keyless' || !UNUSUAL.test(algorithm);
  return version !== 'legacy' && thresholds === undefined && byDigest && byKeyFile;
}

/** Whether what is altered at the end stands in one of the files. */
function changesFilesAlone(lab: Lab, format: Scenario, alter: Alterations): boolean {
  const { made: _, ...before } = alter;
  const [plain, changed] = [lab.make(format, before), lab.make(format, alter)];
  return (
    changed.signedAt === plain.signedAt &&
    changed.artifactByDigest === plain.artifactByDigest &&
    isDeepStrictEqual(changed.keyValidity, plain.keyValidity) &&
    changed.key?.algorithm === plain.key?.algorithm
  );
}
