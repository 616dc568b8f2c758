import { z } from 'zod';
import { isSha256Digest, type Sha256Digest } from '../../model/digest.ts';
import { type FailureCode, isFailureCode } from '../failure.ts';
import type { DocumentVerdict } from '../verdict.ts';

// What a thread answers has passed through code that reads an attacker's bytes: it is read like anything else from outside.

const digest = z.custom<Sha256Digest>((value) => typeof value === 'string' && isSha256Digest(value));
const code = z.custom<FailureCode>((value) => typeof value === 'string' && isFailureCode(value));
const text = z.string();
const count = z.int().min(0);
const decimal = z.string().regex(/^\d{1,20}$/);
const milliseconds = z.number().refine((value) => Number.isSafeInteger(value));

const fact = z.strictObject({
  authority: text,
  mode: z.enum(['keyed', 'keyless']),
  key: digest.exactOptional(),
  issuer: text.exactOptional(),
  subject: text.exactOptional(),
  source: z
    .strictObject({ repository: text.exactOptional(), ref: text.exactOptional(), digest: text.exactOptional() })
    .exactOptional(),
  log: z.strictObject({ origin: text, index: decimal }).exactOptional(),
  time: text.exactOptional(),
  time_source: z.enum(['tsa', 'log']).exactOptional(),
  attestations: z.array(z.strictObject({ predicate_type: text, authority: text })).exactOptional(),
});

const checkResult = z.discriminatedUnion('result', [
  z.strictObject({ check: text, result: z.enum(['passed', 'not_run']) }),
  z.strictObject({ check: text, result: z.literal('failed'), code, message: text }),
]);

const verdict = z.strictObject({
  document: digest,
  kind: text,
  by: z.array(
    z.strictObject({
      authority: text,
      fact,
      reliesOn: z.strictObject({
        keys: z.array(digest),
        certificates: z.array(digest),
        identities: z.array(z.strictObject({ issuer: text, subject: text })),
      }),
      proved: z.strictObject({
        logs: z.array(text),
        timestamps: z.array(text),
        scts: z.array(text),
        attestations: z.array(text),
        checkpoints: z.array(z.strictObject({ logId: text, origin: text, size: decimal, root: text })),
      }),
      notAfter: milliseconds.exactOptional(),
    }),
  ),
  failed: z.array(
    z.strictObject({ authority: text.exactOptional(), code, message: text, bundle: count.exactOptional() }),
  ),
  rules: z.array(z.strictObject({ name: text, kinds: z.array(text), authorities: z.array(text), atLeast: count })),
  checks: z.array(z.strictObject({ bundle: count, authority: text, results: z.array(checkResult) })),
});

/**
 * A thread's answer as a verdict, where it has the form of one.
 *
 * @throws ZodError
 */
export function readVerdict(answer: unknown): DocumentVerdict {
  return verdict.parse(answer);
}
