import { readBounded } from '../../durable/bounded-read.ts';
import { CodedError, codeOf } from '../../errors.ts';
import { parseRfc3339 } from '../../model/clock.ts';
import { isJsonObject, type Json, type JsonObject } from '../../model/json.ts';
import { printable } from '../../model/printable.ts';
import { parseStrictJson } from '../../model/strict-json.ts';
import { createSchemaCompiler } from '../../schema/schema.ts';
import type { IdentityRule, NeededAttestation, Rule, TextMatch, Thresholds } from './authority.ts';
import { CLAIM_NAMES, type ClaimName } from './claims.ts';
import type { AuthorityConfig } from './config.ts';
import { type IdentityConfig, textMatch } from './identity-config.ts';
import type { KeyConfig } from './key-config.ts';
import { schemaJson } from './plain-json.ts';
import { algorithmOf, type KeyReading, keyDigest, readJwk, readPem } from './public-key.ts';
import type { RuleConfig } from './rule-config.ts';
import type { AuthoritySource, KeySource } from './source.ts';

const MAX_FILE_BYTES = 256 * 1024;

/** What `loadAuthorities` takes of the configuration's `trust`. */
type AuthoritiesToLoad = { readonly authorities: Readonly<Record<string, AuthorityConfig>> };

/**
 * Reads the keys and schemas that the configuration names, and fills in what it leaves open.
 *
 * @param resolvePath what a relative path of the configuration is meant against
 * @throws CodedError `config.invalid`, whose message lists every problem with its place and remedy
 */
export function loadAuthorities(
  { authorities }: AuthoritiesToLoad,
  resolvePath: (path: string) => string,
): readonly AuthoritySource[] {
  const problems: string[] = [];
  const report: Report = (place, what) => {
    problems.push(printable(`trust.authorities.${place}: ${what}`, 5000));
  };
  const sources = Object.entries(authorities).flatMap(
    ([name, config]) => loadAuthority(name, config, resolvePath, report) ?? [],
  );
  if (problems.length > 0) {
    throw new CodedError('config.invalid', `the authorities cannot be used:\n  ${problems.join('\n  ')}`, {
      detail: { problems: problems.length },
    });
  }
  return sources;
}

/** The configuration's rules, as verification takes them. */
export function loadRules(rules: readonly RuleConfig[]): readonly Rule[] {
  return rules.map(({ name, kinds, authorities, at_least }) => ({ name, kinds, authorities, atLeast: at_least }));
}

type Report = (place: string, what: string) => void;
type ResolvePath = (path: string) => string;

function loadAuthority(
  name: string,
  config: AuthorityConfig,
  resolvePath: ResolvePath,
  report: Report,
): AuthoritySource | undefined {
  const signer = loadSigner(name, config, resolvePath, report);
  if (signer === undefined) return undefined;
  const usual = signer.mode === 'keyless' ? 1 : 0;
  const { scope, highest_effect, vouches_for, formats, thresholds } = config;
  return {
    name,
    signer,
    vouchesFor: Object.fromEntries(
      Object.entries(vouches_for).map(([kind, { predicate_type }]) => [
        kind,
        predicate_type === undefined ? {} : { predicateType: predicate_type },
      ]),
    ),
    scope: {
      servers: scope.servers,
      tools: scope.tools,
      planAgents: scope.plan_agents,
      environments: scope.environments,
    },
    highestEffect: highest_effect,
    attestations: config.attestations.map((one, index) =>
      loadAttestation(`${name}.attestations.${index}`, one, resolvePath, report),
    ),
    thresholds: thresholdsOf(thresholds, usual),
    allowsCosignLegacy: formats.includes('cosign_legacy'),
  };
}

function thresholdsOf(given: AuthorityConfig['thresholds'], usual: number): Thresholds {
  return { logs: given.logs ?? usual, timestamps: given.timestamps ?? usual, scts: given.scts ?? usual };
}

function loadSigner(
  name: string,
  { keys, identities, root }: AuthorityConfig,
  resolvePath: ResolvePath,
  report: Report,
): AuthoritySource['signer'] | undefined {
  if (identities !== undefined && root !== undefined) {
    return { mode: 'keyless', identities: identities.map(identityRule), root };
  }
  if (keys === undefined) {
    report(name, 'must have keys, or identities and a root');
    return undefined;
  }
  const seen = new Set<string>();
  const loaded = keys.flatMap((config, index) => {
    const place = `${name}.keys.${index}`;
    const reading = readKey(config, resolvePath);
    const algorithm = 'problem' in reading ? reading : algorithmOf(reading, config.algorithm);
    if ('problem' in reading || typeof algorithm === 'object') {
      report(`${place}${memberOf(config)}`, typeof algorithm === 'object' ? algorithm.problem : '');
      return [];
    }
    const digest = keyDigest(reading.key);
    if (seen.has(digest)) report(place, `is the key ${digest}, which stands there already; remove one`);
    seen.add(digest);
    return [keySource(reading, algorithm, config)];
  });
  return { mode: 'keyed', keys: loaded, ...(root !== undefined && { root }) };
}

