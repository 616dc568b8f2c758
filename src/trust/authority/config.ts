import { z } from 'zod';
import { identityConfig } from './identity-config.ts';
import { keyConfig } from './key-config.ts';
import { byName, nameText, refuseTwice } from './names.ts';
import { MAX_TEXT } from './pattern.ts';

/** Keys or identities of one authority, and entries of each of its lists of globs. */
const MAX_KEYS = 16;
const MAX_IDENTITIES = 64;
const MAX_GLOBS = 1000;

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
    keys: z.array(keyConfig).min(1).max(MAX_KEYS).optional(),
    /** Keyless: the identities whose signatures count, by certificates of the root. */
    identities: z.array(identityConfig).min(1).max(MAX_IDENTITIES).optional(),
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
        /** `ISSUER ID`, one blank between. */
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
  ['plan', ['servers', 'tools', 'plan_agents']],
] as const;

/** The configuration's `trust.authorities`, by name. */
export const authoritiesConfig = byName(authority, 256).default({});

/** One authority as configured, defaults filled in. */
export type AuthorityConfig = z.infer<typeof authority>;
