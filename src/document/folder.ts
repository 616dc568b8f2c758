import { mapAtMost } from '../durable/at-most.ts';
import type { Schedule } from '../durable/schedule.ts';
import { type ListedFiles, watchFiles } from '../durable/watch.ts';
import type { FileState } from '../durable/watched-file.ts';
import { CodedError, describeThrown } from '../errors.ts';
import type { Milliseconds } from '../model/clock.ts';
import { printable } from '../model/printable.ts';
import { type ListedDocument, listDocuments } from './folder-listing.ts';
import { folderError, type KeptListing, keepListing } from './kept-listing.ts';
import type { DocumentArea } from './problems.ts';
import type { DocumentPair } from './shelved.ts';

/** Folders of documents that are followed until `close`. */
export type DocumentFolders = {
  /** Looks at once; resolves when what was found has been judged. */
  readonly check: () => Promise<void>;
  /** Ends every watcher and timer, after which nothing is offered any more. What was offered stays offered. */
  readonly close: () => Promise<void>;
};

export type FolderOptions = {
  /** The area of errors: `catalogue.folder_missing`, `plan.folder_missing` and the like. */
  readonly area: DocumentArea;
  readonly offer: (pair: DocumentPair) => Promise<unknown>;
  readonly retract: (source: string) => Promise<void>;
  /** When a version of a document was accepted first. Those known longest are offered first at the start; default: by name alone. */
  readonly acceptedSince?: (pair: DocumentPair) => Promise<Milliseconds | undefined>;
  /** Bytes of a document, and of a bundle; one that is larger is refused. */
  readonly maxDocumentBytes: number;
  readonly maxBundleBytes: number;
  /** Bundles of one document; one with more is refused. */
  readonly maxBundles: number;
  /** Documents of one folder; those that were there before stay, and the others are refused. Default 10,000. */
  readonly maxDocuments?: number;
  /** Milliseconds between looks where the system reports nothing. Default 5000. */
  readonly pollMs?: number;
  readonly schedule?: Schedule;
  /** What an operator should hear of, and why a folder is not followed at the moment. */
  readonly onError: (error: CodedError) => void;
};

/** What was offered of a document last: digests, to see which half has changed. */
type Offered = { readonly document: string; readonly bundles: string; readonly isSigned: boolean };
type Found = { readonly pair: DocumentPair; readonly offered: Offered };

/** Questions to the store at the same time. */
const AT_ONCE = 64;
const NOTHING = new Uint8Array();

/**
 * Offers the documents of folders with the bundles beside them, and follows the folders: what comes, changes and goes, by rename, by a swap
 * of links, in place. A document's source is its path. Resolves once everything that is there was offered and judged.
 *
 * A document whose last bundle goes is retracted, and offered again without any. A folder that goes takes its documents along, and brings
 * them again; one that cannot be listed for another reason stays as it was, and `onError` tells.
 *
 * @throws CodedError `AREA.folder_missing`, `AREA.folder_unreadable`, `AREA.folder_overfull` for a folder as it is at the start
 */
