import { createPublicKey } from 'node:crypto';
import type { Sha256Digest } from '../../model/digest.ts';
import type { JsonObject } from '../../model/json.ts';
import { type ArgumentsCheck, createSchemaCompiler } from '../../schema/schema.ts';
import type { Authority, PinnedKey } from './authority.ts';
import { compileIdentity, type IdentityMatcher } from './identity.ts';
import { keyDigest } from './public-key.ts';
import { type AuthoritySource, authorityDigest, type KeySource } from './source.ts';

/** An authority with what it compares compiled. */
export type CompiledAuthority = Authority & {
  /** Empty for a keyed one. */
  readonly matchers: readonly IdentityMatcher[];
  /** By name of the attestation, those that have a schema. */
  readonly predicateChecks: ReadonlyMap<string, ArgumentsCheck>;
};

/**
 * Compiles an authority: keys read, patterns and schemas ready to run.
 *
 * @throws TypeError, CodedError `schema.unusable`, or node:crypto's errors for a source that `loadAuthorities` did not make
 */
export function compileAuthority(source: AuthoritySource): CompiledAuthority {
  const digest = authorityDigest(source);
  const known = compiled.get(digest);
  if (known !== undefined) return known;
  const authority = compile(source, digest);
  if (compiled.size >= MOST_COMPILED) compiled.clear();
  compiled.set(digest, authority);
  return authority;
}

/** Under their digests, so nothing in it ever grows old; a schema takes milliseconds to compile, and every document asks again. */
const compiled = new Map<Sha256Digest, CompiledAuthority>();
const MOST_COMPILED = 512;

function compile(source: AuthoritySource, digest: Sha256Digest): CompiledAuthority {
  const { name, signer, scope, highestEffect, attestations, thresholds, allowsCosignLegacy } = source;
  return {
    name,
    digest,
    signer: signer.mode === 'keyed' ? { ...signer, keys: signer.keys.map(pinnedKey) } : signer,
    vouchesFor: new Map(Object.entries(source.vouchesFor)),
    scope,
    highestEffect,
    attestations,
    thresholds,
    allowsCosignLegacy,
    matchers: signer.mode === 'keyless' ? signer.identities.map(compileIdentity) : [],
    predicateChecks: new Map(
      attestations.flatMap((needed) =>
        needed.schema === undefined ? [] : [[needed.name, compilePredicate(needed.schema)] as const],
      ),
    ),
  };
}

function compilePredicate(schema: JsonObject): ArgumentsCheck {
  return createSchemaCompiler({ unknownKeywords: 'refused' })(schema);
}

function pinnedKey({ pem, ...pinned }: KeySource): PinnedKey {
  const key = createPublicKey({ key: pem, format: 'pem' });
  return { ...pinned, digest: keyDigest(key), key };
}
