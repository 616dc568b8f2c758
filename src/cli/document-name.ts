import { basename, dirname, join, resolve } from 'node:path';
import { listDocuments } from '../document/folder-listing.ts';
import { usage } from './artifact-argument.ts';

const DOCUMENT = /^(.+)\.json$/s;
const BUNDLE = /\.sigstore\.json$/;

/**
 * Where the bundle of a document belongs: NAME.sigstore.json beside NAME.json, as loading finds it.
 *
 * @throws CodedError `usage` for a file of another name
 */
export function bundleOf(file: string): string {
  if (BUNDLE.test(file)) throw usage(`${file} is named as a bundle, not as a document; name the document, NAME.json`);
  const stem = DOCUMENT.exec(file)?.[1];
  if (stem === undefined || basename(file).startsWith('.')) {
    throw usage(
      `a document is loaded by the name NAME.json, and ${file} is none; rename it, or name the bundle with --output`,
    );
  }
  return `${stem}.sigstore.json`;
}

/** The bundles that lie beside a document, as loading finds them, named as the document was; none where its folder cannot be listed. */
export async function bundlesBeside(file: string, cwd: string): Promise<readonly string[]> {
  const path = resolve(cwd, file);
  const listing = await listDocuments(dirname(path));
  if (listing.state !== 'listed') return [];
  const found = listing.documents.find((document) => document.path === path);
  return (found?.bundles ?? []).map((bundle) => join(dirname(file), basename(bundle)));
}
