import { isJsonObject, type Json, type JsonObject, member } from '../model/json.ts';

/** One value that differs: where (RFC 6901), what it was and what it is. Absent: nothing stands there. */
export type ValueChange = { readonly pointer: string; readonly from?: Json; readonly to?: Json };

/** What a tool's entry says of its effect: one that was reviewed, one that was only proposed, or, in a broken document, anything. */
export type StatedEffect = { readonly effect?: Json; readonly proposed_effect?: Json };

/** A tool that one of the documents alone lists, with its whole entry. */
export type LoneTool = { readonly id: string; readonly entry: Json };

/** A tool that both list. Pointers are meant from its entry on, such as `/definition/description`. */
export type ToolChange = {
  readonly id: string;
  readonly effect?: { readonly from: StatedEffect; readonly to: StatedEffect };
  readonly changes: readonly ValueChange[];
};

/** A server that both list. Pointers are meant from the server on, such as `/identity/digest`. */
export type ServerChange = {
  readonly server: string;
  readonly changes: readonly ValueChange[];
  readonly came: readonly LoneTool[];
  readonly went: readonly LoneTool[];
  readonly changed: readonly ToolChange[];
  /** The tools that both list stand in another order: that changes the bytes and nothing else. */
  readonly reordered: boolean;
};

/** A server that one of the documents alone lists. */
export type LoneServer = {
  readonly server: string;
  readonly members: JsonObject;
  readonly tools: readonly LoneTool[];
};

/** How two catalogue documents differ. */
export type CatalogueDiff = {
  /** They say the same: their RFC 8785 forms are equal. Their bytes may differ. */
  readonly equal: boolean;
  /** The header, the owner, and whatever stands in no server. */
  readonly document: readonly ValueChange[];
  readonly came: readonly LoneServer[];
  readonly went: readonly LoneServer[];
  readonly servers: readonly ServerChange[];
};

/**
 * Compares two catalogue documents (or documents of one tool). Whether they are usable does not matter: what has not its form is compared
 * as the JSON that it is, so that nothing that differs stays unsaid.
 */
export function diffCatalogues(a: JsonObject, b: JsonObject): CatalogueDiff {
  const [one, other] = [viewOf(a), viewOf(b)];
  const document = valueChanges(one.rest, other.rest);
  const came = [...other.servers].filter(([name]) => !one.servers.has(name)).map(loneServer);
  const went = [...one.servers].filter(([name]) => !other.servers.has(name)).map(loneServer);
  const servers = [...one.servers].flatMap(([name, from]) => {
    const to = other.servers.get(name);
    return to === undefined ? [] : serverChanges(name, from, to);
  });
  return { equal: [document, came, went, servers].every(({ length }) => length === 0), document, came, went, servers };
}

type ServerView = { readonly members: JsonObject; readonly tools: readonly Json[] };
type View = { readonly servers: ReadonlyMap<string, ServerView>; readonly rest: JsonObject };

/** The servers that have the form of one, and all that is left. */
function viewOf(document: JsonObject): View {
  const [servers, server, tool] = ['servers', 'server', 'tool'].map((name) => member(document, name));
  if (member(document, 'type') === 'tool' && isJsonObject(server) && isJsonObject(tool)) {
    const name = member(server, 'name');
    if (typeof name === 'string') {
      const view = { members: without(server, 'name'), tools: [tool] };
      return { servers: new Map([[name, view]]), rest: without(document, 'server', 'tool') };
    }
  }
  if (!isJsonObject(servers)) return { servers: new Map(), rest: document };
  const views = new Map<string, ServerView>();
  for (const [name, value] of Object.entries(servers)) {
    const tools = isJsonObject(value) ? member(value, 'tools') : undefined;
    if (isJsonObject(value) && isArray(tools)) views.set(name, { members: without(value, 'tools'), tools });
  }
  // What is no server, and that there are any servers at all, is compared as it stands.
  return { servers: views, rest: { ...document, servers: without(servers, ...views.keys()) } };
}

function without(object: JsonObject, ...names: readonly string[]): JsonObject {
  const left = new Set(names);
  // From entries, so that a member named __proto__ stays a member.
  return Object.fromEntries(Object.entries(object).filter(([name]) => !left.has(name)));
}

function loneServer([server, { members, tools }]: readonly [string, ServerView]): LoneServer {
  return { server, members, tools: [...keyed(tools)].map(([key, entry]) => loneTool(server, key, entry)) };
}

