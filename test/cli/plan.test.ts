import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../../src/model/digest.ts';
import type { Json } from '../../src/model/json.ts';
import { parseBundle } from '../../src/trust/bundle/parse-bundle.ts';
import { type Change, planWith } from '../plan/documents.ts';
import { withFolder } from '../policy/temporary.ts';
import { codeOf, configWith, keyFiles, placesOf, printed, run } from './document-lab.ts';

/** A plan that is valid for long. */
function lasting({ set = {}, remove = [] }: Change = {}): string {
  return JSON.stringify(
    planWith({ set: { '/issued': '2020-01-01T00:00:00Z', '/expires': '2126-01-01T00:00:00Z', ...set }, remove }),
  );
}

const GOOD = lasting();
const HASH = sha256(GOOD);
const SCOPE =
  'vouches_for: { plan: {} }, scope: { servers: ["*"], tools: ["*"], plan_agents: ["*"], environments: [staging, production] }, highest_effect: destructive';
const FILES = {
  'plan.json': GOOD,
  'bad.json': lasting({ set: { '/order': 'sideways', '/steps/0/runs': 0 } }),
  'open.json': lasting({ set: { '/steps/0/arguments': { schema: {} } } }),
  'expired.json': lasting({ set: { '/expires': '2020-01-02T00:00:00Z' } }),
  'coming.json': lasting({ set: { '/issued': '2125-01-01T00:00:00Z' } }),
  ...keyFiles('board'),
  ...keyFiles('other'),
  'config.yaml': configWith({ board: SCOPE }, 'plan'),
};

describe('exequatur plan lint', () => {
  it('tells the problems of every file, each with its place, and ends with 2 for any', () =>
    withFolder(FILES, async (folder) => {
      const ran = await run(folder, 'plan', 'lint', 'plan.json', 'bad.json', 'open.json');
      assert.deepEqual([ran.err, ran.exit], ['', 2]);
      assert.match(
        ran.out,
        /^plan\.json: nothing to object to\nbad\.json: 2 problems\n {2}problem {2}\/order: must be .*\n {2}problem {2}\/steps\/0\/runs: must be .*\nopen\.json: 1 warning\n {2}warning {2}\/steps\/0\/arguments\/schema: /,
      );
      const json = await run(folder, 'plan', 'lint', 'plan.json', 'bad.json', '--json');
      assert.deepEqual([json.exit, printed(json).ok], [2, false]);
      assert.deepEqual(
        [0, 1].map((file) => placesOf(json, file)),
        [
          [[], []],
          [['/order', '/steps/0/runs'], []],
        ],
      );
    }));

  it('ends with 0 for warnings alone', () =>
    withFolder(FILES, async (folder) => {
      const ran = await run(folder, 'plan', 'lint', 'open.json', 'coming.json', '--json');
      assert.deepEqual([ran.exit, printed(ran).ok], [0, true]);
      assert.deepEqual(
        [placesOf(ran, 0), placesOf(ran, 1)],
        [
          [[], ['/steps/0/arguments/schema']],
          [[], ['/issued']],
        ],
      );
    }));

  it('takes an expired plan for a problem', () =>
    withFolder(FILES, async (folder) => {
      const ran = await run(folder, 'plan', 'lint', 'expired.json', '--json');
      assert.deepEqual([ran.exit, placesOf(ran)], [2, [['/expires'], []]]);
    }));

  it('tells more problems than an error spells out', () =>
    withFolder({ 'plan.json': lasting({ set: { '/steps': Array.from({ length: 50 }, () => 1) } }) }, async (folder) => {
      assert.equal(placesOf(await run(folder, 'plan', 'lint', 'plan.json', '--json'))[0].length, 50);
    }));

  it('says that a file is no JSON, and drives no terminal with what stands there', () =>
    withFolder({ 'a\u001b[2Jb.json': '{', 'plan.json': lasting({ set: { '/x\u202ey': 1 } }) }, async (folder) => {
      const ran = await run(folder, 'plan', 'lint', 'a\u001b[2Jb.json', 'plan.json');
      assert.equal(ran.exit, 2);
      assert.match(ran.out, /problem {2}the document: .* is not strict JSON: line 1/);
      for (const hidden of ['\u001b', '\u202e']) assert.ok(!ran.out.includes(hidden));
    }));

  it('compares steps with the tools of catalogues', () => {
    const definition = (name: string) => ({
      name,
      inputSchema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
    });
    const listed = (name: string, effect: string) => ({ version: '1', effect, definition: definition(name) });
    const catalogue = (id: string, server: string, ...tools: readonly Json[]) =>
      JSON.stringify({
        type: 'catalogue',
        id,
        version: 1,
        issued: '2020-01-01T00:00:00Z',
        expires: '2126-01-01T00:00:00Z',
        owner: 'Tests',
        servers: { [server]: { identity: { package: 'p', digest: `sha256:${'ab'.repeat(32)}` }, tools } },
      });
    const files = {
      'plan.json': GOOD,
      'wrong.json': lasting({ set: { '/steps/1/arguments': { exact: { name: 7 } }, '/steps/2/tool': 'kv/delete' } }),
      'a.json': catalogue('a', 'kubernetes', listed('pods_list', 'read'), listed('pods_delete', 'destructive')),
      'b.json': catalogue('b', 'vault', listed('kv/write', 'write')),
      'higher.json': catalogue('c', 'vault', listed('kv/write', 'destructive')),
      'lower.json': catalogue('d', 'vault', listed('kv/write', 'read')),
    };
    return withFolder(files, async (folder) => {
      const lint = async (plan: string, ...catalogues: readonly string[]) => {
        const given = catalogues.flatMap((file) => ['--catalogue', file]);
        const ran = await run(folder, 'plan', 'lint', '--json', ...given, plan);
        const places = placesOf(ran);
        assert.equal(ran.exit, places[0].length === 0 ? 0 : 2);
        return places;
      };
      assert.deepEqual(await lint('plan.json', 'a.json', 'b.json'), [[], []]);
      assert.deepEqual(await lint('plan.json', 'a.json'), [['/steps/2/tool'], []]);
      assert.deepEqual(await lint('plan.json', 'a.json', 'higher.json'), [['/steps/2/effect'], []]);
      assert.deepEqual(await lint('plan.json', 'a.json', 'lower.json'), [[], ['/steps/2/effect']]);
      assert.deepEqual(await lint('wrong.json', 'a.json', 'b.json'), [
        ['/steps/1/arguments/exact', '/steps/2/tool'],
        [],
      ]);
      const { out } = await run(folder, 'plan', 'lint', '--catalogue', 'a.json', '--catalogue', 'b.json', 'wrong.json');
      assert.match(out, /schema of kubernetes\/pods_delete: \/name: must be string\n/);
      const broken = await run(folder, 'plan', 'lint', '--json', '--catalogue', 'plan.json', 'plan.json');
      assert.equal(codeOf(broken), 'catalogue.invalid');
    });
  });

  it('is refused without a file, and for one that is missing', () =>
    withFolder({}, async (folder) => {
      assert.equal(codeOf(await run(folder, 'plan', 'lint', '--json')), 'usage');
      assert.equal(codeOf(await run(folder, 'plan', 'lint', 'none.json', '--json')), 'file.unreadable');
    }));
});

