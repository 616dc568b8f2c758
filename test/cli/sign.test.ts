import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { linkSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { runCommandLine } from '../../src/cli/main.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { sha256 } from '../../src/model/digest.ts';
import { parseBundle } from '../../src/trust/bundle/parse-bundle.ts';
import { withFolder } from '../policy/temporary.ts';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const PASSWORD = 'a password for tests';
const FILES = {
  'plain.pem': privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  'locked.pem': privateKey
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSWORD })
    .toString(),
  password: `${PASSWORD}\n`,
  artifact: 'an artifact\n',
  'predicate.json': '{"result":"approved"}',
  'list.json': '[]',
  'broken.json': '{"result":1,"result":2}',
};

type Ran = { readonly out: string; readonly err: string; readonly exit: number | undefined };

async function run(cwd: string, words: readonly string[], terminal: Partial<Terminal> = {}): Promise<Ran> {
  let [out, err] = ['', ''];
  let exit: number | undefined;
  await runCommandLine(['sign', ...words], {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    colour: false,
    cwd,
    interrupted: new AbortController().signal,
    setExit: (code) => {
      exit = code;
    },
    ...terminal,
  });
  return { out, err, exit };
}

/** The code that a run with --json ended with, having said so on both streams; undefined where it ended well. */
function codeOf({ out, exit }: Ran): string | undefined {
  const printed: { error?: { code: string } } = JSON.parse(out);
  assert.equal(exit, printed.error === undefined ? 0 : 2);
  return printed.error?.code;
}

const words = (...more: readonly string[]) => ['--key', 'plain.pem', 'artifact', '--json', ...more];
const locked = (...more: readonly string[]) => ['--key', 'locked.pem', 'artifact', '--json', ...more];

