import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommandLine } from '../../src/cli/main.ts';
import { readShippedRoot } from '../../src/trust/root/public-good.ts';
import { TufRepository } from '../trust/root/tuf-repository.ts';

describe('exequatur trust refresh', () => {
  let folder: string;
  let repository: TufRepository;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'exequatur-refresh-'));
    repository = new TufRepository();
    const mirror = await repository.listen();
    const { trustedRoot } = readShippedRoot();
    repository.publish(trustedRoot);
    writeFileSync(join(folder, 'root.json'), repository.initialRoot);
    writeFileSync(join(folder, 'trusted.json'), trustedRoot);
    const start = `authentication: { dangerously_trust_asserted_subjects: true }
policy: { bundle: none.tar.gz }
catalogue: { folders: [none.json] }
`;
    writeFileSync(join(folder, 'plain.yaml'), start);
    writeFileSync(
      join(folder, 'config.yaml'),
      `${start}trust:
  roots:
    company: { source: tuf, mirror: "${mirror}", root: root.json, cache: kept, refresh: { retries: 0 } }
    lab: { source: file, path: trusted.json }
`,
    );
  });
  afterEach(async () => {
    await repository.close();
    rmSync(folder, { recursive: true });
  });

  async function run(...words: readonly string[]) {
    const ran: { out: string; err: string; exit: number | undefined } = { out: '', err: '', exit: undefined };
    await runCommandLine(['trust', 'refresh', ...words], {
      out: (text) => {
        ran.out += text;
      },
      err: (text) => {
        ran.err += text;
      },
      colour: false,
      cwd: folder,
      interrupted: new AbortController().signal,
      setExit: (code) => {
        ran.exit = code;
      },
    });
    return ran;
  }
  const report = async (...words: readonly string[]) => {
    const { out, exit } = await run('-c', 'config.yaml', '--json', ...words);
    const { fresh, roots } = Object(JSON.parse(out));
    return { exit, fresh, outcomes: roots.map(({ name, outcome }: Record<string, string>) => [name, outcome]) };
  };

  it('refreshes every root, keeps it, and says what came of each', async () => {
    assert.deepEqual(await report(), {
      exit: 0,
      fresh: true,
      outcomes: [
        ['company', 'refreshed'],
        ['lab', 'as_it_is'],
      ],
    });
    assert.ok(statSync(join(folder, 'kept', 'company.root.json')).isFile());
    const { out, exit } = await run('-c', 'config.yaml');
    assert.equal(exit, 0);
    assert.match(out, /^company {2}refreshed\n.*\n {2}sha256:\w{64}\nlab {2}as it is\n/);
  });

  it('fails where one is not refreshed, although the last good one counts on', async () => {
    await report();
    repository.status = 503;
    assert.deepEqual(await report('company'), { exit: 2, fresh: false, outcomes: [['company', 'failed']] });
    assert.match((await run('-c', 'config.yaml')).out, /root\.refresh_failed: .*the last good root counts on/);
  });

  it('fails where what was refreshed could not be kept', async () => {
    writeFileSync(join(folder, 'kept'), 'no folder');
    assert.deepEqual(await report('company'), { exit: 2, fresh: false, outcomes: [['company', 'failed']] });
  });

  it('refreshes only those that are named, and none that there is not', async () => {
    assert.deepEqual((await report('lab')).outcomes, [['lab', 'as_it_is']]);
    assert.deepEqual(repository.asked, []);
    const unknown = await run('-c', 'config.yaml', 'stranger');
    assert.deepEqual([unknown.exit, /^error usage: .*company, lab/.test(unknown.err)], [2, true], unknown.err);
    const none = await run('-c', 'plain.yaml');
    assert.deepEqual([none.exit, /^error trust\.no_roots: /.test(none.err)], [2, true], none.err);
  });
});
