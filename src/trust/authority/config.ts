import { z } from 'zod';
import { canonicalize } from '../../model/canonical.ts';
import { parseRfc3339 } from '../../model/clock.ts';
import { isJsonObject, type JsonObject } from '../../model/json.ts';
import { SIGNATURE_ALGORITHMS, type SignatureAlgorithm } from '../algorithm.ts';
import type { TextMatch } from './authority.ts';
import { matchesAnybody, matchesAnyIssuer, narrows } from './breadth.ts';
import { CLAIM_NAMES } from './claims.ts';
import { byName, nameText, refuseTwice } from './names.ts';
import { isPrintableAscii, MAX_TEXT, patternProblem } from './pattern.ts';
import { algorithmOf, type KeyReading, readJwk, readPem } from './public-key.ts';

/** Keys or identities of one authority, and entries of each of its lists of globs. */
const MAX_KEYS = 16;
const MAX_IDENTITIES = 64;
const MAX_GLOBS = 1000;

const time = z
  .string()
  .refine(
    (text) => parseRfc3339(text) !== undefined,
    'must be a time of RFC 3339 with its offset, such as 2026-11-21T14:03:00Z',
  );

const key = z
  .strictObject({
    /** A file with one PEM block `PUBLIC KEY`, or with a JWK. */
    path: z.string().min(1).optional(),
    pem: z.string().max(65_536).optional(),
    /** A public JWK (RFC 7517). */
    jwk: z.record(z.string(), z.unknown()).optional(),
    /** The one algorithm that the key signs with. Default: for P-256 and Ed25519 the natural one; elsewhere it must be named. */
    algorithm: z.enum(SIGNATURE_ALGORITHMS).optional(),
    /** RFC 3339. Signatures made before do not count. */
    valid_from: time.optional(),
    /** RFC 3339, inclusive. Signatures made later do not count. */
    valid_to: time.optional(),
    /** RFC 3339. Signatures made then or later do not count; those of which nothing verified says when, do not count from then on. */
    revoked_at: time.optional(),
  })
  .superRefine((found, context) => {
    const given = [found.path, found.pem, found.jwk].filter((one) => one !== undefined);
    if (given.length !== 1) context.addIssue({ code: 'custom', message: 'must have exactly one of path, pem and jwk' });
    if (found.pem !== undefined) reportKey(readPem(found.pem), 'pem', found.algorithm, context);
    if (isJsonObject(found.jwk)) reportKey(readJwk(plainJson(found.jwk)), 'jwk', found.algorithm, context);
    const [from, to] = [found.valid_from, found.valid_to].map((text) => text && parseRfc3339(text));
    if (typeof from === 'number' && typeof to === 'number' && from > to) {
      context.addIssue({ code: 'custom', path: ['valid_to'], message: 'lies before valid_from' });
    }
  });

function reportKey(
  reading: KeyReading,
  member: 'pem' | 'jwk',
  algorithm: SignatureAlgorithm | undefined,
  context: z.RefinementCtx,
): void {
  const result = 'problem' in reading ? reading : algorithmOf(reading, algorithm);
  if (typeof result === 'object') context.addIssue({ code: 'custom', path: [member], message: result.problem });
}

/** YAML has values that JSON has not (`.nan`); they go as they come, and are no key. */
function plainJson(value: { readonly [member: string]: unknown }): JsonObject | null {
  const json: unknown = JSON.parse(JSON.stringify(value));
  return isJson(json) ? json : null;
}

function isJson(value: unknown): value is JsonObject {
  return isJsonObject(value);
}

const exact = z
  .string()
  .min(1)
  .max(MAX_TEXT, `must have ${MAX_TEXT} characters at most`)
  .refine(isPrintableAscii, 'must be printable ASCII: identities are nothing else')
  .refine((text) => text.trim() === text, 'must not begin or end with a blank')
  .refine((text) => !text.includes('*') && !/^\^|\$$/.test(text), {
    error: 'is compared character by character, so *, a leading ^ and a trailing $ stand for themselves; use a pattern',
  });

const pattern = z.string().superRefine((text, context) => {
  const problem = patternProblem(text);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});

const claim = z.union([exact, z.strictObject({ pattern })], {
  error: 'must be a text that is compared exactly, or { pattern: ^…$ } anchored at both ends',
});

