import { readFileSync } from 'node:fs';

const MIRROR = 'https://tuf-repo-cdn.sigstore.dev';

type Seeds = Record<string, { 'root.json': string; targets: Record<string, string> } | undefined>;

/**
 * The files of trust/ as the installed @sigstore/tuf gives them. The time of its release stands in no file of the package: it is
 * taken from what was written before, unless the package has changed since.
 */
export function publicGoodFiles(released?: string): ReadonlyMap<string, Buffer> {
  const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
  const { version } = read('../node_modules/@sigstore/tuf/package.json') as { version: string };
  const source = `@sigstore/tuf@${version}`;
  const before = released === undefined ? (read('../trust/public-good.source.json') as Record<string, string>) : {};
  const time = released ?? (before.package === source ? before.released : undefined);
  if (time === undefined) throw new Error(`${source} is another package than before: say --released TIME`);
  const seed = (read('../node_modules/@sigstore/tuf/seeds.json') as Seeds)[MIRROR];
  const target = seed?.targets['trusted_root.json'];
  if (seed === undefined || target === undefined) throw new Error(`${source} carries no trusted root of ${MIRROR}`);
  return new Map([
    ['public-good.trusted_root.json', Buffer.from(target, 'base64')],
    ['public-good.tuf_root.json', Buffer.from(seed['root.json'], 'base64')],
    ['public-good.source.json', Buffer.from(`${JSON.stringify({ package: source, released: time }, null, 2)}\n`)],
  ]);
}
