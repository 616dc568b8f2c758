import type { Json } from './json.ts';

/**
 * The JSON Canonicalization Scheme of RFC 8785: members sorted by UTF-16 code units (3.2.3), ECMAScript's number and string forms
 * (3.2.2), no white space. The argument comes from a strict parser or from ourselves: finite numbers, well-formed strings.
 *
 * @throws TypeError for what JSON cannot say: a number that is not finite, a lone surrogate, undefined, a function.
 */
export function canonicalize(value: Json): string {
  switch (typeof value) {
    case 'string':
      return canonicalString(value);
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError('RFC 8785 has no form for a number that is not finite');
      return JSON.stringify(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      return isArray(value) ? canonicalArray(value) : canonicalObject(value);
    default:
      throw new TypeError(`RFC 8785 has no form for ${typeof value}`);
  }
}

/** ASCII that needs no escape: nearly every string of a record, and the one test that spares the general way. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

function canonicalString(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw new TypeError('RFC 8785 has no form for a lone surrogate');
  return JSON.stringify(text);
}

function canonicalArray(array: readonly Json[]): string {
  // An index loop, not map or join: both pass over holes, and a hole is not JSON.
  let text = '[';
  for (let index = 0; index < array.length; index += 1) {
    const value = array[index];
    if (value === undefined) throw new TypeError('RFC 8785 has no form for undefined');
    text += index === 0 ? canonicalize(value) : `,${canonicalize(value)}`;
  }
  return `${text}]`;
}

function canonicalObject(object: { readonly [member: string]: Json }): string {
  let text = '{';
  for (const name of sortedNames(object)) {
    const value = object[name];
    if (value === undefined) throw new TypeError('RFC 8785 has no form for undefined');
    text += `${text.length > 1 ? ',' : ''}${canonicalName(name)}${canonicalize(value)}`;
  }
  return `${text}}`;
}

/** By UTF-16 code units, as section 3.2.3 asks: what `>` compares, and what Array#sort without a comparator orders by. */
function sortedNames(object: { readonly [member: string]: Json }): string[] {
  const names = Object.keys(object);
  if (names.length > 24) return names.sort();
  // Few names, often in order already: insertion beats the general sort threefold there.
  for (let index = 1; index < names.length; index += 1) {
    const name = names[index] ?? '';
    let place = index;
    for (let before = names[place - 1]; before !== undefined && before > name; before = names[place - 1]) {
      names[place] = before;
      place -= 1;
    }
    names[place] = name;
  }
  return names;
}

/** Names already in canonical form with their colon. Names may come from callers, so the map is emptied when it is full. */
const knownNames = new Map<string, string>();
const KNOWN_NAMES = 1024;

function canonicalName(name: string): string {
  const known = knownNames.get(name);
  if (known !== undefined) return known;
  const form = `${canonicalString(name)}:`;
  if (name.length > 64) return form;
  if (knownNames.size >= KNOWN_NAMES) knownNames.clear();
  knownNames.set(name, form);
  return form;
}

function isArray(value: object): value is readonly Json[] {
  return Array.isArray(value);
}
