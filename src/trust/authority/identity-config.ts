import { z } from 'zod';
import type { TextMatch } from './authority.ts';
import { matchesAnybody, matchesAnyIssuer, narrows } from './breadth.ts';
import { CLAIM_NAMES } from './claims.ts';
import { isPrintableAscii, MAX_TEXT, patternProblem } from './pattern.ts';

const exact = z
  .string()
  .min(1)
  .max(MAX_TEXT, `must have ${MAX_TEXT} characters at most`)
  .refine(isPrintableAscii, 'must be printable ASCII: identities are nothing else')
  .refine((text) => text.trim() === text, 'must not begin or end with a blank')
  .refine((text) => !text.includes('*') && !/^\^|\$$/.test(text), {
    error: 'is compared character by character, so *, a leading ^ and a trailing $ stand for themselves; use a pattern',
  });

const pattern = z.string().superRefine((text, context) => {
  const problem = patternProblem(text);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});

const claim = z.union([exact, z.strictObject({ pattern })], {
  error: 'must be a text that is compared exactly, or { pattern: ^…$ } anchored at both ends',
});

/** An identity of an authority; one that anybody can have is refused. */
export const identityConfig = z
  .strictObject({
    /** The OIDC issuer: exactly, or by an RE2 pattern anchored at both ends. */
    issuer: exact.optional(),
    issuer_pattern: pattern.optional(),
    /** The certificate's subject alternative name: exactly, or by such a pattern. */
    subject: exact.optional(),
    subject_pattern: pattern.optional(),
    /** What the certificate must carry besides, by the names of Fulcio's extensions. */
    claims: z.strictObject(Object.fromEntries(CLAIM_NAMES.map((name) => [name, claim.optional()]))).default({}),
  })
  .superRefine((found, context) => {
    const issuer = oneOf('issuer', found.issuer, found.issuer_pattern, context);
    const subject = oneOf('subject', found.subject, found.subject_pattern, context);
    if (issuer !== undefined && matchesAnyIssuer(issuer)) {
      const message =
        'matches issuers that anybody may come to run: write out those that count, as in ^(?:https://one\\.example|https://two\\.example/org)$';
      context.addIssue({ code: 'custom', path: ['issuer_pattern'], message });
    }
    const narrowed = CLAIM_NAMES.some((name) => {
      const asked = found.claims[name];
      return asked !== undefined && narrows(name, textMatch(asked));
    });
    if (subject !== undefined && !narrowed && matchesAnybody(subject)) {
      const message =
        'matches whoever has an account there, for all that it proves: write the owner out, as in ^https://github\\.com/OWNER/.+$, ^spiffe://TRUST-DOMAIN/.+$ or ^[^@]+@DOMAIN$, or ask for claims such as source_repository_owner_identifier';
      context.addIssue({ code: 'custom', path: ['subject_pattern'], message });
    }
  });

/** Exactly one of the two; what is wrong is reported under its name. */
function oneOf(
  name: 'issuer' | 'subject',
  text: string | undefined,
  expression: string | undefined,
  context: z.RefinementCtx,
): TextMatch | undefined {
  if ((text === undefined) === (expression === undefined)) {
    const message = `must be given as ${name} or as ${name}_pattern, and not as both: no identity goes without issuer and subject`;
    context.addIssue({ code: 'custom', path: [name], message });
    return undefined;
  }
  if (text !== undefined) return { exact: text };
  return expression === undefined ? undefined : { pattern: expression };
}

/** How a claim of the configuration is compared. */
export function textMatch(found: string | { readonly pattern: string }): TextMatch {
  return typeof found === 'string' ? { exact: found } : found;
}

export type IdentityConfig = z.infer<typeof identityConfig>;