function loneTool(server: string, key: string, entry: Json): LoneTool {
  return { id: `${server}/${key}`, entry };
}

function serverChanges(server: string, from: ServerView, to: ServerView): readonly ServerChange[] {
  const [before, after] = [keyed(from.tools), keyed(to.tools)];
  const alone = (tools: ReadonlyMap<string, Json>, other: ReadonlyMap<string, Json>) =>
    [...tools].filter(([key]) => !other.has(key)).map(([key, entry]) => loneTool(server, key, entry));
  const [both, inOrder] = [
    [...before.keys()].filter((key) => after.has(key)),
    [...after.keys()].filter((key) => before.has(key)),
  ];
  const change: ServerChange = {
    server,
    changes: valueChanges(from.members, to.members),
    came: alone(after, before),
    went: alone(before, after),
    changed: both.flatMap((key) => toolChanges(`${server}/${key}`, before.get(key) ?? null, after.get(key) ?? null)),
    reordered: both.some((key, place) => inOrder[place] !== key),
  };
  const { changes, came, went, changed, reordered } = change;
  return reordered || [changes, came, went, changed].some(({ length }) => length > 0) ? [change] : [];
}

/** By the tool's name. One that has none goes by its place, one that is listed again by its number. */
function keyed(tools: readonly Json[]): ReadonlyMap<string, Json> {
  const byKey = new Map<string, Json>();
  const seen = new Map<string, number>();
  for (const [place, entry] of tools.entries()) {
    const definition = isJsonObject(entry) ? member(entry, 'definition') : undefined;
    const name = isJsonObject(definition) ? member(definition, 'name') : undefined;
    const key = typeof name === 'string' ? name : `(tool ${place + 1}, without a name)`;
    const times = (seen.get(key) ?? 0) + 1;
    seen.set(key, times);
    let free = times === 1 ? key : `${key} (${times})`;
    while (byKey.has(free)) free = `${free}'`;
    byKey.set(free, entry);
  }
  return byKey;
}

const EFFECT_MEMBERS = ['effect', 'proposed_effect'] as const;

function toolChanges(id: string, from: Json, to: Json): readonly ToolChange[] {
  if (!isJsonObject(from) || !isJsonObject(to)) {
    const changes = valueChanges(from, to);
    return changes.length === 0 ? [] : [{ id, changes }];
  }
  const [before, after] = [statedEffect(from), statedEffect(to)];
  const differs = valueChanges(before, after).length > 0;
  const changes = valueChanges(without(from, ...EFFECT_MEMBERS), without(to, ...EFFECT_MEMBERS));
  if (!differs && changes.length === 0) return [];
  return [{ id, ...(differs && { effect: { from: before, to: after } }), changes }];
}

/** What an entry says of its effect; nothing where it says nothing. */
export function statedEffect(entry: JsonObject): StatedEffect & JsonObject {
  return Object.fromEntries(
    EFFECT_MEMBERS.flatMap((name) => {
      const value = member(entry, name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Every value that differs, with its pointer. A list of plain values is one value: which of them moved says little. */
function valueChanges(from: Json, to: Json, pointer = ''): readonly ValueChange[] {
  if (isJsonObject(from) && isJsonObject(to)) {
    const names = new Set([...Object.keys(from), ...Object.keys(to)]);
    return [...names].flatMap((name) =>
      memberChanges(member(from, name), member(to, name), `${pointer}/${escaped(name)}`),
    );
  }
  if (isArray(from) && isArray(to)) {
    if (![...from, ...to].every(isPlain)) {
      const length = Math.max(from.length, to.length);
      return Array.from({ length }, (_, place) => memberChanges(from[place], to[place], `${pointer}/${place}`)).flat();
    }
    const same = from.length === to.length && from.every((value, place) => value === to[place]);
    return same ? [] : [{ pointer, from, to }];
  }
  return from === to ? [] : [{ pointer, from, to }];
}

function memberChanges(from: Json | undefined, to: Json | undefined, pointer: string): readonly ValueChange[] {
  if (from !== undefined && to !== undefined) return valueChanges(from, to, pointer);
  return [{ pointer, ...(from !== undefined && { from }), ...(to !== undefined && { to }) }];
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

function isPlain(value: Json): boolean {
  return typeof value !== 'object' || value === null;
}

function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
