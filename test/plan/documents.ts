import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { isJsonObject, type Json, type JsonObject } from '../../src/model/json.ts';

/** What a vector makes of the plan: values put at pointers, and members removed. */
export type Change = { readonly set?: Readonly<Record<string, Json>>; readonly remove?: readonly string[] };

/** A file of test/vectors/plan. */
export function vectors<Vector>(name: string): Vector {
  return JSON.parse(readFileSync(new URL(`../vectors/plan/${name}`, import.meta.url), 'utf8'));
}

/** The plan of the vectors, changed. */
export function planWith({ set = {}, remove = [] }: Change = {}): JsonObject {
  const plan = vectors<JsonObject>('plan.json');
  for (const pointer of remove) {
    const { holder, name } = target(plan, pointer);
    delete holder[name];
  }
  for (const [pointer, value] of Object.entries(set)) {
    const { holder, name } = target(plan, pointer);
    holder[name] = value;
  }
  return plan;
}

function target(plan: JsonObject, pointer: string): { readonly holder: Record<string, Json>; readonly name: string } {
  const names = pointer.split('/').slice(1);
  const name = names.pop();
  assert.ok(name !== undefined, pointer);
  let holder: unknown = plan;
  for (const step of names) {
    assert.ok(isHolder(holder), pointer);
    holder = holder[step];
  }
  assert.ok(isHolder(holder), pointer);
  return { holder, name };
}

/** Arrays as well: their items are members. */
function isHolder(value: unknown): value is Record<string, Json> {
  return isJsonObject(value) || Array.isArray(value);
}

export function bytes(value: Json): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
