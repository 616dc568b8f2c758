import { z } from 'zod';
import { cronExpression } from '../../durable/cron.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** The configuration's `trust.verification`: what verifying signatures may take, off the way of a decision. */
export const verificationConfig = z
  .strictObject({
    /** Threads that verify. One verifies some hundred documents a second; more help only where there are idle cores. */
    threads: z.int().min(1).max(8).default(1),
    /** Milliseconds from when a thread takes a document to its answer; then the thread is ended, and the document is not verified. */
    deadline_ms: z.int().min(100).max(60_000).default(5_000),
    /** Megabytes of heap of each thread; one that needs more is ended, and the document is not verified. */
    thread_megabytes: z.int().min(64).max(1024).default(256),
    /** Documents that wait for a thread; beyond, one is not verified. */
    queue: z.int().min(1).max(100_000).default(1_024),
    /** Bytes of a document that is signed. */
    max_document_bytes: z
      .int()
      .min(KIB)
      .max(256 * MIB)
      .default(16 * MIB),
    /** Bytes of one bundle. */
    max_bundle_bytes: z
      .int()
      .min(KIB)
      .max(16 * MIB)
      .default(MIB),
    /** Bundles that may come with one document. */
    max_bundles: z.int().min(1).max(64).default(8),
    /** Verdicts that are kept; the one not asked for longest gives way. */
    verdicts: z.int().min(1).max(1_000_000).default(10_000),
    /** When verdicts in use are verified again, in UTC. Default: hourly. */
    renew: cronExpression.default('0 * * * *'),
  })
  .prefault({});

/** The same with its defaults filled in. */
export type VerificationConfig = z.infer<typeof verificationConfig>;
