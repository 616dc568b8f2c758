import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { foldersOf } from '../durable/folders-of.ts';
import { codeOf } from '../errors.ts';

/** A document in a folder, by paths, with the bundles that are its. */
export type ListedDocument = { readonly path: string; readonly bundles: readonly string[] };

/**
 * What stands in a folder, documents by name. `missing`: there is no such folder; `unreadable`: it cannot be listed now; `overfull`: it
 * holds more names than are looked at.
 */
export type FolderListing = {
  readonly state: 'listed' | 'missing' | 'unreadable' | 'overfull';
  readonly documents: readonly ListedDocument[];
  /** Folders in which a change can make it others. */
  readonly folders: readonly string[];
  readonly cause?: unknown;
};

const DOCUMENT = '.json';
const BUNDLE = '.sigstore.json';
/** Names of documents and bundles that are looked at in one folder. */
const MAX_NAMES = 100_000;
/** A name that no document has. */
const NOBODY = '.nobody';

/**
 * Lists a folder: every `*.json` that is no bundle is a document, `NAME.sigstore.json` and `NAME.ANYTHING.sigstore.json` are the bundles of
 * `NAME.json`, each of the longest NAME that is a document. Names that begin with a dot are passed over, as Kubernetes' `..data`.
 */
export async function listDocuments(folder: string): Promise<FolderListing> {
  // Where any name in it would be created: the folder itself, or as far as there is one on the way, and every link before.
  const folders = await foldersOf(join(folder, NOBODY));
  const names = new Set<string>();
  const links: string[] = [];
  try {
    for await (const entry of await opendir(folder)) {
      if (entry.name.startsWith('.') || !entry.name.endsWith(DOCUMENT)) continue;
      if (names.size === MAX_NAMES) return { state: 'overfull', documents: [], folders };
      names.add(entry.name);
      if (entry.isSymbolicLink()) links.push(join(folder, entry.name));
    }
  } catch (cause) {
    const missing = codeOf(cause) === 'ENOENT' || codeOf(cause) === 'ENOTDIR';
    return { state: missing ? 'missing' : 'unreadable', documents: [], folders, cause };
  }
  const behindLinks = new Set<string>(folders);
  // One after the other: most of them lead to the same folder, and there can be very many.
  for (const link of links) for (const on of await foldersOf(link)) behindLinks.add(on);
  return { state: 'listed', documents: paired(folder, names), folders: [...behindLinks] };
}

function paired(folder: string, names: ReadonlySet<string>): readonly ListedDocument[] {
  const bundlesOf = new Map<string, string[]>();
  for (const name of [...names].sort()) {
    if (!name.endsWith(BUNDLE)) bundlesOf.set(name, []);
  }
  for (const name of [...names].sort()) {
    if (name.endsWith(BUNDLE)) bundlesOf.get(documentOf(name, bundlesOf) ?? '')?.push(join(folder, name));
  }
  return [...bundlesOf].map(([name, bundles]) => ({ path: join(folder, name), bundles }));
}

/** The longest NAME before a dot that is a document's. */
function documentOf(bundle: string, documents: ReadonlyMap<string, unknown>): string | undefined {
  const stem = bundle.slice(0, -BUNDLE.length);
  for (let end = stem.length; end > 0; end = stem.lastIndexOf('.', end - 1)) {
    const name = `${stem.slice(0, end)}${DOCUMENT}`;
    if (documents.has(name)) return name;
  }
  return undefined;
}
