import { open } from 'node:fs/promises';
import { CodedError, codeOf } from '../errors.ts';
import { printable } from '../model/printable.ts';
import { type Catalogue, createCatalogue } from './catalogue.ts';
import { MAX_DOCUMENT_BYTES, parseCatalogue } from './document.ts';

/**
 * Reads catalogue documents from files and brings them together.
 *
 * @throws CodedError `catalogue.unreadable`, `catalogue.too_large` (before it is read), `catalogue.not_json`, `catalogue.invalid`.
 */
export async function loadCatalogue(files: readonly string[]): Promise<Catalogue> {
  const documents = [];
  for (const file of files) documents.push(parseCatalogue(await read(file), file));
  return createCatalogue(documents);
}

async function read(file: string): Promise<Uint8Array> {
  try {
    await using handle = await open(file);
    const { size } = await handle.stat();
    if (size > MAX_DOCUMENT_BYTES) throw tooLarge(file, size);
    return await handle.readFile();
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    throw new CodedError(
      'catalogue.unreadable',
      `cannot read the catalogue ${printable(file, 4096)} (${codeOf(cause) ?? 'unknown error'}); name an existing file in catalogue.files`,
      { cause, detail: { source: file } },
    );
  }
}

function tooLarge(file: string, size: number): CodedError {
  return new CodedError(
    'catalogue.too_large',
    `the catalogue ${printable(file, 4096)} has ${size} bytes; at most ${MAX_DOCUMENT_BYTES} are read. Split it into several documents`,
    { detail: { source: file } },
  );
}
