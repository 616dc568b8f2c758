import { z } from 'zod';
import type { AllowedMentions } from './mentions/mention-index.ts';

const toolId = z
  .string()
  .regex(/^[^\p{C}\p{Z}]+\/[^\p{C}\p{Z}]+$/u, "must be a tool's whole id, SERVER/TOOL")
  .max(257);

/** The configuration's `catalogue`: where the documents that list the tools stand. */
export const catalogueConfig = z.strictObject({
  /**
   * Folders of catalogue documents, each `NAME.json` with its bundles beside it (`NAME.sigstore.json`), relative to the configuration
   * file. They are watched. Together the documents are the catalogue; a tool may stand in one of them only.
   */
  folders: z
    .array(z.string().min(1, 'must be the path of a folder of catalogue documents'))
    .min(1, 'must name at least one folder of catalogue documents; without one every tool is unknown')
    .max(16, 'must be 16 folders at most; put several documents into one')
    .refine((folders) => new Set(folders).size === folders.length, 'must not name a folder twice'),
  /** The server that completes a bare tool name (`id` without a server) where the request names none. Default: none. */
  default_server: z.string().min(1).max(128).optional(),
  /** Tools (`SERVER/TOOL`) whose texts may mention a tool of another server. Default: none. */
  allowed_mentions: z
    .array(z.strictObject({ tool: toolId, mentions: toolId }))
    .max(10_000, 'must be 10,000 at most')
    .default([]),
});

export type CatalogueConfig = z.infer<typeof catalogueConfig>;

/** The mentions that are allowed, as documents are compared with them. */
export function allowedMentions(config: Pick<CatalogueConfig, 'allowed_mentions'>): AllowedMentions {
  const allowed = new Map<string, Set<string>>();
  for (const { tool, mentions } of config.allowed_mentions) {
    allowed.set(tool, (allowed.get(tool) ?? new Set<string>()).add(mentions));
  }
  return allowed;
}
