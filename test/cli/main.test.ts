import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommandLine } from '../../src/cli/main.ts';
import { withFolder } from '../policy/temporary.ts';
import { shippedDigest } from '../shipped-tools.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const ESCAPE = '\u001b[';
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

type Ran = { readonly out: string; readonly err: string; readonly exits: readonly number[] };

/** What somebody at a terminal would see; `exits` is every exit code that was set, the last one counting. */
async function run(words: readonly string[], colour = false, cwd = root): Promise<Ran> {
  let [out, err] = ['', ''];
  const exits: number[] = [];
  await runCommandLine(words, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    colour,
    cwd,
    interrupted: new AbortController().signal,
    setExit: (code) => void exits.push(code),
  });
  return { out, err, exits };
}

const evaluate = (example: string, ...words: string[]) => [
  'evaluate',
  '--dangerously-trust-file',
  `examples/${example}.json`,
  ...words,
];

describe('the command line', () => {
  it('tells its version and its help, with success', async () => {
    assert.deepEqual(await run(['--version']), { out: `${version}\n`, err: '', exits: [0] });
    const help = await run(['--help']);
    assert.deepEqual([help.err, help.exits], ['', [0]]);
    for (const command of ['serve', 'evaluate', 'policy', 'audit']) {
      assert.ok(help.out.includes(`\n  ${command}`), command);
      const own = await run([command, '--help']);
      assert.deepEqual([own.err, own.exits], ['', [0]]);
      assert.match(own.out, new RegExp(`^Usage: exequatur ${command}`));
    }
  });

  const FORGED = 'x\nerror forged: y\u2028error z\u202e';
  for (const words of [
    [FORGED],
    ['evaluate', FORGED],
    ['evaluate', `--${FORGED}`],
    ['evaluate', 'x.json', `--config=${FORGED}`],
    ['serve', '--config', FORGED],
    ['policy', 'test', `--threshold=${FORGED}`],
    ['audit', 'show', '--folder', `./a/../${FORGED}`, '1'],
    ['audit', 'show', '--folder', '.', FORGED],
    ['state', 'show', '--config', FORGED],
    ['sign', '--key', `./a/../${FORGED}`, 'file'],
    ['sign', '--key', 'package.json', '--predicate', `./a/../${FORGED}`, '--type', 'a:b', 'file'],
    ['verify', '--config', FORGED, '--kind', 'catalogue', '--bundle', 'x', 'file'],
    ['verify-bundle', '--key', FORGED, '--bundle', `./a/../${FORGED}`, 'file'],
    ['verify-bundle', '--key', FORGED, '--bundle', 'package.json', `sha256:${FORGED}`],
  ]) {
    it(`lets nothing that was typed forge a line: ${JSON.stringify(words)}`, async () => {
      const { err, exits } = await run(words);
      assert.equal(exits.at(-1), 2);
      assert.match(err, /^error/);
      assert.doesNotMatch(err, /^error (?:forged|z)/m);
      assert.doesNotMatch(err, /[\u2028\u202e]/);
    });
  }

  it('lets no name in a configuration forge a line, and keeps the lines that are our own', () =>
    withFolder(
      {
        'keys.yaml': 'policy: {}\n"x\\nerror forged: y": 1\n',
        'files.yaml': 'catalogue: { folders: ["none\\nerror forged: x"] }\nauthentication: {}\n',
      },
      async (folder) => {
        for (const [file, code] of [
          ['keys.yaml', /^error config\.invalid: the configuration has \d problems:\n {2}/],
          ['files.yaml', /^error catalogue\.folder_missing: /],
        ] as const) {
          const { err } = await run(['serve', '--config', join(folder, file)]);
          assert.match(err, code);
          assert.doesNotMatch(err, /^error forged/m);
        }
      },
    ));

  const mistakes: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['an unknown flag', ['evaluate', 'x.json', '--trust'], /^error: unknown option '--trust'/],
    ['an unknown command', ['evaluat'], /^error: unknown command 'evaluat'\n\(Did you mean evaluate\?\)/],
    ['an unknown command of a group', ['policy', 'bild'], /^error: unknown command 'bild'\n\(Did you mean build\?\)/],
    ['an argument that is missing', ['evaluate'], /^error: missing required argument 'file'/],
    ['an argument too many', ['serve', 'now'], /^error: too many arguments for 'serve'/],
    [
      'a value that is missing',
      ['evaluate', 'x.json', '--time'],
      /^error: option '-t, --time <time>' argument missing/,
    ],
  ];
  for (const [what, words, said] of mistakes) {
    it(`refuses ${what} with 2, on standard error, and where asked as JSON`, async () => {
      const plain = await run(words);
      assert.deepEqual([plain.out, plain.exits], ['', [2]]);
      assert.match(plain.err, said);
      assert.match(plain.err, /--help/);
      // First: after `--time` it would be the time.
      const [command = '', ...rest] = words;
      const asJson = await run([command, '--json', ...rest]);
      assert.deepEqual(asJson.exits, [2]);
      const { error } = JSON.parse(asJson.out);
      assert.equal(error.code, 'usage');
      assert.ok(asJson.err.startsWith(error.message), 'the same message as on standard error');
    });
  }

  it('shows the help where nothing is asked for, and that is no success', async () => {
    const { out, err, exits } = await run([]);
    assert.deepEqual([out, exits], ['', [2]]);
    assert.match(err, /^Usage: exequatur/);
  });

  it('tells a coded error with its code, and where asked as JSON', async () => {
    const plain = await run(['evaluate', 'no-such-file.json']);
    assert.deepEqual([plain.out, plain.exits], ['', [2]]);
    assert.match(plain.err, /^error evaluate\.unreadable: cannot read no-such-file\.json \(ENOENT\)/);
    const asJson = await run(['evaluate', 'no-such-file.json', '--json']);
    assert.deepEqual(asJson.exits, [2]);
    assert.equal(asJson.err, plain.err);
    const { error, ...more } = JSON.parse(asJson.out);
    assert.deepEqual(more, {});
    assert.equal(error.code, 'evaluate.unreadable');
    assert.equal(plain.err, `error evaluate.unreadable: ${error.message}\n`);
  });

  it('makes control characters of names visible in errors', async () => {
    const { err } = await run(['evaluate', 'a\u001b[2Jb.json']);
    assert.ok(err.includes('a\\u{1b}[2Jb.json') && !err.includes(ESCAPE), JSON.stringify(err));
  });

  it('colours only where the terminal can', async () => {
    const file = ['evaluate', 'no-such-file.json'];
    assert.ok((await run(file, true)).err.startsWith(ESCAPE));
    assert.ok(!(await run(file, false)).err.includes(ESCAPE));
  });
});