function memberOf({ path, pem }: KeyConfig): string {
  if (path !== undefined) return '.path';
  return pem === undefined ? '.jwk' : '.pem';
}

function readKey({ path, pem, jwk }: KeyConfig, resolvePath: ResolvePath): KeyReading {
  if (pem !== undefined) return readPem(pem);
  if (jwk !== undefined) return readJwk(schemaJson(jwk));
  if (path === undefined) return { problem: 'must have one of path, pem and jwk' };
  const file = readFile(resolvePath(path));
  if ('problem' in file) return file;
  const text = new TextDecoder().decode(file.bytes);
  if (!text.trimStart().startsWith('{')) return readPem(text);
  const json = parsed(file.bytes);
  // The parser's message could repeat a part of what may be a private key.
  return json === undefined ? { problem: 'is no JSON that can be read' } : readJwk(json);
}

function keySource(
  { key }: Extract<KeyReading, { readonly key: unknown }>,
  algorithm: KeySource['algorithm'],
  { valid_from, valid_to, revoked_at }: KeyConfig,
): KeySource {
  const [validFrom, validTo, revokedAt] = [valid_from, valid_to, revoked_at].map((text) =>
    text === undefined ? undefined : parseRfc3339(text),
  );
  return {
    pem: key.export({ type: 'spki', format: 'pem' }).toString(),
    algorithm,
    ...(validFrom !== undefined && { validFrom }),
    ...(validTo !== undefined && { validTo }),
    ...(revokedAt !== undefined && { revokedAt }),
  };
}

function identityRule(config: IdentityConfig): IdentityRule {
  const claims: Partial<Record<ClaimName, TextMatch>> = {};
  for (const name of CLAIM_NAMES) {
    const claim = config.claims[name];
    if (claim !== undefined) claims[name] = textMatch(claim);
  }
  return {
    issuer: textOf(config.issuer, config.issuer_pattern),
    subject: textOf(config.subject, config.subject_pattern),
    claims,
  };
}

function textOf(exact: string | undefined, pattern: string | undefined): TextMatch {
  if (exact !== undefined) return { exact };
  if (pattern !== undefined) return { pattern };
  throw new TypeError('an identity without issuer or subject passed the schema');
}

function loadAttestation(
  place: string,
  { name, predicate_type, by, schema }: AuthorityConfig['attestations'][number],
  resolvePath: ResolvePath,
  report: Report,
): NeededAttestation {
  const needed = { name, predicateType: predicate_type, by };
  if (schema === undefined) return needed;
  const json = typeof schema === 'string' ? readSchema(resolvePath(schema)) : schemaJson(schema);
  if (typeof json === 'string') {
    report(`${place}.schema`, json);
    return needed;
  }
  try {
    createSchemaCompiler({ unknownKeywords: 'refused' })(json);
  } catch (thrown) {
    if (!(thrown instanceof CodedError)) throw thrown;
    report(`${place}.schema`, thrown.message);
  }
  return { ...needed, schema: json };
}

/** The schema in a file, or what is wrong. */
function readSchema(file: string): JsonObject | string {
  const read = readFile(file);
  if ('problem' in read) return read.problem;
  const json = parsed(read.bytes);
  return isJsonObject(json) ? json : `${file} holds no JSON object; give a JSON Schema`;
}

function parsed(bytes: Uint8Array): Json | undefined {
  try {
    return parseStrictJson(bytes, { maxBytes: MAX_FILE_BYTES, maxDepth: 64 });
  } catch {
    return undefined;
  }
}

function readFile(file: string): { readonly bytes: Uint8Array } | { readonly problem: string } {
  const read = readBounded(file, MAX_FILE_BYTES);
  if ('bytes' in read) return read;
  switch (read.problem) {
    case 'no_file':
      return { problem: `${file} is no file; name one` };
    case 'too_large':
      return { problem: `${file} is larger than ${MAX_FILE_BYTES} bytes` };
    case 'unreadable':
      return { problem: `cannot read ${file} (${codeOf(read.cause) ?? 'unknown error'}); name an existing file` };
  }
}
