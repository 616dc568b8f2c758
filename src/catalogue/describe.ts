import type { ActiveDocument, DocumentStanding, IdleDocument } from '../document/shelved.ts';
import { type Milliseconds, rfc3339 } from '../model/clock.ts';
import type { Json, JsonObject } from '../model/json.ts';
import type { CatalogueContent } from './document.ts';

type Active = ActiveDocument<CatalogueContent>;

/** Which documents the catalogue is made of, in an order that depends on nothing else: what a decision's record names by digest. */
export function manifestOf(active: readonly Active[]): Json {
  return active
    .map(({ header: { type, id, version }, digest }) => ({ kind: type, id, version, digest }))
    .sort((one, other) => compare(one.kind, other.kind) || compare(one.id, other.id));
}

function compare(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}

/** What is active, from whom and since when, and what is here and is not, and why. */
export function describeCatalogue(
  active: readonly Active[],
  idle: readonly IdleDocument<CatalogueContent>[],
  standing: (document: Active, time: Milliseconds) => DocumentStanding,
  time: Milliseconds,
): JsonObject {
  const documents = active.map((document) => ({ document, standing: standing(document, time) }));
  return {
    active: documents.flatMap(({ document, standing: { counts, ...grounds } }) =>
      counts ? [{ ...describeActive(document), ...grounds }] : [],
    ),
    // One that has ended a moment ago is no longer active, though nobody has put it away yet.
    not_active: [
      ...documents.flatMap(({ document, standing: { counts, ...grounds } }) =>
        counts ? [] : [{ ...describeActive(document), state: 'withdrawn', ...grounds }],
      ),
      ...idle.map(({ source, state, digest, parsed, failed, message, since }) => ({
        source,
        state,
        digest,
        ...(parsed !== undefined && { kind: parsed.header.type, id: parsed.header.id, version: parsed.header.version }),
        failed,
        message,
        since: rfc3339(since),
      })),
    ],
  };
}

function describeActive({ header, content, digest, source, since }: Active): JsonObject {
  const { type, id, version, issued, expires } = header;
  return {
    kind: type,
    id,
    version,
    digest,
    source,
    owner: content.owner,
    issued: rfc3339(issued),
    expires: rfc3339(expires),
    since: rfc3339(since),
    servers: content.servers.map(({ name, identity, tools }) => ({
      name,
      identity: { ...identity },
      tools: tools.length,
    })),
  };
}
