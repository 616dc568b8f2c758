import { z } from 'zod';
import { CONTROL_NAME } from './contract.ts';

/** The controls that a bundle must have where the configuration names no others: all that are shipped. */
const SHIPPED_CONTROLS = ['access', 'plan', 'destructive', 'window', 'signature', 'drift'];

/** The configuration's `policy`: which policy decides, and what it must at least consist of. */
export const policyConfig = z
  .strictObject({
    /** Folders laid over the shipped one in this order, relative to the configuration file; a file of the same path replaces the earlier. */
    paths: z.array(z.string().min(1, 'must be the path of a folder')).max(16).optional(),
    /** A built bundle, relative to the configuration file. Absent (and no `paths`): the one that is shipped. */
    bundle: z.string().min(1, 'must be the path of a bundle').optional(),
    /** A bundle that lacks one of these controls is refused. */
    required_controls: z
      .array(z.string().regex(CONTROL_NAME, 'must be the name of a control, such as `access`'))
      .max(256)
      .refine((names) => new Set(names).size === names.length, 'must not name a control twice')
      .default(SHIPPED_CONTROLS),
    /** The most that an evaluation may use, in pages of 64 KiB: 16 (1 MiB) to 16,384 (1 GiB). */
    max_memory_pages: z.int().min(16).max(16_384).default(512),
  })
  .refine((config) => config.bundle === undefined || config.paths === undefined, {
    path: ['bundle'],
    message: 'stands beside `paths`: name a built bundle or folders to build, not both',
  })
  .prefault({});
