import { createArgumentChecks } from './catalogue/argument-checks.ts';
import { createCatalogueIndex } from './catalogue/catalogue.ts';
import { allowedMentions } from './catalogue/config.ts';
import { createConflicts } from './catalogue/conflicts.ts';
import { describeCatalogue, manifestOf } from './catalogue/describe.ts';
import { type CatalogueContent, MAX_DOCUMENT_BYTES, parseCatalogue } from './catalogue/document.ts';
import { createToolLookUp } from './catalogue/look-up.ts';
import { type Config, configPath } from './config.ts';
import type { FactSources } from './decision/facts.ts';
import { type DocumentFolders, watchDocumentFolders } from './document/folder.ts';
import type { DocumentArea } from './document/problems.ts';
import { createShelf, type Shelf } from './document/shelf.ts';
import type { ShelfEvent } from './document/shelved.ts';
import { createVersions, type Versions } from './document/versions.ts';
import type { Schedule } from './durable/schedule.ts';
import type { CodedError } from './errors.ts';
import type { Clock } from './model/clock.ts';
import type { Json, JsonObject } from './model/json.ts';
import type { SharedState } from './model/shared-state.ts';
import { type Plan, parsePlan } from './plan/document.ts';
import { createReads } from './plan/ledger/reads.ts';
import { planConflict } from './plan/usable.ts';
import type { Trust } from './trust/trust.ts';

/** The signed documents of a deployment: catalogues, and plans where they are configured, loaded from their folders. */
export type Documents = {
  readonly lookUpTool: FactSources['lookUpTool'];
  /** Another number whenever what counted may count no longer, or otherwise. */
  readonly generation: () => number;
  readonly catalogue: Shelf<CatalogueContent>;
  /** Absent where no plans are configured. */
  readonly plans?: { readonly shelf: Shelf<Plan>; readonly versions: Versions };
  /** Which documents the catalogue is made of. */
  readonly manifest: () => Json;
  readonly showCatalogue: () => JsonObject;
  readonly close: () => Promise<void>;
};

export type DocumentsOptions = {
  readonly config: Config;
  /** With the store of what was seen; absent where no trust is configured. */
  readonly trusted?: { readonly trust: Trust; readonly state: SharedState };
  /** Resolves once what became of a document is recorded durably. */
  readonly record: (event: ShelfEvent) => Promise<void>;
  readonly now: Clock;
  readonly schedule: Schedule;
  /** Told of what broke off, and of folders that cannot be followed. */
  readonly onError: (error: unknown) => void;
  /** False: what is there is read once, for a command that ends. */
  readonly follow: boolean;
};

/** Bounds of what is read where no trust is configured, which has its own. */
const UNTRUSTED = { max_bundle_bytes: 1024 * 1024, max_bundles: 8 };
/** Plans are small. */
const MAX_PLAN_BYTES = 1024 * 1024;

/**
 * Loads the documents of the configuration's folders, and follows the folders. What is refused there is a state, and recorded; a folder
 * that is not there ends it.
 *
 * @throws CodedError `catalogue.folder_*`, `plan.folder_*`
 */
export async function openDocuments(options: DocumentsOptions): Promise<Documents> {
  const { config, trusted, now, schedule, onError, record } = options;
  const shared = { now, schedule, record, onFailure: onError };
  // Thousands of calls of a plan ask for its version at once.
  const versions = trusted && createVersions({ ...trusted.state, read: createReads(trusted.state) }, now);
  const trust = { ...(trusted && { trust: trusted.trust }), ...(versions && { versions }) };
  const checks = createArgumentChecks();
  const { conflict } = createConflicts({ allowedMentions: allowedMentions(config.catalogue), checks });
  const catalogue = createShelf<CatalogueContent>({ ...shared, ...trust, parse: parseCatalogue, conflict });
  const index = createCatalogueIndex(catalogue, checks);
  const server = config.catalogue.default_server;
  const shelf = config.plans && createShelf<Plan>({ ...shared, ...trust, parse: parsePlan, conflict: planConflict });
  const folders: DocumentFolders[] = [];

  async function close(): Promise<void> {
    await Promise.all(folders.map((folder) => folder.close()));
    index.close();
    await Promise.all([catalogue.close(), shelf?.close()]);
  }

  async function load(area: DocumentArea, paths: readonly string[], into: Shelf<CatalogueContent> | Shelf<Plan>) {
    const { max_bundle_bytes, max_bundles } = config.trust?.verification ?? UNTRUSTED;
    const folder = await watchDocumentFolders(
      paths.map((path) => configPath(config, path)),
      {
        area,
        offer: into.offer,
        retract: into.retract,
        acceptedSince: into.acceptedSince,
        maxDocumentBytes:
          area === 'plan' ? MAX_PLAN_BYTES : (config.trust?.verification.max_document_bytes ?? MAX_DOCUMENT_BYTES),
        maxBundleBytes: max_bundle_bytes,
        maxBundles: max_bundles,
        schedule,
        onError: (error: CodedError) => onError(error),
      },
    );
    folders.push(folder);
    if (!options.follow) await folder.close();
  }

  try {
    await load('catalogue', config.catalogue.folders, catalogue);
    if (shelf !== undefined) await load('plan', config.plans?.folders ?? [], shelf);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    lookUpTool: createToolLookUp(index, server === undefined ? {} : { serverOfCaller: server }),
    // Each of them only ever grows, so no two changes cancel out.
    generation: () => catalogue.generation() + (shelf?.generation() ?? 0) + (trusted?.trust.generation() ?? 0),
    catalogue,
    ...(shelf !== undefined && versions !== undefined && { plans: { shelf, versions } }),
    manifest: () => manifestOf(catalogue.active()),
    showCatalogue: () => describeCatalogue(catalogue.active(), catalogue.idle(), catalogue.standing, now()),
    close,
  };
}
