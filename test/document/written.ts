import { type DocumentHeader, HEADER_MEMBERS, readHeader } from '../../src/document/header.ts';
import { invalidDocument } from '../../src/document/problems.ts';
import { DocumentReader, parseDocumentJson } from '../../src/document/reader.ts';
import type { DocumentPair, ParsedDocument } from '../../src/document/shelved.ts';
import { type Milliseconds, rfc3339 } from '../../src/model/clock.ts';
import { signerOf, signMessage } from '../../src/trust/sign/sign.ts';
import { type KeyName, pair } from '../trust/authority/keys.ts';

/** What a document of these tests says: names of things that no two may have. */
export type Written = { readonly things: readonly string[] };

const NOON = Date.parse('2026-11-21T12:00:00Z');
const DAY = 86_400_000;

/** A document's bytes. */
export function written(
  parts: Partial<Omit<DocumentHeader, 'issued' | 'expires'>> & {
    readonly issued?: Milliseconds;
    readonly expires?: Milliseconds;
    readonly things?: readonly string[];
  } = {},
): Uint8Array {
  const { type = 'catalogue', id = 'tools', version = 1, issued = NOON, expires = NOON + DAY, things = [] } = parts;
  const header = { type, id, version, issued: rfc3339(issued), expires: rfc3339(expires) };
  return Buffer.from(JSON.stringify({ ...header, things }));
}

/** Reads one. */
export function parseWritten(bytes: Uint8Array, source: string): ParsedDocument<Written> {
  const reader = new DocumentReader();
  const json = parseDocumentJson('catalogue', bytes, source, { maxBytes: 1_000_000, maxDepth: 8 });
  const object = reader.object(json, '', [...HEADER_MEMBERS, 'things']);
  const header = readHeader(reader, object, ['catalogue', 'plan']);
  const things = reader.array(object.things, '/things', 'a list').map(String);
  if (reader.problems.length > 0) throw invalidDocument('catalogue', source, reader.problems);
  const about = { servers: things, tools: [], planAgents: [], environments: [], effects: [] };
  return { header, content: { things }, about };
}

/** Bundles over the bytes by these keys. */
export function bundlesBy(bytes: Uint8Array, ...keys: readonly KeyName[]): readonly Uint8Array[] {
  return keys.map((key) => signMessage(bytes, signerOf(pair(key).privateKey)));
}

/** A document at a source, signed by these keys. */
export function signed(source: string, bytes: Uint8Array, ...keys: readonly KeyName[]): DocumentPair {
  return { source, bytes, bundles: bundlesBy(bytes, ...keys) };
}
