import { z } from 'zod';
import { CLAIM_NAMES } from '../src/trust/authority/claims.ts';

/** Stands for any name that the operator gives, and for the name of any claim. */
const NAME = 'NAME';
const CLAIM = 'CLAIM';

/** Every key that a schema takes, as a path with dots: those that hold no further keys. Lists do not show. */
export function keysOf(schema: z.core.$ZodType): ReadonlySet<string> {
  return new Set(leaves(schema, []).map((path) => path.join('.')));
}

function leaves(schema: z.core.$ZodType, path: readonly string[]): readonly (readonly string[])[] {
  const within = membersOf(schema).flatMap(([name, member]) => leaves(member, [...path, named(path, name)]));
  return within.length === 0 && path.length > 0 && isLeaf(path) ? [path] : within;
}

/** A name by itself is no key: what it may stand for is told where the record is. */
function isLeaf(path: readonly string[]): boolean {
  return path.at(-1) !== NAME;
}

function named(path: readonly string[], name: string): string {
  return path.at(-1) === 'claims' && CLAIM_NAMES.some((claim) => claim === name) ? CLAIM : name;
}

/** The members of whatever form of a value has members: each of a union, the items of a list, what is under a default. */
function membersOf(schema: z.core.$ZodType): readonly (readonly [string, z.core.$ZodType])[] {
  if (schema instanceof z.ZodObject) return Object.entries(schema.shape);
  if (schema instanceof z.ZodRecord) return [[NAME, schema.valueType]];
  if (schema instanceof z.ZodArray) return membersOf(schema.element);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(membersOf);
  if (schema instanceof z.ZodPipe) return [...membersOf(schema.in), ...membersOf(schema.out)];
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodReadonly
  ) {
    return membersOf(schema.unwrap());
  }
  if (!SCALARS.has(schema._zod.def.type)) throw new TypeError(`no keys are known of a ${schema._zod.def.type}`);
  return [];
}

const SCALARS: ReadonlySet<string> = new Set([
  'string',
  'number',
  'int',
  'boolean',
  'enum',
  'literal',
  'unknown',
  'transform',
]);
