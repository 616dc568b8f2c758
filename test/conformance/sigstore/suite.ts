import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../../../src/model/digest.ts';

/** Where the suite comes from, the commit that its cases were taken at, and how many there are. */
export const SUITE = {
  repository: 'https://github.com/sigstore/sigstore-conformance',
  commit: 'a73de49',
  folder: 'test/assets',
  cases: 70,
} as const;

/** What the suite asks for where a case does not say (its README). */
const IDENTITY =
  'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main';
const ISSUER = 'https://token.actions.githubusercontent.com';

/** One case in one form: the words after the client's name, and what must come of them. */
export type Case = {
  readonly name: string;
  readonly by: 'path' | 'digest';
  readonly words: readonly string[];
  readonly mustVerify: boolean;
};

/** Every folder of `bundle-verify`, by path and by digest, in alphabetical order. */
export function casesIn(suite: string): readonly Case[] {
  const assets = join(suite, 'bundle-verify');
  return readdirSync(assets, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
    .flatMap((name) => (['path', 'digest'] as const).map((by) => caseOf(assets, name, by)));
}

function caseOf(assets: string, name: string, by: Case['by']): Case {
  const own = (file: string): string | undefined => {
    const path = join(assets, name, file);
    return existsSync(path) ? path : undefined;
  };
  const text = (file: string): string | undefined => {
    const path = own(file);
    return path === undefined ? undefined : readFileSync(path, 'utf8').trim();
  };
  const artifact = own('artifact') ?? join(assets, 'a.txt');
  const key = own('key.pub');
  const root = own('trusted_root.json');
  return {
    name,
    by,
    words: [
      'verify-bundle',
      '--bundle',
      join(assets, name, 'bundle.sigstore.json'),
      ...(key === undefined
        ? [
            '--certificate-identity',
            text('identity') ?? IDENTITY,
            '--certificate-oidc-issuer',
            text('issuer') ?? ISSUER,
          ]
        : ['--key', key]),
      ...(root === undefined ? [] : ['--trusted-root', root]),
      by === 'path' ? artifact : sha256(readFileSync(artifact)),
    ],
    mustVerify: !name.endsWith('_fail'),
  };
}