const identity = z
  .strictObject({
    /** The OIDC issuer: exactly, or by an RE2 pattern anchored at both ends. */
    issuer: exact.optional(),
    issuer_pattern: pattern.optional(),
    /** The certificate's subject alternative name: exactly, or by such a pattern. */
    subject: exact.optional(),
    subject_pattern: pattern.optional(),
    /** What the certificate must carry besides, by the names of Fulcio's extensions. */
    claims: z.strictObject(Object.fromEntries(CLAIM_NAMES.map((name) => [name, claim.optional()]))).default({}),
  })
  .superRefine((found, context) => {
    const issuer = oneOf('issuer', found.issuer, found.issuer_pattern, context);
    const subject = oneOf('subject', found.subject, found.subject_pattern, context);
    if (issuer !== undefined && matchesAnyIssuer(issuer)) {
      const message = 'matches any issuer; name the one, or those, that count';
      context.addIssue({ code: 'custom', path: ['issuer_pattern'], message });
    }
    const narrowed = CLAIM_NAMES.some((name) => {
      const asked = found.claims[name];
      return asked !== undefined && narrows(name, textMatch(asked));
    });
    if (subject !== undefined && !narrowed && matchesAnybody(subject)) {
      const message =
        'matches whoever has an account there; name the owner in it, or ask for claims such as source_repository_owner_identifier';
      context.addIssue({ code: 'custom', path: ['subject_pattern'], message });
    }
  });

/** Exactly one of the two; what is wrong is reported under its name. */
function oneOf(
  name: 'issuer' | 'subject',
  text: string | undefined,
  expression: string | undefined,
  context: z.RefinementCtx,
): TextMatch | undefined {
  if ((text === undefined) === (expression === undefined)) {
    const message = `must be given as ${name} or as ${name}_pattern, and not as both: no identity goes without issuer and subject`;
    context.addIssue({ code: 'custom', path: [name], message });
    return undefined;
  }
  if (text !== undefined) return { exact: text };
  return expression === undefined ? undefined : { pattern: expression };
}

/** How a claim of the configuration is compared. */
export function textMatch(found: string | { readonly pattern: string }): TextMatch {
  return typeof found === 'string' ? { exact: found } : found;
}

/** A URI, as a Statement names the type of its predicate. */
const predicateType = z
  .string()
  .max(MAX_TEXT)
  .regex(/^[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]+$/, 'must be a URI, such as https://slsa.dev/provenance/v1');

const globs = z
  .array(z.string().min(1).max(512))
  .max(MAX_GLOBS)
  .superRefine((list, context) => refuseTwice(list, [], context))
  .default([]);

const attestation = z.strictObject({
  name: nameText,
  predicate_type: predicateType,
  /** Authorities whose signature under the attestation counts; one is enough. They need not vouch for anything. */
  by: z.array(nameText).min(1).max(64),
  /** JSON Schema on the predicate, or the path of a file that holds it. Default: any predicate. */
  schema: z.union([z.string().min(1), z.record(z.string(), z.unknown())]).optional(),
});

const MAX_THRESHOLD = 8;
const threshold = z.int().min(0).max(MAX_THRESHOLD).optional();

