import { CodedError } from '../errors.ts';
import { printable } from '../model/printable.ts';
import type { FolderListing, ListedDocument } from './folder-listing.ts';
import type { DocumentArea } from './problems.ts';

/** A folder as it counts: within its bound, and as it was while it cannot be listed. */
export type KeptListing = FolderListing & {
  /** Documents that are there and not read. */
  readonly beyond: number;
};

/**
 * What a look at a folder comes to. A folder that is gone has no documents; of one that cannot be listed, nobody knows what is gone.
 *
 * @param maxDocuments those that were there before stay, so that a new name never pushes out one that counts
 */
export function keepListing(found: FolderListing, before: KeptListing | undefined, maxDocuments: number): KeptListing {
  if (found.state === 'unreadable' || found.state === 'overfull') {
    return { ...found, documents: before?.documents ?? [], beyond: before?.beyond ?? 0 };
  }
  const { documents } = found;
  if (documents.length <= maxDocuments) return { ...found, beyond: 0 };
  const known = new Set(before?.documents.map(({ path }) => path));
  const isKnown = ({ path }: ListedDocument): boolean => known.has(path);
  const kept = [...documents.filter(isKnown), ...documents.filter((document) => !isKnown(document))];
  return { ...found, documents: kept.slice(0, maxDocuments), beyond: documents.length - maxDocuments };
}

/** Why a folder cannot be followed. */
export function folderError(area: DocumentArea, folder: string, { state, cause }: FolderListing): CodedError {
  const name = printable(folder, 4096);
  const text =
    state === 'missing'
      ? `the folder ${name} is missing; create it, or correct ${area === 'plan' ? 'plans' : area}.folders`
      : state === 'overfull'
        ? `the folder ${name} holds more documents and bundles than are looked at; give it a folder of its own`
        : `the folder ${name} cannot be read; correct its permissions`;
  return new CodedError(`${area}.folder_${state}`, text, { cause, detail: { folder } });
}
