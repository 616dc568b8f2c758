import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseCatalogue } from '../../src/catalogue/document.ts';
import { sha256 } from '../../src/model/digest.ts';
import { withFolder } from '../policy/temporary.ts';
import { thrownWith } from '../thrown.ts';
import { runCatalogue } from './catalogue-command.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const SERVERS = join(root, 'node_modules/@modelcontextprotocol');

type Entry = { effect?: string; proposed_effect?: { effect: string } };

/** What a reviewer does who agrees with every proposal. */
function review(file: string): string {
  const document = JSON.parse(readFileSync(file, 'utf8'));
  const servers: { tools: Entry[] }[] = Object.values(document.servers);
  for (const entry of servers.flatMap(({ tools }) => tools)) {
    if (entry.proposed_effect === undefined) continue;
    entry.effect = entry.proposed_effect.effect;
    delete entry.proposed_effect;
  }
  writeFileSync(file, JSON.stringify(document, null, 2));
  return JSON.stringify(document);
}

describe('an imported catalogue', () => {
  for (const [server, args] of [
    ['filesystem', [join(SERVERS, 'server-filesystem/dist/index.js'), root]],
    ['everything', [join(SERVERS, 'server-everything/dist/index.js')]],
  ] as const) {
    it(`of server-${server} is refused until it is reviewed, then it is a catalogue; its next version keeps the review`, () =>
      withFolder({}, async (folder) => {
        const [file, next] = [join(folder, `${server}.json`), join(folder, 'next.json')];
        const identity = [
          '--package',
          `pkg:npm/%40modelcontextprotocol/server-${server}@2026.8.31`,
          '--package-digest',
          sha256(server),
        ];
        const from = ['--server', server, ...identity];
        const program = ['--stdio', '--', process.execPath, ...args];
        const first = await runCatalogue(folder, [
          'import',
          ...from,
          '--id',
          server,
          '--owner',
          'platform',
          ...program,
        ]);
        assert.equal(first.exit, 0, first.error?.message ?? 'ended badly');
        const unreviewed = thrownWith('catalogue.invalid', () => parseCatalogue(readFileSync(file), file));
        assert.match(unreviewed.message, /proposed_effect/);

        const reviewed = Buffer.from(review(file));
        const { header, about } = parseCatalogue(reviewed, file);
        assert.deepEqual([header.type, header.id, header.version], ['catalogue', server, 1]);
        assert.deepEqual(about.servers, [server]);
        assert.ok((about.tools?.length ?? 0) >= 10);

        const second = await runCatalogue(folder, [
          'import',
          ...from,
          '--update',
          file,
          '--output',
          next,
          '--json',
          ...program,
        ]);
        assert.equal(second.exit, 0, second.error?.message ?? 'ended badly');
        assert.deepEqual(JSON.parse(second.out).imported.proposed, { read: 0, write: 0, destructive: 0 });
        assert.equal(parseCatalogue(readFileSync(next), next).header.version, 2);
        const { out } = await runCatalogue(folder, ['diff', '--json', file, next]);
        const { document, servers } = JSON.parse(out);
        assert.deepEqual(
          [document.map(({ pointer }: { pointer: string }) => pointer), servers],
          [['/version', '/issued', '/expires'], []],
        );
      }));
  }
});