const authority = z
  .strictObject({
    /** Keyed: the keys whose signatures count. */
    keys: z.array(key).min(1).max(MAX_KEYS).optional(),
    /** Keyless: the identities whose signatures count, by certificates of the root. */
    identities: z.array(identity).min(1).max(MAX_IDENTITIES).optional(),
    /** A name of `trust.roots`. Keyless: required. Keyed: what its log entries and timestamps are verified against. */
    root: nameText.optional(),
    /**
     * The kinds of document. `predicate_type`: a Statement of this type vouches, and nothing else; without: a signature over the document
     * itself, and nothing else.
     */
    vouches_for: byName(z.strictObject({ predicate_type: predicateType.optional() }), 64).default({}),
    /** What a document may name, by globs (`*` stands for any run of characters). A list left out allows nothing; ["*"] allows all. */
    scope: z
      .strictObject({
        servers: globs,
        /** `SERVER/TOOL`. */
        tools: globs,
        plan_agents: globs,
        environments: globs,
      })
      .prefault({}),
    /** The highest effect that a document may declare. */
    highest_effect: z.enum(['read', 'write', 'destructive']).default('read'),
    /** What must come besides its signature. */
    attestations: z.array(attestation).max(16).default([]),
    /** Distinct operators that must vouch. Default: keyless 1 each, keyed none. */
    thresholds: z.strictObject({ logs: threshold, timestamps: threshold, scts: threshold }).prefault({}),
    /** `cosign_legacy` is cosign's own bundle, which proves no inclusion in its log. */
    formats: z
      .array(z.enum(['sigstore', 'cosign_legacy']))
      .min(1)
      .superRefine((list, context) => refuseTwice(list, [], context))
      .refine((list) => list.includes('sigstore'), 'must name sigstore; cosign_legacy is read besides')
      .default(['sigstore']),
  })
  .superRefine((found, context) => {
    const { keys, identities, root, thresholds } = found;
    const report = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    if ((keys === undefined) === (identities === undefined)) {
      report([], 'must have keys or identities, and not both; give each an authority of its own');
    }
    if (identities !== undefined && root === undefined) {
      report(['root'], 'is missing: keyless signatures are verified against a root of trust.roots');
    }
    if (identities !== undefined && thresholds.timestamps === 0) {
      report(['thresholds', 'timestamps'], 'must be 1 or more: a certificate of minutes says nothing without a time');
    }
    if (keys !== undefined && root === undefined) {
      for (const [name, value] of Object.entries(thresholds)) {
        if (value !== undefined && value > 0)
          report(['thresholds', name], 'cannot be met without a root; name one of trust.roots');
      }
    }
    if (keys !== undefined && (thresholds.scts ?? 0) > 0) {
      report(['thresholds', 'scts'], 'cannot be met by a key, which has no certificate; remove it');
    }
    if (identities !== undefined) refuseTwice(identities, ['identities'], context, (one) => JSON.stringify(one));
    refuseTwice(found.attestations, ['attestations'], context, (one) => one.name);
    for (const [kind, members] of SCOPE_OF_KINDS) {
      if (!Object.hasOwn(found.vouches_for, kind)) continue;
      for (const name of members.filter((one) => found.scope[one].length === 0)) {
        report(['scope', name], `allows nothing, so no ${kind} would ever pass; list what may be named, or ["*"]`);
      }
    }
  });

/** What a document of these kinds always names: a scope that allows none of it is a mistake. */
const SCOPE_OF_KINDS = [
  ['tool', ['servers', 'tools']],
  ['catalogue', ['servers', 'tools']],
  ['plan', ['plan_agents']],
] as const;

/** The configuration's `trust.authorities`, by name. */
export const authoritiesConfig = byName(authority, 256).default({});

/** One authority as configured, defaults filled in. */
export type AuthorityConfig = z.infer<typeof authority>;
export type KeyConfig = z.infer<typeof key>;
export type IdentityConfig = z.infer<typeof identity>;

/** Combines authorities: at least so many of these must vouch for a document of one of these kinds. All rules of a kind must hold. */
const rule = z
  .strictObject({
    name: nameText,
    kinds: z.array(nameText).min(1).max(64),
    authorities: z.array(nameText).min(1).max(64),
    /** Of the authorities, by signers that differ: one key or identity counts once in a rule, whatever names it goes by. */
    at_least: z.int().min(1).default(1),
  })
  .superRefine((found, context) => {
    refuseTwice(found.kinds, ['kinds'], context);
    refuseTwice(found.authorities, ['authorities'], context);
    if (found.at_least > found.authorities.length) {
      context.addIssue({
        code: 'custom',
        path: ['at_least'],
        message: `asks for ${found.at_least} of ${found.authorities.length} authorities; name more, or lower it`,
      });
    }
  });

/** The configuration's `trust.rules`. */
export const rulesConfig = z
  .array(rule)
  .max(256)
  .superRefine((rules, context) => refuseTwice(rules, [], context, (one) => one.name))
  .default([]);

export type RuleConfig = z.infer<typeof rule>;

/** A JSON Schema of the configuration as JSON. */
export function schemaJson(schema: Readonly<Record<string, unknown>>): JsonObject {
  const json = plainJson(schema);
  if (json === null) throw new TypeError('the schema is no JSON object');
  // Refuses what RFC 8785 has no form for.
  canonicalize(json);
  return json;
}
