import type { ParsedBundle } from './parsed-bundle.ts';

/**
 * The media types of bundles, each spelled as protobuf-specs' sigstore_bundle.proto has it: nothing that merely begins like one counts.
 * The first form with 0.3 was written for some months before the second replaced it.
 */
export const BUNDLE_MEDIA_TYPES: ReadonlyMap<string, ParsedBundle['version']> = new Map([
  ['application/vnd.dev.sigstore.bundle+json;version=0.1', '0.1'],
  ['application/vnd.dev.sigstore.bundle+json;version=0.2', '0.2'],
  ['application/vnd.dev.sigstore.bundle+json;version=0.3', '0.3'],
  ['application/vnd.dev.sigstore.bundle.v0.3+json', '0.3'],
]);

/** What bundles are written as. */
export const WRITTEN_MEDIA_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