describe('exequatur plan sign', () => {
  const words = ['plan', 'sign', '--key', 'board.key', '--json'];

  it('writes the bundle beside the plan, by the name that it is loaded by', () =>
    withFolder(FILES, async (folder) => {
      const ran = await run(folder, ...words, 'plan.json');
      assert.equal(ran.err, '');
      const { signed } = printed(ran);
      assert.ok(typeof signed === 'object' && signed !== null && 'artifact' in signed);
      assert.deepEqual([signed.artifact, ran.exit], [HASH, 0]);
      const bundle = parseBundle(readFileSync(join(folder, 'plan.sigstore.json')), { allowCosignLegacy: false });
      assert.equal(bundle.statement, undefined);
      const verified = await run(
        folder,
        'verify',
        '--key',
        'board.pub',
        '-b',
        'plan.sigstore.json',
        'plan.json',
        '--json',
      );
      assert.equal(verified.exit, 0);
    }));

  it('signs nothing that has a problem, and says which', () =>
    withFolder(FILES, async (folder) => {
      for (const file of ['bad.json', 'expired.json']) {
        assert.equal(codeOf(await run(folder, ...words, file)), 'plan.invalid');
        assert.throws(() => readFileSync(join(folder, file.replace('.json', '.sigstore.json'))), { code: 'ENOENT' });
      }
      const { err } = await run(folder, 'plan', 'sign', '-k', 'board.key', 'bad.json');
      assert.match(err, /\n {2}\/order: must be .*\n {2}\/steps\/0\/runs: must be /);
    }));

  it('signs what has warnings, and tells them', () =>
    withFolder(FILES, async (folder) => {
      const { out, err, exit } = await run(folder, 'plan', 'sign', '-k', 'board.key', 'open.json');
      assert.equal(exit, 0);
      assert.match(err, /^warning {2}\/steps\/0\/arguments\/schema: /);
      assert.match(out, /^signed open\.sigstore\.json\n/);
    }));

  it('replaces a bundle when asked, and nothing else', () =>
    withFolder(FILES, async (folder) => {
      assert.equal(codeOf(await run(folder, ...words, 'plan.json')), undefined);
      assert.equal(codeOf(await run(folder, ...words, 'plan.json')), 'file.exists');
      assert.equal(codeOf(await run(folder, ...words, 'plan.json', '--force')), undefined);
      for (const [output, code] of [
        ['plan.json', 'sign.output_is_input'],
        ['board.key', 'sign.output_is_input'],
        ['bad.json', 'sign.output_not_bundle'],
      ] as const) {
        assert.equal(codeOf(await run(folder, ...words, 'plan.json', '--force', '--output', output)), code);
        assert.equal(readFileSync(join(folder, output), 'utf8'), new Map(Object.entries(FILES)).get(output));
      }
    }));

  it('takes no file for a document that is not named like one, unless the bundle is named', () =>
    withFolder({ ...FILES, plan: GOOD, 'a.sigstore.json': GOOD }, async (folder) => {
      assert.equal(codeOf(await run(folder, ...words, 'plan')), 'usage');
      assert.equal(codeOf(await run(folder, ...words, 'a.sigstore.json')), 'usage');
      assert.equal(codeOf(await run(folder, ...words, 'plan', '--output', 'plan.sigstore.json')), undefined);
    }));
});

