import { readFileSync } from 'node:fs';
import { parseRfc3339 } from '../../model/clock.ts';
import { isJsonObject, member } from '../../model/json.ts';
import { parseStrictJson } from '../../model/strict-json.ts';

/** The public-good instance as this version ships it. */
export type ShippedRoot = {
  /** The TrustedRoot file. */
  readonly trustedRoot: Uint8Array;
  /** The TUF repository's root.json to begin with. */
  readonly tufRoot: Uint8Array;
  /** When the package was released that it was taken from: it is at least so old. */
  readonly releasedAt: number;
};

/** Reads the files in `trust/`, which scripts/public-good-root.ts writes. */
export function shippedRoot(): ShippedRoot {
  const read = (name: string) => readFileSync(new URL(`../../../trust/public-good.${name}.json`, import.meta.url));
  const source = parseStrictJson(read('source'));
  const released = isJsonObject(source) ? member(source, 'released') : undefined;
  const releasedAt = typeof released === 'string' ? parseRfc3339(released) : undefined;
  if (releasedAt === undefined) throw new TypeError('trust/public-good.source.json says no time of its release');
  return { trustedRoot: read('trusted_root'), tufRoot: read('tuf_root'), releasedAt };
}
