import type { Json, JsonObject } from '../../src/model/json.ts';

/** A definition as small as MCP allows. */
export function definition(
  name: string,
  inputSchema: JsonObject = { type: 'object' },
  more: JsonObject = {},
): JsonObject {
  return { name, inputSchema, ...more };
}

/** A catalogue document of servers and the tools of each. */
export function document(servers: Readonly<Record<string, readonly JsonObject[]>>, more: JsonObject = {}): JsonObject {
  return {
    type: 'catalogue',
    id: 'test',
    version: 1,
    issued: '2026-11-21T14:03:00Z',
    owner: 'Tests',
    servers: Object.fromEntries(
      Object.entries(servers).map(([name, tools]) => [
        name,
        { tools: tools.map((tool) => ({ version: '1', effect: 'read', definition: tool })) },
      ]),
    ),
    ...more,
  };
}

export function bytes(value: Json): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