describe('exequatur plan show', () => {
  it('shows whose it is, its steps and its hash, and that nothing was verified', () =>
    withFolder(FILES, async (folder) => {
      const { out, err, exit } = await run(folder, 'plan', 'show', 'plan.json');
      assert.deepEqual([err, exit], ['', 0]);
      for (const line of [
        /^plan deploy-42, version 3\n/,
        new RegExp(`\n {2}hash +${HASH}\n`),
        /\n {2}audience +production-eu\n {2}agent +release-bot of https:\/\/idp\.example\n {2}by way of +gateway-1 of https:\/\/idp\.example\n {2}session +session-7\n {2}environments +staging, production\n {2}order +strict/,
        /\nsignatures {2}not verified: there is no bundle\n/,
        /\n {2}1 {2}kubernetes\/pods_list {4}read {7} {2}up to 5 times\n +by schema \{"type":"object",.*\n/,
        /\n {2}2 {2}kubernetes\/pods_delete {2}destructive {2}once\n +exactly \{"name":"cart-0","namespace":"shop"\}\n/,
        /\n {2}3 {2}vault\/kv\/write {8} {2}write {6} {2}once\n +by digest sha256:(?:ab){32}\n/,
      ]) {
        assert.match(out, line);
      }
    }));

  it('shortens long arguments', () =>
    withFolder(
      { 'plan.json': lasting({ set: { '/steps/1/arguments': { exact: { text: 'x'.repeat(5000) } } } }) },
      async (folder) => {
        const { out } = await run(folder, 'plan', 'show', 'plan.json');
        assert.match(out, /exactly \{"text":"x{191}…\n/);
      },
    ));

  it('says who signed it and that it counts', () =>
    withFolder(FILES, async (folder) => {
      await run(folder, 'plan', 'sign', '-k', 'board.key', 'plan.json');
      const without = await run(folder, 'plan', 'show', 'plan.json');
      assert.match(without.out, /\nsignatures {2}not verified: plan\.sigstore\.json; give --config /);
      const { out, err, exit } = await run(folder, 'plan', 'show', '-c', 'config.yaml', 'plan.json');
      assert.deepEqual([err, exit], ['', 0]);
      assert.match(out, /^COUNTS {2}plan deploy-42, version 3\n/);
      assert.match(out, /\n {2}board +vouches +key sha256:/);
    }));

  const doubtful: readonly (readonly [string, string, string, Json])[] = [
    ['was signed by nobody', 'plan.json', '', 'unsigned'],
    ['was signed by somebody else', 'plan.json', 'other.key', 'key_unknown'],
    ['names what its signer may not vouch for', 'narrow.json', 'board.key', 'outside_scope'],
    ['counts in all environments, and its signer may vouch for two', 'everywhere.json', 'board.key', 'outside_scope'],
  ];
  for (const [name, file, key, code] of doubtful) {
    it(`says that one does not count that ${name}`, () =>
      withFolder(
        {
          ...FILES,
          'narrow.json': lasting({ set: { '/environments': ['test'] } }),
          'everywhere.json': lasting({ remove: ['/environments'] }),
        },
        async (folder) => {
          if (key !== '') await run(folder, 'plan', 'sign', '-k', key, file);
          const ran = await run(folder, 'plan', 'show', '-c', 'config.yaml', '--json', file);
          const { counts, verification } = printed(ran);
          assert.deepEqual([counts, ran.exit], [false, 2]);
          assert.ok(JSON.stringify(verification).includes(`"code":"${code}"`), JSON.stringify(verification));
          const { out } = await run(folder, 'plan', 'show', '-c', 'config.yaml', file);
          assert.match(out, /^DOES NOT COUNT {2}plan /);
          assert.ok(out.includes(`\n  ${code}`), out);
        },
      ));
  }

  it('says that one does not count that was changed since', () =>
    withFolder(FILES, async (folder) => {
      await run(folder, 'plan', 'sign', '-k', 'board.key', 'plan.json');
      writeFileSync(join(folder, 'plan.json'), `${GOOD}\n`);
      const ran = await run(folder, 'plan', 'show', '-c', 'config.yaml', '--json', 'plan.json');
      assert.deepEqual([printed(ran).counts, ran.exit], [false, 2]);
    }));

  it('says of a good signature over what has expired, or is still to come, that it does not count', () =>
    withFolder(FILES, async (folder) => {
      for (const [file, validity] of [
        ['expired.json', 'expired'],
        ['coming.json', 'not yet valid'],
      ] as const) {
        const bundle = file.replace('.json', '.sigstore.json');
        await run(folder, 'sign', '-k', 'board.key', '--output', bundle, file);
        const ran = await run(folder, 'plan', 'show', '-c', 'config.yaml', '--json', file);
        const { counts, validity: said, verification } = printed(ran);
        assert.deepEqual([counts, said, ran.exit], [false, validity, 2]);
        assert.ok(JSON.stringify(verification).startsWith('{"verified":true'));
        const { out } = await run(folder, 'plan', 'show', '-c', 'config.yaml', file);
        assert.match(
          out,
          new RegExp(`^DOES NOT COUNT {2}.*\\n(?:.*\\n)*? {2}(?:issued|expires) .* \\(${validity}\\)\\n`),
        );
      }
    }));

  it('finds the bundles of all who signed, and not those of another document', () =>
    withFolder({ ...FILES, 'plan.next.json': GOOD }, async (folder) => {
      await run(folder, 'plan', 'sign', '-k', 'board.key', '-o', 'plan.board.sigstore.json', 'plan.json');
      await run(folder, 'plan', 'sign', '-k', 'other.key', 'plan.json');
      await run(folder, 'plan', 'sign', '-k', 'other.key', 'plan.next.json');
      const bundles = async (...more: readonly string[]) =>
        printed(await run(folder, 'plan', 'show', '--json', ...more)).bundles;
      assert.deepEqual(await bundles('plan.json'), ['plan.board.sigstore.json', 'plan.sigstore.json']);
      assert.deepEqual(await bundles('plan.next.json'), ['plan.next.sigstore.json']);
      assert.deepEqual(await bundles('-b', 'plan.sigstore.json', 'plan.json'), ['plan.sigstore.json']);
      assert.equal((await run(folder, 'plan', 'show', '-c', 'config.yaml', 'plan.json')).exit, 0);
    }));

  it('prints it whole as JSON', () =>
    withFolder(FILES, async (folder) => {
      const ran = await run(folder, 'plan', 'show', '--json', 'plan.json');
      assert.deepEqual(printed(ran), {
        hash: HASH,
        validity: 'valid',
        counts: null,
        bundles: [],
        document: JSON.parse(GOOD),
        verification: null,
      });
    }));

  it('is refused for a plan that cannot be read, and for a configuration without trust', () =>
    withFolder(
      {
        ...FILES,
        'plain.yaml': FILES['config.yaml'].replace(/trust:.*$/s, ''),
      },
      async (folder) => {
        assert.equal(codeOf(await run(folder, 'plan', 'show', '--json', 'bad.json')), 'plan.invalid');
        const plain = await run(folder, 'plan', 'show', '--json', '-c', 'plain.yaml', 'plan.json');
        assert.equal(codeOf(plain), 'verify.no_trust');
      },
    ));
});