describe('exequatur sign', () => {
  it('writes a bundle beside the file and says what it signed', () =>
    withFolder(FILES, async (folder) => {
      const { out, exit } = await run(folder, words());
      const key = sha256(createPublicKey(privateKey).export({ type: 'spki', format: 'der' }));
      const algorithm = 'ecdsa-sha2-256-nistp256';
      const signed = { bundle: 'artifact.sigstore.json', artifact: sha256(FILES.artifact), key, algorithm };
      assert.deepEqual([JSON.parse(out), exit], [{ signed }, 0]);
      const bytes = readFileSync(join(folder, signed.bundle));
      assert.equal(parseBundle(bytes, { allowCosignLegacy: false }).statement, undefined);
      // Public, and nothing temporary is left.
      assert.equal(statSync(join(folder, signed.bundle)).mode & 0o444, 0o444);
      assert.deepEqual(readdirSync(folder).sort(), [...Object.keys(FILES), signed.bundle].sort());
    }));

  it('attests with a predicate and its type, in a file of another name', () =>
    withFolder(FILES, async (folder) => {
      const type = 'https://example.com/approval/v1';
      const { out, exit } = await run(folder, [
        '-k',
        'plain.pem',
        '--predicate',
        'predicate.json',
        '--type',
        type,
        'artifact',
      ]);
      assert.equal(exit, 0);
      assert.match(out, /^signed artifact\.attestation\.sigstore\.json\n/);
      const bytes = readFileSync(join(folder, 'artifact.attestation.sigstore.json'));
      const { statement } = parseBundle(bytes, { allowCosignLegacy: false });
      assert.deepEqual([statement?.predicateType, statement?.predicate], [type, { result: 'approved' }]);
    }));

  it('replaces nothing unasked, and a bundle when asked', () =>
    withFolder(FILES, async (folder) => {
      const bundle = () => readFileSync(join(folder, 'artifact.sigstore.json'), 'utf8');
      assert.equal(codeOf(await run(folder, words())), undefined);
      const first = bundle();
      assert.equal(codeOf(await run(folder, words())), 'file.exists');
      assert.equal(bundle(), first);
      assert.equal(codeOf(await run(folder, words('--force'))), undefined);
      // Signatures of ECDSA differ each time.
      assert.notEqual(bundle(), first);
      assert.match(bundle(), /^\{"mediaType"/);
      assert.deepEqual(readdirSync(folder).sort(), [...Object.keys(FILES), 'artifact.sigstore.json'].sort());
    }));

  it('never replaces what it reads, by whatever name, nor what is no bundle', () =>
    withFolder({ ...FILES, 'broken.sigstore.json': '{"mediaType":' }, async (folder) => {
      symlinkSync('plain.pem', join(folder, 'soft.pem'));
      linkSync(join(folder, 'plain.pem'), join(folder, 'hard.pem'));
      mkdirSync(join(folder, 'folder'));
      const before = readdirSync(folder).sort();
      const predicate = ['--predicate', 'predicate.json', '--type', 'a:b'];
      const cases: readonly (readonly [readonly string[], string])[] = [
        [words('--output', 'plain.pem'), 'sign.output_is_input'],
        [words('--output', './folder/../plain.pem'), 'sign.output_is_input'],
        [words('--output', 'soft.pem'), 'sign.output_is_input'],
        [words('--output', 'hard.pem'), 'sign.output_is_input'],
        [words('--output', 'artifact'), 'sign.output_is_input'],
        [words(...predicate, '--output', 'predicate.json'), 'sign.output_is_input'],
        [locked('--password-file', 'password', '--output', 'password'), 'sign.output_is_input'],
        [words('--output', 'locked.pem'), 'sign.output_not_bundle'],
        [words('--output', 'list.json'), 'sign.output_not_bundle'],
        [words('--output', 'broken.sigstore.json'), 'sign.output_not_bundle'],
        [words('--output', 'folder'), 'sign.output_not_bundle'],
      ];
      for (const [line, code] of cases)
        assert.equal(codeOf(await run(folder, [...line, '--force'])), code, line.join(' '));
      assert.deepEqual(readdirSync(folder).sort(), before);
      for (const [name, text] of Object.entries(FILES))
        assert.equal(readFileSync(join(folder, name), 'utf8'), text, name);
    }));

  it('takes the password from a file, else from the environment, else from whoever sits there', () =>
    withFolder(FILES, async (folder) => {
      const asked: string[] = [];
      const asks = (answer: string | undefined): Partial<Terminal> => ({
        askSecretly: async (question) => {
          asked.push(question);
          return answer;
        },
      });
      const wrong = { keyPassword: 'wrong' };
      assert.equal(codeOf(await run(folder, locked('--password-file', 'password', '--output', '1'), wrong)), undefined);
      assert.equal(
        codeOf(await run(folder, locked('--output', '2'), { keyPassword: PASSWORD, ...asks('wrong') })),
        undefined,
      );
      assert.deepEqual(asked, []);
      assert.equal(codeOf(await run(folder, locked('--output', '3'), asks(PASSWORD))), undefined);
      assert.deepEqual(asked, ['Password of locked.pem: ']);
      assert.equal(codeOf(await run(folder, locked('--output', '4'), asks(undefined))), 'sign.interrupted');
      assert.equal(codeOf(await run(folder, locked('--output', '4'))), 'sign.password_missing');
      assert.equal(codeOf(await run(folder, locked('--output', '4'), wrong)), 'sign.password_wrong');
      assert.ok(!readdirSync(folder).includes('4'));
    }));

  it('says that no password was given where it is empty, and opens a key that is under an empty one', () => {
    const open = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: '' }).toString();
    return withFolder({ ...FILES, 'empty.pem': open, none: '', 'line only': '\r\n' }, async (folder) => {
      const typed: Partial<Terminal> = { askSecretly: async () => '' };
      const given: readonly (readonly [readonly string[], Partial<Terminal>])[] = [
        [['--password-file', 'none'], {}],
        [['--password-file', 'line only'], {}],
        [[], { keyPassword: '' }],
        [[], typed],
      ];
      for (const [more, terminal] of given) {
        assert.equal(codeOf(await run(folder, locked(...more), terminal)), 'sign.password_missing', more.join(' '));
        const empty = ['--key', 'empty.pem', 'artifact', '--json', ...more];
        assert.equal(codeOf(await run(folder, empty, terminal)), undefined, more.join(' '));
        unlinkSync(join(folder, 'artifact.sigstore.json'));
      }
    });
  });

  const mistakes: readonly (readonly [string, readonly string[], string])[] = [
    ['no file', ['--key', 'plain.pem', '--json'], 'usage'],
    ['no key', ['artifact', '--json'], 'usage'],
    ['a file that is missing', ['--key', 'plain.pem', 'none', '--json'], 'file.unreadable'],
    ['a key that is missing', ['--key', 'none', 'artifact', '--json'], 'file.unreadable'],
    ['a key that is none', ['--key', 'artifact', 'artifact', '--json'], 'sign.key_malformed'],
    ['a folder as key', ['--key', '.', 'artifact', '--json'], 'file.unreadable'],
    ['a type without predicate', words('--type', 'a:b'), 'usage'],
    ['a predicate without type', words('--predicate', 'predicate.json'), 'usage'],
    ['a predicate that is a list', words('--predicate', 'list.json', '--type', 'a:b'), 'sign.predicate_malformed'],
    [
      'a predicate with a member twice',
      words('--predicate', 'broken.json', '--type', 'a:b'),
      'sign.predicate_malformed',
    ],
    [
      'a type that is no URI',
      words('--predicate', 'predicate.json', '--type', 'approval'),
      'trust.statement_malformed',
    ],
    ['an algorithm that nobody knows', words('--algorithm', 'md5'), 'usage'],
    ['an algorithm of another key', words('--algorithm', 'ed25519'), 'sign.algorithm_unfit'],
    ['an output in no folder', words('--output', 'none/bundle'), 'file.not_written'],
    ['a public key to print and a file to sign', words('--public-key'), 'usage'],
  ];
  for (const [name, line, code] of mistakes) {
    it(`refuses ${name}, and writes nothing`, () =>
      withFolder(FILES, async (folder) => {
        assert.equal(codeOf(await run(folder, line)), code);
        assert.deepEqual(readdirSync(folder).sort(), Object.keys(FILES).sort());
      }));
  }

  it('waits for nothing that is no file, whatever it is named as', () =>
    withFolder(FILES, async (folder) => {
      execFileSync('mkfifo', [join(folder, 'idle')]);
      for (const line of [
        ['--key', 'idle', 'artifact'],
        ['--key', 'plain.pem', 'idle'],
        ['--key', 'plain.pem', 'artifact', '--predicate', 'idle', '--type', 'a:b'],
        ['--key', 'locked.pem', 'artifact', '--password-file', 'idle'],
      ]) {
        assert.equal(codeOf(await run(folder, [...line, '--json'])), 'file.unreadable', line.join(' '));
      }
      const over = ['--key', 'plain.pem', 'artifact', '--json', '--output', 'idle'];
      assert.equal(codeOf(await run(folder, [...over, '--force'])), 'sign.output_not_bundle');
      assert.equal(codeOf(await run(folder, over)), 'file.exists');
    }));

  it('prints the public key, and neither secret', () =>
    withFolder(FILES, async (folder) => {
      const { out, err, exit } = await run(folder, ['--key', 'locked.pem', '--public-key'], { keyPassword: PASSWORD });
      assert.equal(out, createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }));
      assert.deepEqual([err, exit], ['', 0]);
    }));
});
