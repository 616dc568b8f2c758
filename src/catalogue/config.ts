import { z } from 'zod';

/** The configuration's `catalogue`: where the documents that list the tools stand. */
export const catalogueConfig = z.strictObject({
  /** Catalogue documents, relative to the configuration file. Together they are the catalogue; a tool may stand in one of them only. */
  files: z
    .array(z.string().min(1, 'must be the path of a catalogue document'))
    .min(1, 'must name at least one catalogue document; without one every tool is unknown')
    // Every record names each by its digest, and a record is bounded.
    .max(100, 'must be 100 documents at most; put several servers into one')
    .refine((files) => new Set(files).size === files.length, 'must not name a file twice'),
  /** The server that completes a bare tool name (`id` without a server) where the request names none. Default: none. */
  default_server: z.string().min(1).max(128).optional(),
});

export type CatalogueConfig = z.infer<typeof catalogueConfig>;
