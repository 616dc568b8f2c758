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
      if (!value.isWellFormed()) throw new TypeError('RFC 8785 has no form for a lone surrogate');
      return JSON.stringify(value);
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError('RFC 8785 has no form for a number that is not finite');
      return JSON.stringify(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      return isArray(value) ? `[${value.map(canonicalize).join(',')}]` : canonicalObject(value);
    default:
      throw new TypeError(`RFC 8785 has no form for ${typeof value}`);
  }
}

function canonicalObject(object: { readonly [member: string]: Json }): string {
  // Array#sort without a comparator orders by UTF-16 code units, as section 3.2.3 asks.
  const names = Object.keys(object).sort();
  let text = '{';
  for (const name of names) {
    const value = object[name];
    if (value === undefined) throw new TypeError('RFC 8785 has no form for undefined');
    if (text.length > 1) text += ',';
    text += `${canonicalize(name)}:${canonicalize(value)}`;
  }
  return `${text}}`;
}

function isArray(value: object): value is readonly Json[] {
  return Array.isArray(value);
}
