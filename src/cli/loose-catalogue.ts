import { CodedError } from '../errors.ts';
import { isJsonObject, type JsonObject } from '../model/json.ts';
import { parseStrictJson } from '../model/strict-json.ts';
import { readBoundedFile } from './bounded-file.ts';
import { printable } from './terminal.ts';

/** As many as are loaded; see `src/catalogue/document.ts`. */
export const MOST_CATALOGUE_BYTES = 67_108_864;

/** A catalogue document as it stands: strict JSON, an object, and nothing else is known of it. */
export type LooseCatalogue = { readonly bytes: Uint8Array; readonly document: JsonObject };

/**
 * Reads a document that may be unreviewed, unsigned or unusable: what is shown of it must not depend on whether it could be loaded.
 *
 * @throws CodedError `catalogue.not_json`, `file.*`
 */
export function readLooseCatalogue(path: string): LooseCatalogue {
  const bytes = readBoundedFile(path, MOST_CATALOGUE_BYTES, 'the catalogue');
  try {
    const document = parseStrictJson(bytes, { maxBytes: MOST_CATALOGUE_BYTES, maxDepth: 64 });
    if (isJsonObject(document)) return { bytes, document };
  } catch (cause) {
    const why = cause instanceof CodedError ? cause.message : 'it cannot be parsed';
    throw new CodedError('catalogue.not_json', `${printable(path)} is not strict JSON: ${why}`, { cause });
  }
  throw new CodedError('catalogue.not_json', `${printable(path)} holds no JSON object`);
}
