import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { runCommandLine } from '../../src/cli/main.ts';
import { sha256 } from '../../src/model/digest.ts';
import { isJsonObject, type Json, type JsonObject } from '../../src/model/json.ts';
import { KEYED, KEYLESS, labFolder } from '../trust/lab-folder.ts';

type Ran = { readonly out: string; readonly err: string; readonly exit: number | undefined };

const GITHUB = 'https://token.actions.githubusercontent.com';

describe('exequatur verify', () => {
  const files = labFolder();
  const keyless = files.made(KEYLESS);
  const dsse = files.made('v0.3 DSSE dsse');
  const digest = sha256(keyless.artifact);
  const attestation = 'https://example.com/attestation/v1';
  const usual = ['--config', 'config.yaml', '--kind', 'catalogue'];
  const direct = ['--certificate-identity', keyless.identity, '--certificate-oidc-issuer', GITHUB];

  before(() => {
    execFileSync('mkfifo', [join(files.folder, 'idle')]);
    symlinkSync('/dev/zero', join(files.folder, 'endless'));
    files.write('artifact', keyless.artifact);
    files.write('other', 'other');
    files.write('keyed.json', files.made(KEYED).bundleBytes);
    files.write('keyless.json', keyless.bundleBytes);
    files.write('dsse.json', dsse.bundleBytes);
    files.write('large.json', new Uint8Array(2 * 1024 * 1024));
    files.write('p384.pem', files.made('keyed message ecdsa-sha2-384-nistp384').key?.spkiPem ?? '');
    files.write(
      'config.yaml',
      `authentication: { dangerously_trust_asserted_subjects: true }
policy: { bundle: none.tar.gz }
catalogue: { folders: [none.json] }
trust:
  roots: { lab: { source: file, path: root.json } }
  authorities:
    release:
      identities: [{ issuer: "${GITHUB}", subject: "${keyless.identity}" }]
      root: lab
      vouches_for: { catalogue: {}, plan: { predicate_type: "${attestation}" } }
      scope: { servers: ["*"], tools: ["*"], plan_agents: ["*"] }
    board:
      keys: [{ path: key.pem }]
      vouches_for: { catalogue: {} }
      scope: { servers: [git], tools: ["git/*"], environments: [staging] }
      highest_effect: write
  rules:
    - { name: any, kinds: [catalogue], authorities: [release, board] }
    - { name: both, kinds: [catalogue], authorities: [release, board], at_least: 2 }
    - { name: plans, kinds: [plan], authorities: [release] }
  revocations: { files: [revoked.yaml] }
`,
    );
  });
  after(files.remove);
  afterEach(() => void files.write('revoked.yaml', 'revocations: []\n'));

  async function run(...words: readonly string[]): Promise<Ran> {
    let [out, err] = ['', ''];
    let exit: number | undefined;
    await runCommandLine(['verify', ...words], {
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
      colour: false,
      cwd: files.folder,
      interrupted: new AbortController().signal,
      setExit: (code) => {
        exit = code;
      },
    });
    return { out, err, exit };
  }

  async function json(...words: readonly string[]): Promise<{ readonly report: JsonObject; readonly ran: Ran }> {
    const ran = await run(...words, '--json');
    const report: Json = JSON.parse(ran.out);
    assert.ok(isJsonObject(report));
    return { report, ran };
  }

  /** The codes of `signatures.failed`, each once. */
  function codes(report: JsonObject): readonly Json[] {
    const { signatures } = report;
    assert.ok(isJsonObject(signatures) && Array.isArray(signatures.failed));
    return [...new Set(signatures.failed.map((failure) => failure.code))];
  }

  it('verifies under all rules of the kind', async () => {
    const { out, err, exit } = await run(
      ...usual,
      '-b',
      'keyed.json',
      '-b',
      'keyless.json',
      '--name',
      'tools',
      'artifact',
    );
    assert.deepEqual([err, exit], ['', 0]);
    assert.match(out, /^VERIFIED {2}tools\n {2}catalogue, sha256:/);
    assert.ok(out.includes(digest));
    assert.match(out, /\nbundle 1 {2}keyed\.json\n/);
    assert.match(out, /\nbundle 2 {2}keyless\.json\n/);
    assert.match(out, /\n {4}signature +passed\n/);
    assert.match(out, /\n {2}release +vouches +\S+release\.yml\S+ by https:/);
    assert.match(out, /\n {2}board +vouches +key sha256:/);
    assert.match(out, /\n {2}any +met +2 of at least 1, out of release, board\n/);
    assert.match(out, /\n {2}both +met +2 of at least 2, out of release, board\n/);
    assert.doesNotMatch(out, /reasons/);
  });

  it('says of bundles in a verified document in one line that they are not theirs', async () => {
    const { out, exit } = await run(...usual, '--rule', 'any', '-b', 'keyed.json', 'artifact');
    assert.equal(exit, 0);
    assert.match(out, /\n {2}not theirs: release \(key_unknown\)\n/);
    assert.doesNotMatch(out, /under release|failed|no check was run/);
  });

  it('breaks what was not run to the width of the terminal', async () => {
    const { out } = await run(...usual, '-b', 'keyed.json', 'artifact');
    const lines = /\n( {4}not run: [^:]*?)\n {0,4}\S/.exec(out)?.[1]?.split('\n') ?? [];
    assert.ok(lines.length > 3 && lines.every((line) => line.length <= 80), lines.join('\n'));
  });

  it('takes the bundle that lies beside the document, where none is named', async () => {
    files.write('artifact.sigstore.json', files.made(KEYED).bundleBytes);
    const { out, err, exit } = await run('--key', 'key.pem', 'artifact');
    const { report } = await json('--key', 'key.pem', 'artifact');
    rmSync(join(files.folder, 'artifact.sigstore.json'));
    assert.deepEqual([err, exit], ['', 0]);
    assert.match(out, /\nbundle 1 {2}artifact\.sigstore\.json {2}\(found beside the document\)\n/);
    assert.deepEqual(report.bundles, ['artifact.sigstore.json']);
    assert.equal((await run('--key', 'key.pem', 'artifact')).exit, 2);
  });

  it('says that one signer in two authorities counts once', async () => {
    const twins = ['one', 'two'].map(
      (name) =>
        `    ${name}: { keys: [{ path: key.pem }], vouches_for: { plan: {} }, scope: { servers: ["*"], tools: ["*"], plan_agents: ["*"] } }\n`,
    );
    files.write(
      'twins.yaml',
      `authentication: { dangerously_trust_asserted_subjects: true }
policy: { bundle: none.tar.gz }
catalogue: { folders: [none.json] }
trust:
  authorities:
${twins.join('')}  rules: [{ name: both, kinds: [plan], authorities: [one, two], at_least: 2 }]
`,
    );
    const words = ['-c', 'twins.yaml', '-k', 'plan', '-b', 'keyed.json', 'artifact'];
    const { out, exit } = await run(...words);
    assert.equal(exit, 2);
    assert.match(out, /not met {2}1 of at least 2, .*\n +one and two are the same signer, who counts once\n/);
    const { report } = await json(...words);
    const [both] = Array.isArray(report.rules) ? report.rules : [];
    assert.ok(isJsonObject(both));
    assert.deepEqual(both.same_signer, [['one', 'two']]);
  });

  it('takes a JWK, and names the option and the file where a key is of no use', async () => {
    const key = files.made(KEYED).key;
    assert.ok(key !== undefined);
    files.write('key.jwk', JSON.stringify(createPublicKey(key.privateKey).export({ format: 'jwk' })));
    assert.equal((await run('--key', 'key.jwk', '-b', 'keyed.json', 'artifact')).exit, 0);
    files.write('private.jwk', JSON.stringify(key.privateKey.export({ format: 'jwk' })));
    files.write('private.pem', String(key.privateKey.export({ format: 'pem', type: 'pkcs8' })));
    for (const file of ['private.jwk', 'private.pem', 'artifact']) {
      const { report } = await json('--key', file, '-b', 'keyed.json', 'artifact');
      assert.ok(isJsonObject(report.error));
      assert.equal(report.error.code, 'verify.key_unusable');
      assert.match(`${report.error.message}`, new RegExp(`^--key ${file} `));
      assert.doesNotMatch(`${report.error.message}`, /configuration|authorities/);
    }
  });

  for (const [option, words] of [
    ['--kind', ['--kind', 'No Kind']],
    ['--predicate-type', ['--predicate-type', 'no uri']],
  ] as const) {
    it(`names ${option} where it is wrong`, async () => {
      const { report } = await json('--key', 'key.pem', ...words, '-b', 'keyed.json', 'artifact');
      assert.ok(isJsonObject(report.error));
      assert.equal(report.error.code, 'usage');
      assert.match(`${report.error.message}`, new RegExp(`^${option} ${words[1]} `));
      assert.doesNotMatch(`${report.error.message}`, /signer|rules\./);
    });
  }

  it('verifies without a configuration what `sign` signs, which is more than a service takes', async () => {
    files.write('big', new Uint8Array(17 * 1024 * 1024));
    const ran = await json('--key', 'key.pem', '-b', 'keyed.json', 'big');
    assert.ok(codes(ran.report).includes('digest_mismatch'), `${codes(ran.report)}`);
    const { report } = await json(...usual, '-b', 'keyed.json', 'big');
    assert.ok(isJsonObject(report.error));
    assert.equal(report.error.code, 'file.too_large');
    assert.match(`${report.error.message}`, /max_document_bytes/);
  });

  it('says which rule is not met, and why', async () => {
    const { out, exit } = await run(...usual, '-b', 'keyed.json', 'artifact');
    assert.equal(exit, 2);
    assert.match(out, /^NOT VERIFIED {2}artifact\n/);
    assert.match(out, /no check was run {2}key_unknown: /);
    assert.match(out, /\n {2}release +does not vouch +key_unknown\n/);
    assert.match(out, /\n {2}any +met +1 of at least 1/);
    assert.match(out, /\n {2}both +not met +1 of at least 2/);
    assert.match(out, /\nreasons\n {2}rule_not_met\n {6}too few of the authorities/);
  });

  for (const [what, words, verified] of [
    ['one rule', ['--rule', 'any', '-b', 'keyed.json', 'artifact'], true],
    ['another rule', ['--rule', 'both', '-b', 'keyed.json', 'artifact'], false],
    ['one authority', ['--authority', 'board', '-b', 'keyed.json', 'artifact'], true],
    ['another authority', ['--authority', 'release', '-b', 'keyed.json', 'artifact'], false],
    ['a rule of another kind', ['--rule', 'plans', '-b', 'keyed.json', 'artifact'], false],
    ['a digest', ['--rule', 'any', '-b', 'keyed.json', digest], true],
    ['another digest', ['--rule', 'any', '-b', 'keyed.json', sha256('other')], false],
    ['another file', ['--rule', 'any', '-b', 'keyed.json', 'other'], false],
    ['no bundle', ['--rule', 'any', 'artifact'], false],
  ] as const) {
    it(`${verified ? 'verifies' : 'refuses'} under ${what}`, async () => {
      const { report, ran } = await json(...usual, ...words);
      assert.deepEqual([report.verified, ran.exit], [verified, verified ? 0 : 2]);
    });
  }

  it('says that scopes are not checked where nothing is given to compare', async () => {
    const { out, exit } = await run(...usual, '--authority', 'board', '-b', 'keyed.json', 'artifact');
    assert.equal(exit, 0);
    assert.match(out, /\nscope {2}not checked: no --server, --tool, /);
    assert.match(out, /\n {4}not run: [^:]*\bscope\b/);
    const { report } = await json(...usual, '--authority', 'board', '-b', 'keyed.json', 'artifact');
    assert.equal(report.scope, 'not_checked');
  });

  for (const [what, words, code] of [
    ['a server', ['--server', 'git'], undefined],
    ['a tool', ['--tool', 'git/push'], undefined],
    ['an environment', ['--environment', 'staging'], undefined],
    ['effects', ['--effect', 'write', '--effect', 'read'], undefined],
    ['another server', ['--server', 'git', '--server', 'kube'], 'outside_scope'],
    ['another tool', ['--tool', 'git/push', '--tool', 'kube/x'], 'outside_scope'],
    ['another environment', ['--environment', 'production'], 'outside_scope'],
    ['an agent', ['--agent', 'deploy-bot'], 'outside_scope'],
    ['a higher effect', ['--effect', 'destructive'], 'effect_too_high'],
  ] as const) {
    it(`compares scopes with what is given: ${what}`, async () => {
      const asked = [...usual, '--authority', 'board', '-b', 'keyed.json', 'artifact', ...words];
      const { report, ran } = await json(...asked);
      assert.deepEqual([report.scope, report.verified, ran.exit], ['checked', code === undefined, code ? 2 : 0]);
      if (code !== undefined) assert.ok(codes(report).includes(code), `${codes(report)}`);
      const { out } = await run(...asked);
      assert.ok(out.includes(`${words[1]}`) && /\nscope {2}compared with /.test(out));
      assert.equal(/\n {4}scope +passed\n/.test(out), code === undefined);
    });
  }

  it('does not count an authority towards a rule beyond its scope', async () => {
    const both = [...usual, '-b', 'keyed.json', '-b', 'keyless.json', 'artifact', '--server', 'kube'];
    const { out, exit } = await run(...both);
    assert.equal(exit, 2);
    assert.match(out, /\n {2}any +met +1 of at least 1/);
    assert.match(out, /\n {2}both +not met +1 of at least 2/);
    assert.match(out, /\n {2}board +does not vouch +.*outside_scope/);
  });

  it('takes a Statement for what it vouches for', async () => {
    const plan = await json('-c', 'config.yaml', '-k', 'plan', '-b', 'dsse.json', 'artifact');
    assert.equal(plan.report.verified, true);
    const { report } = await json(...usual, '--rule', 'any', '-b', 'dsse.json', 'artifact');
    assert.ok(codes(report).includes('predicate_does_not_vouch'));
  });

  it('prints everything as one JSON object', async () => {
    const { report } = await json(...usual, '-b', 'keyless.json', '-b', 'keyed.json', 'artifact');
    assert.deepEqual(Object.keys(report), [
      'verified',
      'document',
      'bundles',
      'signatures',
      'failures',
      'scope',
      'rules',
      'proofs',
      'checkpoints',
      'checks',
    ]);
    assert.deepEqual(report.document, { name: 'artifact', digest, kind: 'catalogue' });
    assert.deepEqual(report.bundles, ['keyless.json', 'keyed.json']);
    assert.deepEqual(report.rules, [
      { name: 'any', at_least: 1, of: ['release', 'board'], vouching: 2, met: true },
      { name: 'both', at_least: 2, of: ['release', 'board'], vouching: 2, met: true },
    ]);
    const [first] = Array.isArray(report.checks) ? report.checks : [];
    assert.ok(isJsonObject(first) && Array.isArray(first.results) && first.results.length > 10);
  });

  it('takes revocations into account, and refuses without them', async () => {
    const key = /key (sha256:\w+)/.exec((await run(...usual, '-b', 'keyed.json', 'artifact')).out)?.[1];
    files.write('revoked.yaml', `revocations:\n  - key: ${key}\n`);
    const revoked = await json(...usual, '--rule', 'any', '-b', 'keyed.json', 'artifact');
    assert.deepEqual(codes(revoked.report), ['rule_not_met', 'revoked_key', 'key_unknown']);
    files.write('revoked.yaml', '');
    const without = await json(...usual, '--rule', 'any', '-b', 'keyed.json', 'artifact');
    assert.deepEqual(codes(without.report), ['revocations_unavailable']);
    assert.match(without.ran.err, /^warning revocations\.unavailable: /);
    assert.deepEqual([without.report.verified, without.ran.exit], [false, 2]);
  });

  it('verifies without a configuration', async () => {
    for (const words of [
      ['--key', 'key.pem', '-b', 'keyed.json', 'artifact'],
      ['--key', 'key.pem', '-b', 'keyed.json', digest],
      [...direct, '--trusted-root', 'root.json', '-b', 'keyless.json', 'artifact'],
      [...direct, '--trusted-root', 'root.json', '--predicate-type', attestation, '-b', 'dsse.json', 'artifact'],
      ['--key', 'key.pem', '--kind', 'plan', '-b', 'keyed.json', 'artifact'],
    ]) {
      const { out, err, exit } = await run(...words);
      assert.deepEqual([err, exit], ['', 0], out);
    }
  });

  for (const [what, words, code] of [
    [
      'a key, a root, and nothing logged',
      ['--key', 'key.pem', '--trusted-root', 'root.json', '-b', 'keyed.json', 'artifact'],
      'timestamp_missing',
    ],
    ['another key', ['--key', 'p384.pem', '-b', 'keyed.json', 'artifact'], 'algorithm_not_pinned'],
    [
      'a Statement that was not asked for',
      [...direct, '--trusted-root', 'root.json', '-b', 'dsse.json', 'artifact'],
      'predicate_does_not_vouch',
    ],
    [
      'a Statement of another type',
      [
        ...direct,
        '--trusted-root',
        'root.json',
        '--predicate-type',
        'https://example.com/other',
        '-b',
        'dsse.json',
        'artifact',
      ],
      'predicate_does_not_vouch',
    ],
    [
      'another identity',
      [
        '--certificate-identity',
        'mallory@acme.example',
        '--certificate-oidc-issuer',
        GITHUB,
        '--trusted-root',
        'root.json',
        '-b',
        'keyless.json',
        'artifact',
      ],
      'identity_mismatch',
    ],
    [
      'another issuer',
      [
        '--certificate-identity',
        keyless.identity,
        '--certificate-oidc-issuer',
        'https://mallory.example',
        '--trusted-root',
        'root.json',
        '-b',
        'keyless.json',
        'artifact',
      ],
      'identity_mismatch',
    ],
    ['another root', [...direct, '-b', 'keyless.json', 'artifact'], 'timestamp_invalid'],
  ] as const) {
    it(`refuses without a configuration: ${what}`, async () => {
      const { report, ran } = await json(...words);
      assert.equal(ran.exit, 2);
      assert.ok(codes(report).includes(code), `${codes(report)}`);
    });
  }

  for (const [what, words, code] of [
    ['nobody whose signature counts', ['-b', 'keyed.json', 'artifact'], 'usage'],
    ['no kind', ['-c', 'config.yaml', '-b', 'keyed.json', 'artifact'], 'usage'],
    [
      'an authority that nobody knows',
      [...usual, '--authority', 'stranger', '-b', 'keyed.json', 'artifact'],
      'verify.unknown',
    ],
    ['a rule that nobody knows', [...usual, '--rule', 'none', '-b', 'keyed.json', 'artifact'], 'verify.unknown'],
    [
      'rule and authority',
      [...usual, '--rule', 'any', '--authority', 'board', '-b', 'keyed.json', 'artifact'],
      'usage',
    ],
    ['key and configuration', [...usual, '--key', 'key.pem', '-b', 'keyed.json', 'artifact'], 'usage'],
    ['key and identity', ['--key', 'key.pem', ...direct, '-b', 'keyed.json', 'artifact'], 'usage'],
    ['an identity without an issuer', ['--certificate-identity', 'a@b', '-b', 'keyless.json', 'artifact'], 'usage'],
    ['a root alone', ['--trusted-root', 'root.json', '-b', 'keyless.json', 'artifact'], 'usage'],
    [
      'a pattern for an identity',
      ['--certificate-identity', '*', '--certificate-oidc-issuer', GITHUB, '-b', 'keyless.json', 'artifact'],
      'usage',
    ],
    ['a tool of no server', [...usual, '--tool', 'push', '-b', 'keyed.json', 'artifact'], 'usage'],
    ['an effect that is none', [...usual, '--effect', 'none', '-b', 'keyed.json', 'artifact'], 'usage'],
    ['a missing bundle', [...usual, '-b', 'none.json', 'artifact'], 'file.unreadable'],
    ['a bundle beyond the bounds', [...usual, '-b', 'large.json', 'artifact'], 'file.too_large'],
    ['a missing document', [...usual, '-b', 'keyed.json', 'none'], 'file.unreadable'],
    ['a bundle that nobody writes', [...usual, '-b', 'idle', 'artifact'], 'file.unreadable'],
    ['a document that nobody writes', [...usual, '-b', 'keyed.json', 'idle'], 'file.unreadable'],
    ['a document without end', [...usual, '-b', 'keyed.json', 'endless'], 'file.unreadable'],
    ['a key that nobody writes', ['--key', 'idle', '-b', 'keyed.json', 'artifact'], 'file.unreadable'],
    [
      'a root that nobody writes',
      [...direct, '--trusted-root', 'idle', '-b', 'keyless.json', 'artifact'],
      'durable.file_unreadable',
    ],
    [
      'a configuration that nobody writes',
      ['--kind', 'catalogue', '-c', 'idle', '-b', 'keyed.json', 'artifact'],
      'config.unreadable',
    ],
    ['a digest that is none', [...usual, '-b', 'keyed.json', 'sha256:00'], 'usage'],
    [
      'a configuration without trust',
      ['--kind', 'catalogue', '-c', 'plain.yaml', '-b', 'keyed.json', 'artifact'],
      'verify.no_trust',
    ],
  ] as const) {
    it(`says what is wrong: ${what}`, async () => {
      files.write(
        'plain.yaml',
        'catalogue: { folders: [none.json] }\npolicy: { bundle: none }\nauthentication: { dangerously_trust_asserted_subjects: true }\n',
      );
      const { report, ran } = await json(...words);
      assert.equal(ran.exit, 2);
      assert.ok(isJsonObject(report.error));
      assert.equal(report.error.code, code, `${report.error.message}`);
    });
  }
});
