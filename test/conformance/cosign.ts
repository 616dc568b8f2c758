// What cosign signs with keys verifies here, and what is signed here verifies with cosign: `npm run conformance:cosign`.
import { spawnSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findCosign, hasGo } from '../../scripts/install-cosign.ts';
import { describeThrown } from '../../src/errors.ts';
import { sha256 } from '../../src/model/digest.ts';
import { SIGNATURE_ALGORITHMS, type SignatureAlgorithm } from '../../src/trust/algorithm.ts';
import { artifactOf } from '../../src/trust/artifact.ts';
import { parseBundle } from '../../src/trust/bundle/parse-bundle.ts';
import { failureOf } from '../../src/trust/failure.ts';
import { fitsKey } from '../../src/trust/signature/scheme.ts';
import { verifyBundle } from '../../src/trust/verify-bundle.ts';
import { CosignLab, generate, KEY_KINDS, type KeyKind, PASSWORD, PREDICATE_TYPE } from './cosign-lab.ts';

const launcher = fileURLToPath(new URL('../../bin/exequatur.js', import.meta.url));
let [passed, failed, skipped] = [0, 0, 0];

function check(name: string, run: () => string | undefined): void {
  let problem: string | undefined;
  try {
    problem = run();
  } catch (error) {
    problem = describeThrown(error);
  }
  if (problem === undefined) passed++;
  else failed++;
  process.stdout.write(
    `${problem === undefined ? 'ok  ' : 'FAIL'} ${name}${problem === undefined ? '' : `: ${problem}`}\n`,
  );
}

function same(found: unknown, expected: unknown): string | undefined {
  return found === expected ? undefined : `${String(found)} instead of ${String(expected)}`;
}

/** `verified`, or the code of the failure: as a service with this key pinned finds it. */
function verifiedHere(
  lab: CosignLab,
  publicKey: string,
  bundle: string,
  algorithm?: SignatureAlgorithm,
  artifact = 'artifact',
) {
  const key = createPublicKey(readFileSync(lab.path(publicKey)));
  const pinned = algorithm ?? SIGNATURE_ALGORITHMS.find((name) => fitsKey(name, key));
  if (pinned === undefined) return 'no algorithm';
  try {
    const result = verifyBundle({
      bundle: parseBundle(readFileSync(lab.path(bundle)), { allowCosignLegacy: false }),
      artifact: artifactOf(readFileSync(lab.path(artifact))),
      trusted: {
        mode: 'keyed',
        keys: [{ digest: sha256(key.export({ type: 'spki', format: 'der' })), key, algorithm: pinned }],
      },
      thresholds: { logs: 0, timestamps: 0, scts: 0 },
      now: Date.now(),
    });
    return result.verified ? 'verified' : result.code;
  } catch (error) {
    return failureOf(error);
  }
}

function signHere(lab: CosignLab, ...words: readonly string[]): string | undefined {
  const { status, stderr } = spawnSync(process.execPath, [launcher, 'sign', '--force', ...words], {
    cwd: lab.folder,
    encoding: 'utf8',
    env: { PATH: process.env.PATH ?? '', EXEQUATUR_KEY_PASSWORD: PASSWORD },
  });
  return status === 0 ? undefined : `exequatur sign ended with ${status}: ${stderr}`;
}

