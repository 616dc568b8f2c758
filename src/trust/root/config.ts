import { z } from 'zod';
import { cronExpression } from '../../durable/cron.ts';
import { NAME } from '../../model/name.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;

/** Where the public-good instance publishes its trusted root. */
export const PUBLIC_GOOD_MIRROR = 'https://tuf-repo-cdn.sigstore.dev';

const refresh = z.strictObject({
  /** Default: every six hours. A failed refresh is tried again besides, after one minute, then two, then four, up to an hour. */
  schedule: cronExpression.default('17 */6 * * *'),
  /** Seconds that a whole refresh may take; each of its requests may take a quarter of them. */
  timeout_seconds: z.int().min(4).max(600).default(60),
  /** How often a request that failed is made again, besides the first time. */
  retries: z.int().min(0).max(5).default(2),
});

/** A week: longer than a weekend, about as long as the repository's own timestamps last. */
const DEFAULT_MAX_AGE = 7 * DAY;

/** Seconds since the last successful refresh after which nothing keyless verifies under the root any more (`root_stale`). */
const maxAge = z
  .int()
  .min(HOUR, 'must be an hour (3600) or more: refreshes fail now and then')
  .max(365 * DAY, 'must be a year (31536000) or less: a root that is never refreshed is a file; use source: file');

/** The folder in which the last good root and the time of its refresh are kept; replicas on one volume may share it. */
const cache = z.string().min(1).default('./data/trust/roots');

const mirror = z
  .string()
  .max(512)
  .superRefine((text, context) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !['https:', 'http:'].includes(url.protocol)) {
      context.addIssue({ code: 'custom', message: `must be a URL such as ${PUBLIC_GOOD_MIRROR}` });
    } else if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
      context.addIssue({
        code: 'custom',
        message: 'must be a URL without user, password, query and fragment: what it serves is signed, and public',
      });
    }
  })
  .transform((text) => text.replace(/\/+$/, ''));

const path = z.string().min(1, 'must be the path of a file');

/** A TrustedRoot file, watched: a new version counts at once if it parses, else the last good one stays. Never stale. */
const fileRoot = z.strictObject({ source: z.literal('file'), path });

/**
 * Sigstore's public-good instance: begins with the root that is shipped, and is refreshed through TUF. `refresh: false` pins the
 * shipped root, for a network that reaches no mirror; it is then never stale, and renewed by taking a newer release.
 */
const publicGoodRoot = z
  .strictObject({
    source: z.literal('public_good'),
    refresh: z.union([z.literal(false), refresh]).prefault({}),
    /** A mirror of the repository; what it serves must be signed as the original's. */
    mirror: mirror.default(PUBLIC_GOOD_MIRROR),
    cache,
    max_age_seconds: maxAge.optional(),
  })
  .refine((root) => root.refresh !== false || root.max_age_seconds === undefined, {
    path: ['max_age_seconds'],
    message: 'has no meaning beside `refresh: false`, under which nothing would refresh the root; remove one of them',
  })
  .transform(({ max_age_seconds = DEFAULT_MAX_AGE, ...root }) => ({ ...root, max_age_seconds }));

/** A private instance that publishes its trusted root through TUF. */
const tufRoot = z.strictObject({
  source: z.literal('tuf'),
  mirror,
  /** The repository's root.json to begin with, handed over by whoever runs it; its signed successors are followed from there. */
  root: path,
  /** The target that is the TrustedRoot. */
  target: z
    .string()
    .max(256)
    .regex(
      /^[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/,
      'must be the name of a target, such as trusted_root.json',
    )
    .default('trusted_root.json'),
  refresh: refresh.prefault({}),
  cache,
  max_age_seconds: maxAge.default(DEFAULT_MAX_AGE),
});

/** The configuration's `trust.roots`: by name, whom keyless signatures, log entries and timestamps are verified against. */
export const rootsConfig = z
  .preprocess(
    (roots, context) => {
      // Looked at before the record is built anew, which would leave a name such as __proto__ out without a word.
      for (const name of typeof roots === 'object' && roots !== null ? Object.keys(roots) : []) {
        if (NAME.test(name)) continue;
        context.addIssue({
          code: 'custom',
          path: [name],
          message:
            'is no name of a root: take small letters, digits, ".", "_" and "-", 64 at most, a letter or digit first',
        });
      }
      return roots;
    },
    z.record(
      z.string(),
      z.discriminatedUnion('source', [fileRoot, publicGoodRoot, tufRoot], {
        error: (issue) => (issue.code === 'invalid_union' ? 'must be file, public_good or tuf' : undefined),
      }),
    ),
  )
  .refine((roots) => Object.keys(roots).length <= 32, 'must be 32 roots at most')
  .prefault({});

export type RootsConfig = z.infer<typeof rootsConfig>;
export type RootConfig = RootsConfig[string];
/** A root that is refreshed through TUF. */
export type RefreshedRootConfig = Extract<RootConfig, { readonly source: 'public_good' | 'tuf' }>;
