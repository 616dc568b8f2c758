import { z } from 'zod';
import { cronExpression } from '../../durable/cron.ts';
import { isLoopbackHost } from '../../model/loopback.ts';
import { matchesWildcard } from '../../model/wildcard.ts';
import { nameText } from '../authority/names.ts';

const ORIGIN = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

const liveLog = z
  .strictObject({
    /** The trusted root that names the log, as in `trust.roots`. */
    root: z.string().min(1).max(256),
    /** What the log calls itself: the first line of its checkpoints; for Rekor v1 what stands there before ` - TREE`. */
    origin: z.string().max(256).regex(ORIGIN, 'must be printable ASCII without blanks at its ends'),
    /** The log's interface: `rekor_v1` (/api/v1/log) or `rekor_v2` (/api/v2/checkpoint and hash tiles). */
    api: z.enum(['rekor_v1', 'rekor_v2']),
    /** Where the log is read, for instance at a mirror. Default: the base URL that the root has for it. */
    base_url: z
      .url()
      .max(1000)
      .refine(isFetchable, 'must be https, or http on loopback, without user, query or fragment')
      .optional(),
    /** Which of the root's logs, where its base URL does not end in the origin: the log's id in hex. */
    log_id: z
      .string()
      .regex(/^[0-9a-f]{8,128}$/, 'must be lower-case hex')
      .optional(),
  })
  .readonly();

/** The scheduled look at logs themselves. */
const live = z.strictObject({
  /** When, in UTC, besides once at the start. Default: every quarter of an hour. */
  schedule: cronExpression.default('*/15 * * * *'),
  /** Seconds for each request to a log. */
  timeout_seconds: z.int().min(1).max(120).default(20),
  /** Checkpoints out of bundles that are proved against the live tree, per log and run; the others wait for the next. */
  proofs_per_run: z.int().min(0).max(1000).default(32),
  /**
   * Runs in a row: after so many a lagging log is reported, and one whose proofs do not lead to the trees that it signed is distrusted.
   * A log that proves itself that it forked is distrusted at once.
   */
  patience_runs: z.int().min(1).max(1000).default(3),
  logs: z.array(liveLog).min(1).max(32),
});

/** The configuration's `trust.freshness`: what is remembered of logs and documents, and which logs are looked at. */
export const freshnessConfig = z
  .strictObject({
    /**
     * Checkpoints remembered per log key and origin: the largest, the live one, the last ones seen, and of the older ones an even
     * spread. A split view at a size that is no longer remembered shows only in the live job's proof.
     */
    remembered_checkpoints: z.int().min(16).max(400).default(256),
    /**
     * Documents whose checkpoints may not become older: those of the kind whose name matches (`*` stands for any run of characters).
     * The kind is one that a rule is about. This refuses good bundles as well, signed earlier and seen later; it is no substitute for versions inside what is signed.
     */
    strict_marks: z
      .array(z.strictObject({ kind: nameText, name: z.string().min(1).max(512).default('*') }))
      .max(1000)
      .default([]),
    live: live.optional(),
  })
  .prefault({});

/** The configuration's `trust.freshness`, with its defaults filled in. */
export type FreshnessConfig = z.infer<typeof freshnessConfig>;
/** Its `live`. */
export type LiveConfig = z.infer<typeof live>;
/** One of the logs that are looked at. */
export type LiveLogConfig = LiveConfig['logs'][number];

/** Whether the strict mark is switched on for a document. One without a name is matched by its digest's text. */
export function isStrict(config: FreshnessConfig, kind: string, name: string): boolean {
  return config.strict_marks.some((rule) => rule.kind === kind && matchesWildcard(rule.name, name));
}

function isFetchable(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  if (username !== '' || password !== '' || search !== '' || hash !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname));
}
