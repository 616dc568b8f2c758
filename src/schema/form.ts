import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { CodedError } from '../errors.ts';
import { canonicalize } from '../model/canonical.ts';
import { isJsonObject, type Json, type JsonObject, member } from '../model/json.ts';
import { printable } from '../model/printable.ts';
import { type Budget, createBudget, WorkTooLarge } from './budget.ts';
import { createPatternCompiler } from './pattern.ts';
import { patternWork } from './pattern-work.ts';

/** The dialects that are understood: draft 2020-12 and draft-07. */
export type Dialect = '2020-12' | '07';

/** UTF-16 code units of the RFC 8785 form. The largest of the published servers' schemas has some 10,000. */
export const MAX_SCHEMA_LENGTH = 65_536;

/** Patterns that are remembered for being good, with their programs. */
const MAX_KNOWN_PATTERNS = 1_000;

/** What Ajv would read in a way of its own, or not at all, although it stands in a schema. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ['$async', 'makes the check asynchronous, and a promise is no answer'],
  ['$dynamicRef', 'is not supported; use $ref'],
  ['$recursiveRef', 'is not supported; use $ref'],
  ['__proto__', 'is a member that the check would pass over'],
]);

/** Values, not schemas, save where a pointer leads into them. */
export const DATA: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'examples']);
/** Their members' names are anybody's. */
const BY_NAME = new Set(['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions']);

/**
 * Looks at schemas without compiling them, some 20 µs for one as published servers have it: length, dialect, keywords that are not
 * supported, each keyword's value by the dialect's own schema, patterns, and pointers. What passes nearly always compiles.
 *
 * `work` pays for the patterns, the same whatever was looked at before; those for which too little is left are passed over. Default:
 * all are looked at.
 *
 * @throws CodedError `schema.unusable`
 */
export function createFormCheck(): (schema: JsonObject, work?: Budget) => void {
  const options = { strict: false, validateFormats: false, logger: false } as const;
  const dialects = { '2020-12': new Ajv2020(options), '07': new Ajv(options) };
  let compilePattern = createPatternCompiler(createBudget());
  const known = new Set<string>();

  function refusePattern(pattern: string, place: string, work: Budget): void {
    try {
      work.spend(patternWork(pattern).steps);
      if (known.has(pattern)) return;
      compilePattern(pattern, 'u');
    } catch (cause) {
      if (cause instanceof WorkTooLarge) return;
      throw unusable(`${place}: ${cause instanceof Error ? printable(cause.message, 300) : 'is no pattern'}`, cause);
    }
    if (known.size >= MAX_KNOWN_PATTERNS) {
      known.clear();
      compilePattern = createPatternCompiler(createBudget());
    }
    known.add(pattern);
  }

  function look(value: Json, place: string, root: JsonObject, work: Budget): void {
    if (isArray(value)) {
      for (const [index, item] of value.entries()) look(item, `${place}/${index}`, root, work);
    } else if (isJsonObject(value)) {
      for (const name of Object.keys(value)) {
        const inner = value[name] ?? null;
        const at = `${place}/${name}`;
        if (name === 'pattern' && typeof inner === 'string') refusePattern(inner, at, work);
        if (name === '$ref' && typeof inner === 'string') refusePointer(inner, at, root);
        if (DATA.has(name)) continue;
        if (!BY_NAME.has(name) || !isJsonObject(inner)) {
          look(inner, at, root, work);
          continue;
        }
        for (const [named, schema] of Object.entries(inner)) {
          if (name === 'patternProperties') refusePattern(named, `${at}/${named}`, work);
          look(schema, `${at}/${named}`, root, work);
        }
      }
    }
  }

  return (schema, work = createBudget(Number.POSITIVE_INFINITY)) => {
    const ajv = dialects[refuseForm(schema, canonicalize(schema).length)];
    const { $schema: _schema, ...rest } = schema;
    if (ajv.validateSchema(rest) !== true) {
      throw unusable(`is no schema: ${printable(ajv.errorsText(ajv.errors, { dataVar: 'the schema' }), 300)}`);
    }
    look(rest, '', schema, work);
  };
}

/**
 * Refuses what no compiler here takes: a schema that is too long, of another dialect, or with keywords that are not supported.
 *
 * @throws CodedError `schema.unusable`
 */
export function refuseForm(schema: JsonObject, length: number): Dialect {
  if (length > MAX_SCHEMA_LENGTH) {
    throw unusable(`has ${length} characters; at most ${MAX_SCHEMA_LENGTH} are compiled`);
  }
  refuseWhatCannotBeChecked(schema, '');
  return dialectOf(schema);
}

function dialectOf(schema: JsonObject): Dialect {
  const named = member(schema, '$schema');
  if (named === undefined) return '2020-12';
  if (typeof named === 'string') {
    if (/^https?:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/.test(named)) return '2020-12';
    if (/^https?:\/\/json-schema\.org\/draft-07\/schema#?$/.test(named)) return '07';
  }
  throw unusable('names in $schema a dialect other than draft 2020-12 and draft-07; convert it');
}

/** A plain pointer that leads nowhere. Anchors, and pointers in other spellings, only a compiler resolves. */
function refusePointer(pointer: string, place: string, root: JsonObject): void {
  if (!pointer.startsWith('#/') || pointer.includes('%')) return;
  let target: Json | undefined = root;
  for (const step of pointer.slice(2).split('/')) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (isArray(target)) target = target[Number(name)];
    else target = isJsonObject(target) ? member(target, name) : undefined;
  }
  if (target === undefined)
    throw unusable(`${place} refers to ${JSON.stringify(printable(pointer, 200))}, and nothing is there`);
}

function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

function refuseWhatCannotBeChecked(value: Json, place: string): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) refuseWhatCannotBeChecked(item, `${place}/${index}`);
  } else if (isJsonObject(value)) {
    for (const name of Object.keys(value)) {
      const inner = value[name];
      if (inner === undefined) continue;
      const at = `${place}/${name}`;
      const why = REFUSED.get(name);
      if (why !== undefined) throw unusable(`${at} ${why}`);
      // Wherever it stands, in an enumeration's values too: a pointer could make any place a schema.
      if (name === '$ref' && typeof inner === 'string' && !inner.startsWith('#')) {
        throw unusable(
          `${at} refers to ${JSON.stringify(inner)}, outside the schema; bring it in under $defs and refer to "#/$defs/NAME"`,
        );
      }
      if (name === '$id' && typeof inner === 'string' && place !== '') {
        throw unusable(`${at} gives a subschema an identity of its own; leave it out and refer to it by a pointer`);
      }
      refuseWhatCannotBeChecked(inner, at);
    }
  }
}

/** The error of a schema that arguments are not checked with. */
export function unusable(why: string, cause?: unknown): CodedError {
  return new CodedError('schema.unusable', printable(why, 600), cause === undefined ? {} : { cause });
}
