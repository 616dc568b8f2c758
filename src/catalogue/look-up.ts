import type { LookUpTool } from '../decision/ports.ts';
import type { KnownTool, Signatures, UnknownTool } from '../model/facts.ts';
import { type Json, member } from '../model/json.ts';
import type { Resource } from '../model/request.ts';
import type { Catalogue, CatalogueEntry } from './catalogue.ts';
import type { ListedServer } from './document.ts';
import { observedIdentity } from './identity.ts';
import { observedDrift } from './observed.ts';

export type LookUpOptions = {
  /** The server that completes a bare tool name where the request names none. Default: none. */
  readonly serverOfCaller?: string;
};

/**
 * The look-up of tools for decisions: a map's answer, whether the document counts at this time, what the caller observed, and one check
 * of the arguments; the same work for ten tools as for 100,000.
 *
 * The id is looked up whole and never split. A bare tool name, as COAZ-MCP's default mapping sends it, is completed by
 * `resource.properties.server` or by the server configured; a request that names a server gets that server's tool or none, so that
 * nobody is answered about one tool while calling another. Of a tool that only a document lists which does not count, nothing is a fact
 * but why that is.
 */
export function createToolLookUp(catalogue: Catalogue, options: LookUpOptions = {}): LookUpTool {
  return (resource, args, time) => {
    if (resource.type !== 'tool') return { known: false, code: 'not_a_tool_call' };
    const found = find(catalogue.tools(), resource, options);
    if (typeof found === 'string') return unknown(catalogue, resource, options, found);
    const standing = catalogue.standing(found, time);
    if (!standing.counts) return { known: false, code: 'catalogue_withdrawn', failed: standing.failed };
    return known(found, standing.signatures, {
      arguments: args === undefined ? 'absent' : catalogue.check(found.tool).matches(args) ? 'valid' : 'mismatched',
      drift: observedDrift(resource.properties, found.tool.digest),
      server_identity: observedIdentity(
        resource.properties === undefined ? undefined : member(resource.properties, 'server_identity'),
        found.server.identity,
      ),
    });
  };
}

/** Says in one line what is wrong with a call's arguments, or undefined when nothing is or the tool is unknown. For people. */
export function createArgumentsExplainer(
  catalogue: Catalogue,
  options: LookUpOptions = {},
): (resource: Resource, args: Json | undefined) => string | undefined {
  return (resource, args) => {
    const found = resource.type === 'tool' ? find(catalogue.tools(), resource, options) : 'not_in_catalogue';
    if (typeof found === 'string') return undefined;
    return args === undefined
      ? 'the call has no arguments; send {} where the tool takes none'
      : catalogue.check(found.tool).explain(args);
  };
}

type NotFound = 'not_in_catalogue' | 'server_not_named';

/** What is asked of a tool's call. */
type CallKind = Pick<KnownTool, 'drift' | 'server_identity'> & {
  readonly arguments: 'valid' | 'absent' | 'mismatched';
};

const ARGUMENTS = {
  valid: { arguments_valid: true },
  absent: { arguments_valid: false, arguments_code: 'arguments_absent' },
  mismatched: { arguments_valid: false, arguments_code: 'arguments_do_not_match_schema' },
} as const;
const NUMBERS = {
  arguments: { valid: 0, absent: 1, mismatched: 2 },
  drift: { none: 0, changed: 3, unobserved: 6 },
  server_identity: { asserted: 0, matched: 9, mismatched: 18 },
} as const;

/** Facts are made once for each kind of call, of which there are 27. */
function known(entry: CatalogueEntry, signatures: Signatures, kind: CallKind): KnownTool {
  if (entry.facts?.signatures !== signatures) entry.facts = { signatures, byKind: new Map() };
  const { byKind } = entry.facts;
  const number =
    NUMBERS.arguments[kind.arguments] + NUMBERS.drift[kind.drift] + NUMBERS.server_identity[kind.server_identity];
  const before = byKind.get(number);
  if (before !== undefined) return before;
  const { document, server, tool } = entry;
  const facts: KnownTool = Object.freeze({
    known: true,
    server: server.name,
    server_identity: kind.server_identity,
    name: tool.name,
    version: tool.version,
    effect: tool.effect,
    digest: tool.digest,
    drift: kind.drift,
    ...ARGUMENTS[kind.arguments],
    signatures,
    catalogue: Object.freeze({ id: document.header.id, version: document.header.version }),
  });
  byKind.set(number, facts);
  return facts;
}

/** No document that counts lists it: what those say that do not count. */
function unknown(catalogue: Catalogue, resource: Resource, options: LookUpOptions, code: NotFound): UnknownTool {
  if (code === 'server_not_named') return { known: false, code };
  const idle = find(catalogue.idleTools(), resource, options);
  if (typeof idle !== 'string') {
    const { state, failed } = idle.document;
    return { known: false, code: state === 'withdrawn' ? 'catalogue_withdrawn' : 'catalogue_refused', failed };
  }
  const failed = catalogue.unreadable();
  return failed === undefined ? { known: false, code } : { known: false, code: 'catalogue_unreadable', failed };
}

function find<Entry extends { readonly server: ListedServer }>(
  tools: ReadonlyMap<string, Entry>,
  resource: Resource,
  options: LookUpOptions,
): Entry | NotFound {
  const whole = tools.get(resource.id);
  const named = resource.properties === undefined ? undefined : member(resource.properties, 'server');
  if (named === undefined) {
    if (whole !== undefined) return whole;
    if (options.serverOfCaller !== undefined) return ofServer(tools, options.serverOfCaller, resource.id);
    return resource.id.includes('/') ? 'not_in_catalogue' : 'server_not_named';
  }
  if (typeof named !== 'string') return 'not_in_catalogue';
  return whole?.server.name === named ? whole : ofServer(tools, named, resource.id);
}

function ofServer<Entry extends { readonly server: ListedServer }>(
  tools: ReadonlyMap<string, Entry>,
  server: string,
  name: string,
): Entry | 'not_in_catalogue' {
  const found = tools.get(`${server}/${name}`);
  // Both parts may hold slashes: the joined id can be that of another server's tool.
  return found?.server.name === server ? found : 'not_in_catalogue';
}
