import { z } from 'zod';

/** The configuration's `trust.revocations`: the files that say what no longer counts, whoever signed it. */
export const revocationsConfig = z
  .strictObject({
    /**
     * Revocation files (YAML or JSON, see docs/trust-roots.md), relative to the configuration file. All of them count together. While one
     * is missing or malformed, nothing signed counts: an empty `revocations: []` says that nothing is revoked.
     */
    files: z
      .array(z.string().min(1, 'must be the path of a revocation file'))
      .max(32, 'must be 32 files at most; put several lists into one')
      .refine((files) => new Set(files).size === files.length, 'must not name a file twice')
      .default([]),
    /** Seconds between looks at the files where the system reports no change (network file systems). Else a change counts at once. */
    poll_seconds: z.int().min(1).max(3600).default(5),
  })
  .prefault({});
