import { z } from 'zod';
import { nameText, refuseTwice } from './names.ts';

/** Combines authorities: at least so many of these must vouch for a document of one of these kinds. All rules of a kind must hold. */
const rule = z
  .strictObject({
    name: nameText,
    kinds: z.array(nameText).min(1).max(64),
    authorities: z.array(nameText).min(1).max(64),
    /** Of the authorities, by signers that differ: one key or identity counts once in a rule, whatever names it goes by. */
    at_least: z.int().min(1).default(1),
  })
  .superRefine((found, context) => {
    refuseTwice(found.kinds, ['kinds'], context);
    refuseTwice(found.authorities, ['authorities'], context);
    if (found.at_least > found.authorities.length) {
      context.addIssue({
        code: 'custom',
        path: ['at_least'],
        message: `asks for ${found.at_least} of ${found.authorities.length} authorities; name more, or lower it`,
      });
    }
  });

/** The configuration's `trust.rules`. */
export const rulesConfig = z
  .array(rule)
  .max(256)
  .superRefine((rules, context) => refuseTwice(rules, [], context, (one) => one.name))
  .default([]);

export type RuleConfig = z.infer<typeof rule>;
