import { type CatalogueContent, MAX_DOCUMENT_BYTES, parseCatalogue } from '../catalogue/document.ts';
import type { ServerIdentity } from '../catalogue/identity.ts';
import { parseDocumentJson } from '../document/reader.ts';
import type { Effect } from '../model/facts.ts';
import type { JsonObject } from '../model/json.ts';
import type { Field, ShownKind } from './document-show.ts';
import { paintEffect } from './effect-text.ts';
import { paint, printable, type Terminal } from './terminal.ts';

/** How `exequatur catalogue show` shows a catalogue, or the document of one tool. */
export const SHOWN_CATALOGUE: ShownKind<CatalogueContent> = {
  what: 'the catalogue',
  mostBytes: MAX_DOCUMENT_BYTES,
  parse: parseCatalogue,
  digestName: 'digest',
  fields,
  body,
  json,
};

const EFFECTS: readonly Effect[] = ['read', 'write', 'destructive'];

function fields({ owner, servers }: CatalogueContent): readonly Field[] {
  const effects = servers.flatMap(({ tools }) => tools.map(({ effect }) => effect));
  const counted = EFFECTS.map((effect) => `${effects.filter((one) => one === effect).length} ${effect}`).join(', ');
  return [
    ['owner', printable(owner)],
    ['servers', String(servers.length)],
    ['tools', `${effects.length}: ${counted}`],
  ];
}

function body({ servers }: CatalogueContent, _bytes: Uint8Array, terminal: Terminal): readonly string[] {
  return servers.flatMap(({ name, identity, source, tools }) => {
    const named = tools.map((tool) => ({ ...tool, shown: printable(tool.name), release: printable(tool.version) }));
    const widths = {
      name: Math.max(0, ...named.map(({ shown }) => shown.length)),
      version: Math.max(0, ...named.map(({ release }) => release.length)),
    };
    return [
      '',
      `${paint(terminal, 'bold', printable(name))}  ${identityText(identity)}`,
      ...(source === undefined ? [] : [`  published at ${printable(source)}`]),
      ...named.map(({ shown, release, effect, digest }) =>
        [
          `  ${shown.padEnd(widths.name)}`,
          release.padEnd(widths.version),
          paintEffect(effect, terminal),
          paint(terminal, 'dim', digest),
        ].join('  '),
      ),
    ];
  });
}

function identityText(identity: ServerIdentity): string {
  return 'url' in identity
    ? `${printable(identity.url)} with the key ${identity.key}`
    : `${printable(identity.package)} with the digest ${identity.digest}`;
}

function json({ servers }: CatalogueContent, bytes: Uint8Array): JsonObject {
  return {
    tools: servers.flatMap((server) =>
      // A decision compares the definition that the caller sees with the digest.
      server.tools.map(({ id, version, effect, digest }) => ({ id, version, effect, digest })),
    ),
    document: parseDocumentJson('catalogue', bytes, 'the catalogue', { maxBytes: MAX_DOCUMENT_BYTES, maxDepth: 64 }),
  };
}
