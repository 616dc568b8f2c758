import { z } from 'zod';
import { parseRfc3339 } from '../../model/clock.ts';
import { isJsonObject } from '../../model/json.ts';
import { SIGNATURE_ALGORITHMS, type SignatureAlgorithm } from '../algorithm.ts';
import { plainJson } from './plain-json.ts';
import { algorithmOf, type KeyReading, readJwk, readPem } from './public-key.ts';

const time = z
  .string()
  .refine(
    (text) => parseRfc3339(text) !== undefined,
    'must be a time of RFC 3339 with its offset, such as 2026-11-21T14:03:00Z',
  );

/** A key of an authority: where it is, its algorithm, and when it counts. A file is read later. */
export const keyConfig = z
  .strictObject({
    /** A file with one PEM block `PUBLIC KEY`, or with a JWK. */
    path: z.string().min(1).optional(),
    pem: z.string().max(65_536).optional(),
    /** A public JWK (RFC 7517). */
    jwk: z.record(z.string(), z.unknown()).optional(),
    /** The one algorithm that the key signs with. Default: for P-256 and Ed25519 the natural one; elsewhere it must be named. */
    algorithm: z.enum(SIGNATURE_ALGORITHMS).optional(),
    /** RFC 3339. Signatures made before do not count. */
    valid_from: time.optional(),
    /** RFC 3339, inclusive. Signatures made later do not count. */
    valid_to: time.optional(),
    /** RFC 3339. Signatures made then or later do not count; those of which nothing verified says when, do not count from then on. */
    revoked_at: time.optional(),
  })
  .superRefine((found, context) => {
    const given = [found.path, found.pem, found.jwk].filter((one) => one !== undefined);
    if (given.length !== 1) context.addIssue({ code: 'custom', message: 'must have exactly one of path, pem and jwk' });
    if (found.pem !== undefined) reportKey(readPem(found.pem), 'pem', found.algorithm, context);
    if (isJsonObject(found.jwk)) reportKey(readJwk(plainJson(found.jwk)), 'jwk', found.algorithm, context);
    const [from, to] = [found.valid_from, found.valid_to].map((text) => text && parseRfc3339(text));
    if (typeof from === 'number' && typeof to === 'number' && from > to) {
      context.addIssue({ code: 'custom', path: ['valid_to'], message: 'lies before valid_from' });
    }
  });

function reportKey(
  reading: KeyReading,
  member: 'pem' | 'jwk',
  algorithm: SignatureAlgorithm | undefined,
  context: z.RefinementCtx,
): void {
  const result = 'problem' in reading ? reading : algorithmOf(reading, algorithm);
  if (typeof result === 'object') context.addIssue({ code: 'custom', path: [member], message: result.problem });
}

export type KeyConfig = z.infer<typeof keyConfig>;
