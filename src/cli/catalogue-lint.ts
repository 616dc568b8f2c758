import { resolve } from 'node:path';
import { allowedMentions } from '../catalogue/config.ts';
import { createConflicts } from '../catalogue/conflicts.ts';
import { type CatalogueContent, MAX_DOCUMENT_BYTES, parseCatalogue } from '../catalogue/document.ts';
import { lintCatalogue } from '../catalogue/lint.ts';
import type { AllowedMentions } from '../catalogue/mentions/mention-index.ts';
import { readConfig } from '../config.ts';
import type { ActiveDocument } from '../document/shelved.ts';
import { sha256 } from '../model/digest.ts';
import { readBoundedFile } from './bounded-file.ts';
import type { FileFindings, Findings } from './document-findings.ts';
import type { LintContext } from './document-sign.ts';

/**
 * Looks at one catalogue, with the mentions that the configuration allows.
 *
 * @throws CodedError `config.*`
 */
export function lintConfigured(bytes: Uint8Array, source: string, context: LintContext): Findings {
  return lintCatalogue(bytes, source, { now: context.now, allowedMentions: allowedBy(context) });
}

/**
 * Looks at catalogues, each by itself, and at those that are good by themselves beside the ones before them, as if these counted.
 *
 * @throws CodedError `file.*`, `config.*`
 */
export function lintCatalogues(files: readonly string[], context: LintContext): readonly FileFindings[] {
  const allowed = allowedBy(context);
  const { conflict } = createConflicts({ allowedMentions: allowed });
  const before: ActiveDocument<CatalogueContent>[] = [];
  return files.map((file) => {
    const bytes = readBoundedFile(resolve(context.cwd, file), MAX_DOCUMENT_BYTES, 'the catalogue');
    const { problems, warnings } = lintCatalogue(bytes, file, { now: context.now, allowedMentions: allowed });
    if (problems.length > 0) return { file, problems, warnings };
    const document = { source: file, ...parseCatalogue(bytes, file) };
    const found = conflict(document, before);
    before.push({ ...document, digest: sha256(bytes), bytes, since: context.now });
    // The message names the places, of both documents.
    return {
      file,
      problems: found === undefined ? [] : [{ place: '', problem: found.message.replaceAll(/\s*\n\s*/g, ' ') }],
      warnings,
    };
  });
}

function allowedBy({ config, cwd }: LintContext): AllowedMentions {
  return config === undefined ? new Map() : allowedMentions(readConfig(resolve(cwd, config)).catalogue);
}
