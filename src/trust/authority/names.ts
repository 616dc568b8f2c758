import { z } from 'zod';

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const WHAT =
  'must be small letters, digits, ".", "_" and "-", 64 at most, a letter or digit first: names that look alike are told apart';

/** The name of an authority, a rule, a kind or an attestation. */
export const nameText = z.string().regex(NAME, WHAT);

/** A record by such names, whose values have a schema. A name such as `__proto__`, which zod leaves out without a word, is refused. */
export function byName<Value extends z.ZodType>(value: Value, most: number) {
  return z
    .preprocess(
      (record, context) => {
        for (const name of typeof record === 'object' && record !== null ? Object.keys(record) : []) {
          if (!NAME.test(name)) context.addIssue({ code: 'custom', path: [name], message: WHAT, continue: true });
        }
        return record;
      },
      z.record(z.string(), value),
    )
    .refine((record) => Object.keys(record).length <= most, `must be ${most} at most`);
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
