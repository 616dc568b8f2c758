import { spawnSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Opens every key that is made here: they are thrown away, or public as vectors. */
export const PASSWORD = 'a password for tests';
export const PREDICATE_TYPE = 'https://example.com/approval/v1';
export const ARTIFACT = Buffer.from('tools:\n  - name: deploy\n');
export const PREDICATE = Buffer.from('{"result":"approved","ticket":"OPS-7"}\n');

/** The kinds of keys that cosign takes: it makes the first by itself, and imports the others. */
export const KEY_KINDS = ['p256', 'p384', 'p521', 'ed25519', 'rsa-2048', 'rsa-3072'] as const;
export type KeyKind = (typeof KEY_KINDS)[number];

/** What came of a command; `text` is both of its streams. */
export type Ran = { readonly status: number | null; readonly text: string };

/** cosign in a folder of its own: it reads nothing of the user's and needs no network for what is done here. */
export class CosignLab {
  readonly folder: string;
  private readonly cosign: string;

  constructor(cosign: string, folder: string) {
    this.cosign = cosign;
    this.folder = folder;
    writeFileSync(this.path('artifact'), ARTIFACT);
    writeFileSync(this.path('predicate.json'), PREDICATE);
    // Empty: no log, no timestamps; --tlog-upload=false alone is refused.
    this.must('signing-config', 'create', '--out', 'signing-config.json');
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  run(...words: readonly string[]): Ran {
    const home = this.path('home');
    if (!existsSync(home)) mkdirSync(home);
    const { status, stdout, stderr } = spawnSync(this.cosign, words, {
      cwd: this.folder,
      encoding: 'utf8',
      env: { PATH: process.env.PATH ?? '', HOME: home, COSIGN_PASSWORD: PASSWORD },
    });
    return { status, text: `${stdout}${stderr}` };
  }

  must(...words: readonly string[]): void {
    const { status, text } = this.run(...words);
    if (status !== 0) throw new Error(`cosign ${words.join(' ')} ended with ${status}:\n${text}`);
  }

  /** NAME.key and NAME.pub, as cosign writes them; also NAME.pem, the PKCS#8 that was imported, of all but cosign's own. */
  makeKey(kind: KeyKind): void {
    if (kind === 'p256') {
      this.must('generate-key-pair', '--output-key-prefix', kind);
    } else {
      writeFileSync(this.path(`${kind}.pem`), generate(kind).export({ type: 'pkcs8', format: 'pem' }));
      this.must('import-key-pair', '--key', `${kind}.pem`, '--output-key-prefix', kind);
    }
  }

  sign(kind: KeyKind, artifact = 'artifact'): string {
    const bundle = `${kind}.message.json`;
    const options = ['--yes', '--key', `${kind}.key`, '--signing-config', 'signing-config.json', '--bundle', bundle];
    this.must('sign-blob', ...options, artifact);
    return bundle;
  }

  attest(kind: KeyKind, artifact = 'artifact'): string {
    const bundle = `${kind}.attestation.json`;
    const options = ['--yes', '--key', `${kind}.key`, '--signing-config', 'signing-config.json', '--bundle', bundle];
    this.must('attest-blob', ...options, '--predicate', 'predicate.json', '--type', PREDICATE_TYPE, artifact);
    return bundle;
  }

  verify(publicKey: string, bundle: string, artifact = 'artifact'): Ran {
    return this.run('verify-blob', '--key', publicKey, '--bundle', bundle, '--insecure-ignore-tlog=true', artifact);
  }

  verifyAttestation(publicKey: string, bundle: string, artifact = 'artifact', type = PREDICATE_TYPE): Ran {
    const options = ['--key', publicKey, '--bundle', bundle, '--insecure-ignore-tlog=true', '--type', type];
    return this.run('verify-blob-attestation', ...options, artifact);
  }
}

/** A private key of a kind. */
export function generate(kind: KeyKind): KeyObject {
  switch (kind) {
    case 'p256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    case 'p384':
      return generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
    case 'p521':
      return generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey;
    case 'ed25519':
      return generateKeyPairSync('ed25519').privateKey;
    case 'rsa-2048':
      return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    case 'rsa-3072':
      return generateKeyPairSync('rsa', { modulusLength: 3072 }).privateKey;
  }
}
