import type { LookUpTool } from '../decision/ports.ts';
import { type Json, member } from '../model/json.ts';
import type { Resource } from '../model/request.ts';
import type { Catalogue, CatalogueEntry } from './catalogue.ts';

export type LookUpOptions = {
  /** The server that completes a bare tool name where the request names none. Default: none. */
  readonly serverOfCaller?: string;
};

/**
 * The look-up of tools for decisions: a map's answer and one check of the arguments, the same work for ten tools as for 100,000.
 *
 * The id is looked up whole and never split. A bare tool name, as COAZ-MCP's default mapping sends it, is completed by
 * `resource.properties.server` or by the server configured; a request that names a server gets that server's tool or none, so that
 * nobody is answered about one tool while calling another.
 */
export function createToolLookUp(catalogue: Catalogue, options: LookUpOptions = {}): LookUpTool {
  return (resource, args) => {
    if (resource.type !== 'tool') return { known: false, code: 'not_a_tool_call' };
    const found = find(catalogue, resource, options);
    if (typeof found === 'string') return { known: false, code: found };
    if (args === undefined) return found.facts.absent;
    return found.check.matches(args) ? found.facts.valid : found.facts.mismatched;
  };
}

/** Says in one line what is wrong with a call's arguments, or undefined when nothing is or the tool is unknown. For people. */
export function createArgumentsExplainer(
  catalogue: Catalogue,
  options: LookUpOptions = {},
): (resource: Resource, args: Json | undefined) => string | undefined {
  return (resource, args) => {
    const found = resource.type === 'tool' ? find(catalogue, resource, options) : 'not_in_catalogue';
    if (typeof found === 'string') return undefined;
    return args === undefined
      ? 'the call has no arguments; send {} where the tool takes none'
      : found.check.explain(args);
  };
}

function find(
  catalogue: Catalogue,
  resource: Resource,
  options: LookUpOptions,
): CatalogueEntry | 'not_in_catalogue' | 'server_not_named' {
  const whole = catalogue.tools.get(resource.id);
  const named = resource.properties === undefined ? undefined : member(resource.properties, 'server');
  if (named === undefined) {
    if (whole !== undefined) return whole;
    if (options.serverOfCaller !== undefined) return ofServer(catalogue, options.serverOfCaller, resource.id);
    return resource.id.includes('/') ? 'not_in_catalogue' : 'server_not_named';
  }
  if (typeof named !== 'string') return 'not_in_catalogue';
  return whole?.server === named ? whole : ofServer(catalogue, named, resource.id);
}

function ofServer(catalogue: Catalogue, server: string, name: string): CatalogueEntry | 'not_in_catalogue' {
  const found = catalogue.tools.get(`${server}/${name}`);
  // Both parts may hold slashes: the joined id can be that of another server's tool.
  return found?.server === server ? found : 'not_in_catalogue';
}
