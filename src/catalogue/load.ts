import { readFile } from 'node:fs/promises';
import { CodedError, codeOf } from '../errors.ts';
import { type Catalogue, createCatalogue } from './catalogue.ts';
import { parseCatalogue } from './document.ts';

/**
 * Reads catalogue documents from files and brings them together.
 *
 * @throws CodedError `catalogue.unreadable`, `catalogue.not_json`, `catalogue.invalid`.
 */
export async function loadCatalogue(files: readonly string[]): Promise<Catalogue> {
  const documents = [];
  for (const file of files) documents.push(parseCatalogue(await read(file), file));
  return createCatalogue(documents);
}

async function read(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new CodedError(
      'catalogue.unreadable',
      `cannot read the catalogue ${file} (${codeOf(cause) ?? 'unknown error'}); name an existing file in catalogue.files`,
      { cause, detail: { source: file } },
    );
  }
}
