import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommandLine } from '../../src/cli/main.ts';
import { sha256 } from '../../src/model/digest.ts';
import { createLab } from '../trust/lab/lab.ts';
import { scenario } from '../trust/lab/scenarios.ts';

type Ran = { readonly out: string; readonly err: string; readonly exit: number | undefined };

const now = Date.now() - 3_600_000;
const lab = createLab({ now });
const keyless = lab.make(scenario('v0.3 message'));
const dsse = lab.make(scenario('v0.3 DSSE dsse'));
const keyed = lab.make(scenario('keyed message ecdsa-sha2-256-nistp256'));
const logged = lab.make(scenario('keyed message logged'));
const p384 = lab.make(scenario('keyed message ecdsa-sha2-384-nistp384'));

describe('exequatur verify-bundle', () => {
  const folder = mkdtempSync(join(tmpdir(), 'exequatur-verify-bundle-'));
  const digest = sha256(keyless.artifact);

  before(() => {
    const files: Readonly<Record<string, string | Uint8Array>> = {
      artifact: keyless.artifact,
      other: 'other',
      'keyless.json': keyless.bundleBytes,
      'dsse.json': dsse.bundleBytes,
      'keyed.json': keyed.bundleBytes,
      'logged.json': logged.bundleBytes,
      'p384.json': p384.bundleBytes,
      'root.json': keyless.trustedRootBytes,
      'key.pub': keyed.key?.spkiPem ?? '',
      'p384.pub': p384.key?.spkiPem ?? '',
      'stranger.pub': lab.key('stranger').spkiPem,
      'key.pem': String(keyed.key?.privateKey.export({ type: 'pkcs8', format: 'pem' })),
    };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  });
  after(() => rmSync(folder, { recursive: true }));

  async function run(...words: readonly string[]): Promise<Ran> {
    let [out, err] = ['', ''];
    let exit: number | undefined;
    await runCommandLine(['verify-bundle', ...words], {
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
      colour: false,
      cwd: folder,
      interrupted: new AbortController().signal,
      setExit: (code) => {
        exit = code;
      },
    });
    return { out, err, exit };
  }

  const identity = (subject = keyless.identity, issuer = keyless.issuer): readonly string[] => [
    '--certificate-identity',
    subject,
    '--certificate-oidc-issuer',
    issuer,
    '--trusted-root',
    'root.json',
  ];
  async function verifies(...words: readonly string[]): Promise<string> {
    const { out, err, exit } = await run(...words);
    assert.deepEqual([exit, err], [0, '']);
    assert.match(out, /^verified /);
    return out;
  }
  async function refuses(code: string, ...words: readonly string[]): Promise<string> {
    const { out, err, exit } = await run(...words);
    assert.deepEqual([exit, out], [2, '']);
    assert.match(err, new RegExp(`^error ${code.replace('.', '\\.')}: `));
    return err;
  }

  it('verifies a certificate, by artifact and by digest', async () => {
    const out = await verifies('--bundle', 'keyless.json', ...identity(), 'artifact');
    assert.ok(out.includes(keyless.identity));
    await verifies('--bundle', 'keyless.json', ...identity(), digest);
    await verifies('--bundle', 'keyless.json', ...identity(), digest.toUpperCase().replace('SHA256', 'sha256'));
    await verifies('--bundle', 'dsse.json', ...identity(), 'artifact');
    await verifies('--bundle', 'dsse.json', ...identity(), digest);
  });

  it('verifies a key, with its entries in logs where a root is given', async () => {
    await verifies('--bundle', 'keyed.json', '--key', 'key.pub', 'artifact');
    await verifies('--bundle', 'keyed.json', '--key', 'key.pub', digest);
    await verifies('--bundle', 'p384.json', '--key', 'p384.pub', 'artifact');
    await verifies('--bundle', 'logged.json', '--key', 'key.pub', '--trusted-root', 'root.json', 'artifact');
    await refuses(
      'trust.timestamp_missing',
      '--bundle',
      'keyed.json',
      '--key',
      'key.pub',
      '--trusted-root',
      'root.json',
      'artifact',
    );
  });

  it('takes a JWK', async () => {
    const jwk = keyed.key === undefined ? {} : createPublicKey(keyed.key.privateKey).export({ format: 'jwk' });
    writeFileSync(join(folder, 'key.jwk'), JSON.stringify(jwk));
    await verifies('--bundle', 'keyed.json', '--key', 'key.jwk', 'artifact');
  });

  it('prints what was verified, or why not, as one JSON object', async () => {
    const good = await run('--json', '--bundle', 'dsse.json', ...identity(), 'artifact');
    const { artifact, signer, predicate_type: type, logs, times, ...rest } = Object(JSON.parse(good.out));
    assert.deepEqual([good.exit, rest], [0, { verified: true, bundle: 'dsse.json' }]);
    assert.deepEqual(artifact, { name: 'artifact', digest });
    assert.deepEqual(signer, { mode: 'keyless', subject: keyless.identity, issuer: keyless.issuer });
    assert.equal(type, 'https://example.com/attestation/v1');
    assert.ok(logs.length > 0 && times.length > 0);
    const bad = await run('--json', '--bundle', 'dsse.json', ...identity(), 'other');
    assert.deepEqual([bad.exit, JSON.parse(bad.out).error.code], [2, 'trust.subject_mismatch']);
  });

  it('compares issuer and identity as they stand', async () => {
    const pattern = keyless.identity.replace('https://', '.*');
    const wrong: readonly (readonly [string, string])[] = [
      [keyless.identity.slice(0, -1), keyless.issuer],
      [`${keyless.identity}x`, keyless.issuer],
      [pattern, keyless.issuer],
      ['.*', keyless.issuer],
      [keyless.identity, `${keyless.issuer}/`],
      [keyless.identity, keyless.issuer.toUpperCase()],
    ];
    for (const [subject, issuer] of wrong) {
      await refuses('trust.identity_mismatch', '--bundle', 'keyless.json', ...identity(subject, issuer), 'artifact');
    }
  });

  it('refuses another artifact, another key, another mode', async () => {
    await refuses('trust.digest_mismatch', '--bundle', 'keyless.json', ...identity(), 'other');
    await refuses('trust.digest_mismatch', '--bundle', 'keyless.json', ...identity(), sha256('other'));
    await refuses('trust.subject_mismatch', '--bundle', 'dsse.json', ...identity(), 'other');
    await refuses('trust.key_unknown', '--bundle', 'keyed.json', '--key', 'stranger.pub', 'artifact');
    await refuses('trust.key_unknown', '--bundle', 'keyed.json', ...identity(), 'artifact');
    await refuses('trust.key_unknown', '--bundle', 'keyless.json', '--key', 'key.pub', 'artifact');
    await refuses('trust.digest_alone_insufficient', '--bundle', 'p384.json', '--key', 'p384.pub', digest);
  });

  it('takes the public-good instance where no root is given, and says that there is none for staging', async () => {
    const words = identity().slice(0, 4);
    await refuses('trust.chain_invalid', '--bundle', 'keyless.json', ...words, 'artifact');
    const said = await refuses(
      'verify_bundle.no_staging_root',
      '--staging',
      '--bundle',
      'keyless.json',
      ...words,
      'artifact',
    );
    assert.match(said, /--trusted-root/);
    await verifies('--staging', '--bundle', 'keyless.json', ...identity(), 'artifact');
  });

  it('refuses a command line that leaves open whose signature counts', async () => {
    const bundle = ['--bundle', 'keyless.json'];
    await refuses('usage', ...bundle, 'artifact');
    await refuses('usage', ...bundle, '--certificate-identity', 'x', 'artifact');
    await refuses('usage', ...bundle, '--certificate-oidc-issuer', 'x', 'artifact');
    await refuses('usage', ...bundle, '--certificate-identity', '', '--certificate-oidc-issuer', 'x', 'artifact');
    await refuses('usage', ...bundle, ...identity(), '--key', 'key.pub', 'artifact');
  });

  it('refuses files that are not what they should be', async () => {
    await refuses('file.unreadable', '--bundle', 'nowhere.json', ...identity(), 'artifact');
    await refuses('file.unreadable', '--bundle', 'keyless.json', ...identity(), 'nowhere');
    await refuses('trust.bundle_unsupported', '--bundle', 'root.json', ...identity(), 'artifact');
    await refuses(
      'root.media_type_unsupported',
      '--bundle',
      'keyless.json',
      ...identity().slice(0, 5),
      'keyless.json',
      'artifact',
    );
    await refuses('usage', '--bundle', 'keyless.json', ...identity(), 'sha256:abc');
    const said = await refuses('verify_bundle.key_unusable', '--bundle', 'keyed.json', '--key', 'key.pem', 'artifact');
    assert.ok(!said.includes('BEGIN'));
  });

  it('does not wait for what has no end or nobody writes', async () => {
    execFileSync('mkfifo', [join(folder, 'idle')]);
    symlinkSync('/dev/zero', join(folder, 'endless'));
    for (const odd of ['idle', 'endless', '.']) {
      await refuses('file.unreadable', '--bundle', odd, ...identity(), 'artifact');
      await refuses('file.unreadable', '--bundle', 'keyless.json', ...identity(), odd);
      await refuses('file.unreadable', '--bundle', 'keyed.json', '--key', odd, 'artifact');
      await refuses('file.unreadable', '--bundle', 'keyless.json', ...identity().slice(0, 5), odd, 'artifact');
    }
  });

  it('does not guess between a digest and a file of its name', async () => {
    const path = join(folder, digest);
    writeFileSync(path, keyless.artifact);
    await refuses('usage', '--bundle', 'keyless.json', ...identity(), digest);
    await verifies('--bundle', 'keyless.json', ...identity(), `./${digest}`);
    rmSync(path);
  });
});
