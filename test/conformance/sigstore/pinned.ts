import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../../../src/model/digest.ts';
import { parseStrictJsonText } from '../../../src/model/strict-json.ts';
import { SUITE } from './suite.ts';

const file = new URL('./pinned.json', import.meta.url);

/** What stands in `bundle-verify` beside the cases and belongs to them: the artifact of those that have none of their own. */
const SHARED = 'a.txt';

/** By the name of each case's folder, and of what all share, the digest over names and contents: of the suite in a folder. */
export function digestsOf(suite: string): ReadonlyMap<string, string> {
  const assets = join(suite, 'bundle-verify');
  const cases = readdirSync(assets, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  return new Map([
    [SHARED, sha256(readFileSync(join(assets, SHARED)))],
    ...cases.map((name) => [name, digestOfFolder(join(assets, name))] as const),
  ]);
}

/** Where a suite is not the one at the commit that is pinned: a line for each case that is missing, added or changed; none: it is. */
export function differences(suite: string): readonly string[] {
  const pinned = pinnedDigests();
  const found = digestsOf(suite);
  const names = [...new Set([...pinned.keys(), ...found.keys()])].sort();
  const lines = names.flatMap((name) => {
    if (pinned.get(name) === found.get(name)) return [];
    if (!found.has(name)) return [`${name} is missing`];
    return [
      pinned.has(name) ? `${name} is not as at ${SUITE.commit}` : `${name} does not stand there at ${SUITE.commit}`,
    ];
  });
  // The list itself may have lost some.
  const cases = pinned.size - 1;
  return cases === SUITE.cases ? lines : [...lines, `pinned.json lists ${cases} cases instead of ${SUITE.cases}`];
}

function pinnedDigests(): ReadonlyMap<string, string> {
  const pinned: unknown = parseStrictJsonText(readFileSync(file, 'utf8'));
  return new Map(Object.entries(Object(pinned)).map(([name, digest]) => [name, String(digest)]));
}

function digestOfFolder(folder: string): string {
  const files = readdirSync(folder).sort();
  return sha256(Buffer.from(files.map((name) => `${name} ${sha256(readFileSync(join(folder, name)))}\n`).join('')));
}
