import { readFileSync } from 'node:fs';
import { z } from 'zod';

const MIRROR = 'https://tuf-repo-cdn.sigstore.dev';

const manifest = z.object({ version: z.string() });
const seeds = z.record(z.string(), z.object({ 'root.json': z.string(), targets: z.record(z.string(), z.string()) }));
const written = z.object({ package: z.string(), released: z.string() });

/**
 * The files of trust/ as the installed @sigstore/tuf gives them. The time of its release stands in no file of the package: it is
 * taken from what was written before, unless the package has changed since.
 */
export function publicGoodFiles(released?: string): ReadonlyMap<string, Buffer> {
  const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
  const { version } = manifest.parse(read('../node_modules/@sigstore/tuf/package.json'));
  const source = `@sigstore/tuf@${version}`;
  const time = released ?? releasedBefore(source, () => read('../trust/public-good.source.json'));
  if (time === undefined) throw new Error(`${source} is another package than before: say --released TIME`);
  const seed = seeds.parse(read('../node_modules/@sigstore/tuf/seeds.json'))[MIRROR];
  const target = seed?.targets['trusted_root.json'];
  if (seed === undefined || target === undefined) throw new Error(`${source} carries no trusted root of ${MIRROR}`);
  return new Map([
    ['public-good.trusted_root.json', Buffer.from(target, 'base64')],
    ['public-good.tuf_root.json', Buffer.from(seed['root.json'], 'base64')],
    ['public-good.source.json', Buffer.from(`${JSON.stringify({ package: source, released: time }, null, 2)}\n`)],
  ]);
}

function releasedBefore(source: string, read: () => unknown): string | undefined {
  const before = written.parse(read());
  return before.package === source ? before.released : undefined;
}
