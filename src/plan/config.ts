import { z } from 'zod';

const identity = z.strictObject({ issuer: z.string().min(1).max(1024), id: z.string().min(1).max(1024) });

/** The configuration's `plans`: where signed plans come from. Left out, no plan is held, and a call that names one is denied. */
export const plansConfig = z
  .strictObject({
    /** The name of this deployment: a plan counts here if it is made for it. */
    audience: z.string().regex(/^[^\p{C}\p{Z}]{1,128}$/u, 'must be 1 to 128 visible characters without blanks'),
    /** Folders of plans, each with its bundles beside it, relative to the configuration file. They are watched. */
    folders: z
      .array(z.string().min(1, 'must be the path of a folder'))
      .max(16)
      .refine((folders) => new Set(folders).size === folders.length, 'must not name a folder twice')
      .default([]),
    /** Callers that may submit plans by POST /v1/plans. The plan must be signed all the same. */
    submitters: z.array(identity).max(100).default([]),
    /** What one submitter may have stored at a time: plans that have not ended, and their bytes with their bundles. */
    quota: z
      .strictObject({
        plans: z.int().min(1).max(400).default(100),
        bytes: z
          .int()
          .min(1024)
          .max(64 * 1024 * 1024)
          .default(4 * 1024 * 1024),
      })
      .prefault({}),
  })
  .optional();

/** The configuration's `plans`, with its defaults filled in. */
export type PlansConfig = NonNullable<z.infer<typeof plansConfig>>;
