import { isJsonObject, type Json, type JsonObject } from '../model/json.ts';

/** What stands in the log where a value was masked. */
export const MASKED: JsonObject = Object.freeze({ masked: true });

/** Replaces what the configured pointers name; everything else, and the value itself, stays as it is. */
export type Mask = (payload: JsonObject) => JsonObject;

type Branch = { readonly children: Map<string, Branch>; masked: boolean };

/** True for a JSON pointer (RFC 6901) that names something below the root; a token `*` stands for any one member or element. */
export function isMaskPointer(text: string): boolean {
  return /^(?:\/(?:[^~/]|~[01])*)+$/.test(text);
}

/** What the record itself carries of a request. A payload holds none of the request's own ids, types and names at all. */
const IN_RECORD = /^\/(?:(?:context|\*)\/(?:session|call|plan\/hash)|(?:subject|resource)\/(?:id|type)|action\/name)$/;

/** True for a pointer to an identifier that stands in the record, where no mask reaches: masking it would promise too much. */
export function namesRecordMember(pointer: string): boolean {
  return IN_RECORD.test(pointer);
}

/**
 * Compiles the pointers once. A token `*` matches every member or element at its level; there is no way to name a member called `*`
 * alone, and masking more than was meant is the safe error.
 *
 * @throws TypeError for a text that is no such pointer.
 */
export function compileMask(pointers: readonly string[]): Mask {
  if (pointers.length === 0) return (payload) => payload;
  const root: Branch = { children: new Map(), masked: false };
  for (const pointer of pointers) {
    if (!isMaskPointer(pointer)) throw new TypeError(`not a JSON pointer below the root: ${pointer}`);
    let branch = root;
    for (const token of pointer.slice(1).split('/')) {
      const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
      let child = branch.children.get(name);
      if (child === undefined) {
        child = { children: new Map(), masked: false };
        branch.children.set(name, child);
      }
      branch = child;
    }
    branch.masked = true;
  }
  return (payload) => maskedObject(payload, [root]);
}

/** Several branches can apply at once: a name and a wildcard may both lead into one member. */
function masked(value: Json, branches: readonly Branch[]): Json {
  if (branches.some((branch) => branch.masked)) return MASKED;
  if (Array.isArray(value)) return value.map((element, index) => under(element, String(index), branches));
  return isJsonObject(value) ? maskedObject(value, branches) : value;
}

function maskedObject(object: JsonObject, branches: readonly Branch[]): JsonObject {
  // fromEntries defines members, so that one named __proto__ stays a member.
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, under(value, name, branches)]));
}

function under(value: Json, name: string, branches: readonly Branch[]): Json {
  const reached: Branch[] = [];
  for (const branch of branches) {
    const exact = branch.children.get(name);
    if (exact !== undefined) reached.push(exact);
    const any = name === '*' ? undefined : branch.children.get('*');
    if (any !== undefined) reached.push(any);
  }
  return reached.length === 0 ? value : masked(value, reached);
}
