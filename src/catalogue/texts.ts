import { below } from '../document/problems.ts';
import { isJsonObject, type Json } from '../model/json.ts';

/** A text of a definition: a string anywhere in it, or the name of a member. */
export type VisitText = (text: string, what: 'value' | 'name') => void;

/** Every text of a value, in its order. Values nest as deep as their parser let them. */
export function visitTexts(value: Json, visit: VisitText): void {
  if (typeof value === 'string') {
    visit(value, 'value');
  } else if (isArray(value)) {
    for (const item of value) visitTexts(item, visit);
  } else if (isJsonObject(value)) {
    for (const name of Object.keys(value)) {
      visit(name, 'name');
      visitTexts(value[name] ?? null, visit);
    }
  }
}

/** Where the first text stands that is meant: an RFC 6901 pointer. Undefined where none is. */
export function placeOfText(
  value: Json,
  place: string,
  isMeant: (text: string, what: 'value' | 'name') => boolean,
): string | undefined {
  if (typeof value === 'string') return isMeant(value, 'value') ? place : undefined;
  const entries = isArray(value) ? value.entries() : isJsonObject(value) ? Object.entries(value) : [];
  for (const [step, inner] of entries) {
    const at = below(place, step);
    if (typeof step === 'string' && isMeant(step, 'name')) return at;
    const found = placeOfText(inner, at, isMeant);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
