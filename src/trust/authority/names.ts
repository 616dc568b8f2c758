import { z } from 'zod';
import { NAME } from '../../model/name.ts';

const WHAT =
  'must be small letters, digits, ".", "_" and "-", 64 at most, a letter or digit first: names that look alike are told apart';

/** The name of an authority, a rule, a kind or an attestation. */
export const nameText = z.string().regex(NAME, WHAT);

/** A record by such names, whose values have a schema. */
export function byName<Value extends z.ZodType>(value: Value, most: number) {
  return z
    .preprocess(withoutProto, z.record(z.string(), value))
    .superRefine((record, context) => {
      for (const name of Object.keys(record)) {
        if (!NAME.test(name)) context.addIssue({ code: 'custom', path: [name], message: WHAT });
      }
    })
    .refine((record) => Object.keys(record).length <= most, `must be ${most} at most`);
}

/** zod leaves a member `__proto__` out without a word; under another name that is none it is refused like any other. */
function withoutProto(record: unknown): unknown {
  if (typeof record !== 'object' || record === null || !Object.hasOwn(record, '__proto__')) return record;
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name === '__proto__' ? '(__proto__)' : name, value]),
  );
}

/** Reports every entry of a list that stands in it already, `keyOf` alike. */
export function refuseTwice<Entry>(
  entries: readonly Entry[],
  path: readonly (string | number)[],
  context: z.RefinementCtx,
  keyOf: (entry: Entry) => string = String,
): void {
  const seen = new Set<string>();
  for (const [index, entry] of entries.entries()) {
    const key = keyOf(entry);
    if (seen.has(key))
      context.addIssue({ code: 'custom', path: [...path, index], message: 'stands there twice; remove one' });
    seen.add(key);
  }
}
