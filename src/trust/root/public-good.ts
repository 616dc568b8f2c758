import { readFileSync } from 'node:fs';
import { parseRfc3339 } from '../../model/clock.ts';
import { isJsonObject, member } from '../../model/json.ts';
import { parseStrictJson } from '../../model/strict-json.ts';
import { parseTrustRoot } from './parse-trust-root.ts';
import type { TrustRoot } from './trust-root.ts';

/** Sigstore's public-good instance as this version ships it. */
export type ShippedRoot = {
  /** The TrustedRoot file. */
  readonly trustedRoot: Uint8Array;
  /** The TUF repository's root.json to begin with. */
  readonly tufRoot: Uint8Array;
  /** When the package was released that it was taken from: it is at least so old. */
  readonly releasedAt: number;
};

/** Reads the files in `trust/`, which scripts/public-good-root.ts writes. */
export function readShippedRoot(): ShippedRoot {
  const source = parseStrictJson(readShipped('source'));
  const released = isJsonObject(source) ? member(source, 'released') : undefined;
  const releasedAt = typeof released === 'string' ? parseRfc3339(released) : undefined;
  if (releasedAt === undefined) throw new TypeError('trust/public-good.source.json says no time of its release');
  return { trustedRoot: readShipped('trusted_root'), tufRoot: readShipped('tuf_root'), releasedAt };
}

/** The shipped root, parsed: for whoever verifies by hand, without a configuration. */
export function publicGoodRoot(): TrustRoot {
  return parseTrustRoot(readShipped('trusted_root'));
}

function readShipped(name: string): Uint8Array {
  return readFileSync(new URL(`../../../trust/public-good.${name}.json`, import.meta.url));
}
