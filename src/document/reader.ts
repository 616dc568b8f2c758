import { CodedError } from '../errors.ts';
import { isJsonObject, type Json, type JsonObject, member } from '../model/json.ts';
import { printable } from '../model/printable.ts';
import { type JsonLimits, parseStrictJson } from '../model/strict-json.ts';
import { below, type DocumentArea, type Problem } from './problems.ts';

/** Nothing invisible and no blank: two names that look alike must not differ by a zero-width character. */
export const DOCUMENT_NAME = /^[^\p{C}\p{Z}]{1,128}$/u;
/** One line of text. */
export const DOCUMENT_LINE = /^[^\p{C}\p{Zl}\p{Zp}]{1,512}$/u;

/**
 * The JSON of a document.
 *
 * @throws CodedError `catalogue.not_json`, `plan.not_json` when it is not strict JSON; the cause says where
 */
export function parseDocumentJson(area: DocumentArea, bytes: Uint8Array, source: string, limits: JsonLimits): Json {
  try {
    return parseStrictJson(bytes, limits);
  } catch (cause) {
    const why = cause instanceof CodedError ? cause.message : 'it cannot be parsed';
    throw new CodedError(`${area}.not_json`, `${printable(source, 4096)} is not strict JSON: ${why}`, {
      cause,
      detail: { source },
    });
  }
}

/** Narrows a document and gathers what is wrong with it, so that all of it is told at once. What failed reads as empty. */
export class DocumentReader {
  readonly problems: Problem[] = [];

  problem(place: string, problem: string): void {
    this.problems.push({ place, problem });
  }

  /** An object; with `known`, one that has no other members. */
  object(value: Json | undefined, place: string, known?: readonly string[]): JsonObject {
    if (!isJsonObject(value)) {
      this.problem(place, value === undefined ? 'is missing: must be an object' : 'must be an object');
      return {};
    }
    if (known !== undefined) {
      for (const name of Object.keys(value)) {
        if (!known.includes(name)) {
          this.problem(
            below(place, name),
            `is not known here; known are ${known.join(', ')}. Remove it or correct its name`,
          );
        }
      }
    }
    return value;
  }

  array(value: Json | undefined, place: string, what: string): readonly Json[] {
    if (isArray(value)) return value;
    this.problem(place, `must be ${what}`);
    return [];
  }

  text(object: JsonObject, name: string, place: string, form: RegExp, what: string): string {
    const value = member(object, name);
    if (typeof value === 'string' && form.test(value)) return value;
    const found = typeof value === 'string' ? `, not ${JSON.stringify(printable(value, 80))}` : '';
    this.problem(`${place}/${name}`, `must be ${what}${found}`);
    return '';
  }
}

function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