export async function watchDocumentFolders(
  folders: readonly string[],
  options: FolderOptions,
): Promise<DocumentFolders> {
  const { area, onError, maxDocuments = 10_000, pollMs, schedule } = options;
  const listings = new Map<string, KeptListing>();
  let bundlePaths: ReadonlySet<string> = new Set();
  const offered = new Map<string, Offered>();
  const underWay = new Set<Promise<void>>();
  let started = false;
  let closed = false;

  function track(work: Promise<unknown>): void {
    const done = work.then(
      () => undefined,
      (cause) =>
        onError(
          new CodedError(`${area}.not_taken_up`, `a document was not taken up: ${describeThrown(cause)}`, { cause }),
        ),
    );
    underWay.add(done);
    void done.finally(() => underWay.delete(done));
  }

  async function settled(): Promise<void> {
    while (underWay.size > 0) await Promise.all(underWay);
  }

  async function list(): Promise<ListedFiles> {
    for (const folder of folders) {
      const before = listings.get(folder);
      const kept = keepListing(await listDocuments(folder), before, maxDocuments);
      listings.set(folder, kept);
      if (kept.state !== 'listed' && kept.state !== before?.state) onError(folderError(area, folder, kept));
      if (kept.beyond !== (before?.beyond ?? 0)) tellBeyond(folder, kept.beyond);
    }
    const documents = [...listings.values()].flatMap((kept) => kept.documents);
    bundlePaths = new Set(documents.flatMap(({ bundles }) => bundles.slice(0, options.maxBundles)));
    return {
      paths: [...new Set([...documents.map(({ path }) => path), ...bundlePaths])],
      folders: [...new Set([...listings.values()].flatMap((kept) => kept.folders))],
    };
  }

  /** Those of which no more is known than that they are there stand as one, under the folder's own name. */
  function tellBeyond(folder: string, beyond: number): void {
    if (closed) return;
    if (beyond === 0) {
      track(options.retract(folder));
      return;
    }
    const message = `${printable(folder, 4096)} holds ${beyond} documents more than the ${maxDocuments} that are read of a folder; move them into another folder, or several into one document`;
    const problem = new CodedError(`${area}.documents_too_many`, message, { detail: { folder, beyond } });
    track(options.offer({ source: folder, bytes: NOTHING, bundles: [], problem }));
  }

  function find(files: readonly FileState[]): ReadonlyMap<string, Found> {
    const states = new Map(files.map((file) => [file.path, file]));
    const found = new Map<string, Found>();
    for (const { documents } of listings.values()) {
      for (const document of documents) {
        const pair = pairOf(document, states, options);
        if (pair !== undefined) found.set(document.path, pair);
      }
    }
    return found;
  }

  /** What is gone goes first, so that it makes room. */
  function takeUp(found: ReadonlyMap<string, Found>): void {
    for (const source of [...offered.keys()]) if (!found.has(source)) retract(source);
    for (const { pair, offered: now } of found.values()) {
      const before = offered.get(pair.source);
      if (before !== undefined && isSame(before, now)) continue;
      if (before?.isSigned === true && !now.isSigned) retract(pair.source);
      offer({ ...pair, half: isHalf(before, now) }, now);
    }
  }

  function retract(source: string): void {
    offered.delete(source);
    track(options.retract(source));
  }

  function offer(pair: DocumentPair, now: Offered): void {
    offered.set(pair.source, now);
    track(options.offer(pair));
  }

  async function firstOrder(found: readonly Found[]): Promise<readonly Found[]> {
    const { acceptedSince } = options;
    if (acceptedSince === undefined) return found;
    const times = await mapAtMost(AT_ONCE, found, async ({ pair }) => acceptedSince(pair));
    const known = found.map((one, index) => ({ one, since: times[index] ?? Number.POSITIVE_INFINITY }));
    // Two that were never accepted differ by nothing (Infinity minus Infinity would be no number).
    return known.sort((one, other) => (one.since === other.since ? 0 : one.since - other.since)).map(({ one }) => one);
  }

  for (const folder of folders) {
    const listing = await listDocuments(folder);
    if (listing.state !== 'listed') throw folderError(area, folder, listing);
  }
  const watch = await watchFiles(
    list,
    (files) => {
      if (started && !closed) takeUp(find(files));
    },
    {
      maxBytes: (path) => (bundlePaths.has(path) ? options.maxBundleBytes : options.maxDocumentBytes),
      onError,
      ...(pollMs !== undefined && { pollMs }),
      ...(schedule !== undefined && { schedule }),
    },
  );
  for (const { pair, offered: now } of await firstOrder([...find(watch.current()).values()])) offer(pair, now);
  started = true;
  // What changed while the order was asked for.
  takeUp(find(watch.current()));
  await settled();
  return {
    check: async () => {
      await watch.check();
      await settled();
    },
    close: async () => {
      closed = true;
      await watch.close();
    },
  };
}

/** The document as it is read, with the bundles that are read; undefined where it is gone. */
function pairOf(
  { path, bundles }: ListedDocument,
  states: ReadonlyMap<string, FileState>,
  { area, maxBundles }: Pick<FolderOptions, 'area' | 'maxBundles'>,
): Found | undefined {
  const document = states.get(path);
  if (document === undefined || isMissing(document)) return undefined;
  const read = bundles.flatMap((bundle) => states.get(bundle) ?? []).filter((bundle) => !isMissing(bundle));
  const failed = [document, ...read].find((file) => 'problem' in file);
  const tooMany = bundles.length > maxBundles ? bundlesTooMany(area, path, bundles.length, maxBundles) : undefined;
  const problem = tooMany ?? (failed !== undefined && 'problem' in failed ? failed.problem : undefined);
  const pair: DocumentPair = {
    source: path,
    bytes: 'bytes' in document ? document.bytes : NOTHING,
    bundles: read.flatMap((bundle) => ('bytes' in bundle ? [bundle.bytes] : [])),
    ...(problem !== undefined && { problem }),
  };
  return {
    pair,
    offered: {
      document: markOf(document),
      bundles: `${read.map(markOf).join()} ${tooMany?.code ?? ''}`,
      isSigned: read.length > 0,
    },
  };
}

function isMissing(file: FileState): boolean {
  return 'problem' in file && file.problem.code === 'durable.file_missing';
}

function markOf(file: FileState): string {
  return 'digest' in file ? file.digest : file.problem.code;
}

function isSame(one: Offered, other: Offered): boolean {
  return one.document === other.document && one.bundles === other.bundles;
}

/** One of the two is as it was, or there is none: the other may be on its way. */
function isHalf(before: Offered | undefined, now: Offered): boolean {
  if (!now.isSigned) return true;
  return before !== undefined && (before.document === now.document) !== (before.bundles === now.bundles);
}

function bundlesTooMany(area: DocumentArea, path: string, count: number, most: number): CodedError {
  return new CodedError(
    `${area}.bundles_too_many`,
    `beside ${printable(path, 4096)} stand ${count} bundles; ${most} are read (trust.verification.max_bundles). Remove those that are not needed`,
    { detail: { path, count } },
  );
}