/** The bundle with the last byte of its signature changed. */
function tampered(lab: CosignLab, bundle: string): string {
  const text = readFileSync(lab.path(bundle), 'utf8');
  const changed = text.replace(/("(?:signature|sig)":")([A-Za-z0-9+/=]+)"/, (_all, start, base64) => {
    const bytes = Buffer.from(String(base64), 'base64');
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    return `${start}${bytes.toString('base64')}"`;
  });
  writeFileSync(lab.path('tampered.json'), changed);
  return 'tampered.json';
}

function fromCosign(lab: CosignLab, kind: KeyKind): void {
  const other = kind === 'p256' ? 'p384' : 'p256';
  const message = lab.sign(kind);
  if (kind === 'ed25519') {
    // cosign leaves out the digest that it then asks for itself: 3.1.3 does not verify this one either.
    check('a message that cosign signed with ed25519, without digest, is refused', () =>
      same(verifiedHere(lab, `${kind}.pub`, message), 'bundle_malformed'),
    );
  } else {
    check(`a message that cosign signed with ${kind}`, () =>
      same(verifiedHere(lab, `${kind}.pub`, message), 'verified'),
    );
    check(`… about another artifact`, () =>
      same(verifiedHere(lab, `${kind}.pub`, message, undefined, 'other'), 'digest_mismatch'),
    );
    check(`… tampered with`, () => same(verifiedHere(lab, `${kind}.pub`, tampered(lab, message)), 'signature_invalid'));
    check(`… under another key`, () => {
      const code = verifiedHere(lab, `${other}.pub`, message);
      return code === 'key_unknown' || code === 'algorithm_not_pinned' ? undefined : code;
    });
  }
  // With Ed25519, cosign signs attestations prehashed, and messages not.
  const algorithm = kind === 'ed25519' ? 'ed25519-ph' : undefined;
  const attestation = lab.attest(kind);
  check(`an attestation that cosign signed with ${kind}`, () =>
    same(verifiedHere(lab, `${kind}.pub`, attestation, algorithm), 'verified'),
  );
  check(`… about another artifact`, () =>
    same(verifiedHere(lab, `${kind}.pub`, attestation, algorithm, 'other'), 'subject_mismatch'),
  );
  check(`… tampered with`, () =>
    same(verifiedHere(lab, `${kind}.pub`, tampered(lab, attestation), algorithm), 'signature_invalid'),
  );
}

/** cosign verifies ECDSA with SHA-256 whatever the curve, its own signatures of P-384 and P-521 with other hashes not at all. */
const FOR_COSIGN: Readonly<Partial<Record<KeyKind, SignatureAlgorithm>>> = {
  p384: 'ecdsa-sha2-256-nistp384',
  p521: 'ecdsa-sha2-256-nistp521',
};

function toCosign(lab: CosignLab, kind: KeyKind, form: string, keyFile: string): void {
  const algorithm = FOR_COSIGN[kind];
  const options = ['--key', keyFile, ...(algorithm === undefined ? [] : ['--algorithm', algorithm])];
  const [message, attestation] = ['here.message.json', 'here.attestation.json'];
  const publicKey = `${kind}.pub`;
  const ok = ({ status, text }: { status: number | null; text: string }) => (status === 0 ? undefined : text.trim());
  const refused = ({ status }: { status: number | null }) => (status === 0 ? 'cosign verified it' : undefined);
  check(
    `a message signed here with ${kind} (${form})`,
    () => signHere(lab, ...options, '--output', message, 'artifact') ?? ok(lab.verify(publicKey, message)),
  );
  check(`… verifies here`, () => same(verifiedHere(lab, publicKey, message, algorithm), 'verified'));
  check(`… about another artifact`, () => refused(lab.verify(publicKey, message, 'other')));
  check(`… tampered with`, () => refused(lab.verify(publicKey, tampered(lab, message))));
  check(`an attestation signed here with ${kind} (${form})`, () => {
    const words = ['--predicate', 'predicate.json', '--type', PREDICATE_TYPE, '--output', attestation, 'artifact'];
    return signHere(lab, ...options, ...words) ?? ok(lab.verifyAttestation(publicKey, attestation));
  });
  check(`… verifies here`, () => same(verifiedHere(lab, publicKey, attestation, algorithm), 'verified'));
  check(`… about another artifact`, () => refused(lab.verifyAttestation(publicKey, attestation, 'other')));
  check(`… of another type`, () =>
    refused(lab.verifyAttestation(publicKey, attestation, 'artifact', 'https://example.com/other')),
  );
  check(`… tampered with`, () => refused(lab.verifyAttestation(publicKey, tampered(lab, attestation))));
}

function runAll(cosign: string, folder: string): void {
  const lab = new CosignLab(cosign, folder);
  writeFileSync(lab.path('other'), 'another artifact\n');
  for (const kind of KEY_KINDS) lab.makeKey(kind);
  for (const kind of KEY_KINDS) fromCosign(lab, kind);
  for (const kind of KEY_KINDS) toCosign(lab, kind, "cosign's key file", `${kind}.key`);
  // The other forms of key files, with keys that cosign never saw but the public half of.
  const key = generate('p256');
  writeFileSync(lab.path('p256.pub'), createPublicKey(key).export({ type: 'spki', format: 'pem' }));
  writeFileSync(lab.path('plain.pem'), key.export({ type: 'pkcs8', format: 'pem' }));
  toCosign(lab, 'p256', 'PKCS#8', 'plain.pem');
  const locked = key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSWORD });
  writeFileSync(lab.path('locked.pem'), locked);
  toCosign(lab, 'p256', 'encrypted PKCS#8', 'locked.pem');
  check("the public key of cosign's key file", () => {
    const { stdout } = spawnSync(process.execPath, [launcher, 'sign', '--key', 'rsa-2048.key', '--public-key'], {
      cwd: lab.folder,
      encoding: 'utf8',
      env: { PATH: process.env.PATH ?? '', COSIGN_PASSWORD: PASSWORD },
    });
    return same(stdout, readFileSync(lab.path('rsa-2048.pub'), 'utf8'));
  });
}

const cosign = findCosign();
if (cosign !== undefined) {
  const folder = mkdtempSync(join(tmpdir(), 'exequatur-cosign-'));
  try {
    runAll(cosign, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
} else if (process.env.CI === 'true' && hasGo()) {
  failed++;
  process.stdout.write(
    'FAIL cosign is not found, though Go could build it: node scripts/run.js scripts/install-cosign.ts\n',
  );
} else {
  skipped++;
  process.stdout.write(
    'skipped: cosign is not found; node scripts/run.js scripts/install-cosign.ts builds it where Go is\n',
  );
}
process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
process.exitCode = failed === 0 ? 0 : 1;