describe('exequatur evaluate', () => {
  it('tells a permit, and ends with 0', async () => {
    const { out, err, exits } = await run(evaluate('01-read-a-file'));
    assert.deepEqual([err, exits], ['', [0]]);
    assert.match(
      out,
      new RegExp(
        [
          '^PERMIT {2}filesystem/read_text_file \\(read\\)',
          '  for reader-bot of asserted, in development, at 2026-11-24T10:00:00\\.000Z',
          '',
          '  access       pass',
          '  destructive  pass',
          '  drift        pass',
          '  plan         not applicable',
          '  signature    pass',
          '  window       not applicable',
          '',
          '  policy [0-9a-f]{12} sha256:[0-9a-f]{64}\n$',
        ].join('\n'),
      ),
    );
  });

  it('tells a denial with its reason, and ends with 2', async () => {
    const { out, err, exits } = await run(evaluate('18-rm-rf'));
    assert.deepEqual([err, exits], ['', [2]]);
    assert.match(out, /^DENY {2}shell\/execute_command \(/);
    assert.match(out, /\n {2}destructive {2}fail\n/);
    assert.match(out, /\n\n {2}destructive\.rm_recursive: \S.*\n\n {2}policy /);
    assert.match((await run(evaluate('67-unknown-tool'))).out, /^DENY {2}a tool that is not known here \(not_in_catal/);
  });

  it('answers with one JSON object, the exit code saying the same', async () => {
    for (const [example, decision] of [
      ['01-read-a-file', true],
      ['18-rm-rf', false],
    ] as const) {
      const { out, err, exits } = await run(evaluate(example, '--json'), true);
      assert.deepEqual([err, exits], ['', [decision ? 0 : 2]]);
      const answer = JSON.parse(out);
      assert.deepEqual(Object.keys(answer).sort(), [
        'controls',
        'decision',
        'facts',
        'obligations',
        'permit',
        'policy',
        'reasons',
      ]);
      assert.equal(answer.decision, decision);
      assert.equal(answer.facts.time, '2026-11-24T10:00:00.000Z');
    }
  });

  it('colours states and verdict only where the terminal can', async () => {
    const coloured = await run(evaluate('18-rm-rf'), true);
    const plain = await run(evaluate('18-rm-rf'));
    assert.ok(coloured.out.includes(ESCAPE) && !plain.out.includes(ESCAPE));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape is what is taken away.
    assert.equal(coloured.out.replaceAll(/\u001b\[[0-9;]*m/g, ''), plain.out);
  });

  it('lets no file judge itself unless it is told to trust it', async () => {
    const { out, exits } = await run(['evaluate', 'examples/01-read-a-file.json', '--json']);
    assert.deepEqual([JSON.parse(out).error.code, exits], ['evaluate.not_trusted', [2]]);
  });

  it('takes the time and roles that it is told, and a request without either', () =>
    withFolder({}, async (folder) => {
      const file = join(folder, 'request.json');
      writeFileSync(
        file,
        JSON.stringify({
          subject: { type: 'agent', id: 'stranger' },
          action: { name: 'tools/call', properties: { arguments: { path: '/workspace/README.md' } } },
          resource: {
            type: 'tool',
            id: 'filesystem/read_text_file',
            properties: { digest: shippedDigest('filesystem', 'read_text_file') },
          },
        }),
      );
      const told = ['--time', '2026-11-24T11:00:00+01:00', '--role', 'reader', '--role', 'other', '--json'];
      const asked = await run(['evaluate', 'request.json', ...told], false, folder);
      const { decision, facts } = JSON.parse(asked.out);
      assert.deepEqual(facts.principal.roles, ['reader', 'other']);
      assert.equal(facts.time, '2026-11-24T10:00:00.000Z');
      assert.deepEqual([decision, asked.exits], [true, [0]]);
      const alone = await run(['evaluate', 'request.json', '--json'], false, folder);
      assert.deepEqual([JSON.parse(alone.out).decision, alone.exits], [false, [2]]);
      const wrong = await run(['evaluate', 'request.json', '--time', 'now', '--json'], false, folder);
      assert.deepEqual([JSON.parse(wrong.out).error.code, wrong.exits], ['evaluate.time', [2]]);
    }));
});
