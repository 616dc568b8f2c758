import { parseDocument } from 'yaml';
import { z } from 'zod';
import { CodedError, describeThrown } from '../../errors.ts';
import { parseRfc3339 } from '../../model/clock.ts';
import { isSha256Digest, type Sha256Digest } from '../../model/digest.ts';
import { parseStrictJsonText } from '../../model/strict-json.ts';
import { identityKey } from './revocations.ts';

/** Bytes of a revocation file that are read at most. */
export const MAX_REVOCATION_BYTES = 4 * 1024 * 1024;
const MAX_ENTRIES = 50_000;
const SHOWN_PROBLEMS = 5;

/** What one file revokes. */
export type RevocationList = {
  readonly keys: readonly Sha256Digest[];
  readonly certificates: readonly Sha256Digest[];
  readonly identities: readonly string[];
  readonly artifacts: readonly Sha256Digest[];
};

const digest = z.custom<Sha256Digest>(
  (value) => typeof value === 'string' && isSha256Digest(value),
  'must be sha256: and 64 lower-case hex digits',
);

const entry = z
  .strictObject({
    /** SHA-256 over the key's SubjectPublicKeyInfo in DER. */
    key: digest.optional(),
    /** SHA-256 over the certificate in DER: one leaf, or an authority and with it all that it issued. */
    certificate: digest.optional(),
    /** Whoever signed as this identity, exactly as it stands in certificates. */
    identity: z.strictObject({ issuer: z.string().min(1).max(2048), subject: z.string().min(1).max(2048) }).optional(),
    /** SHA-256 over the signed document's bytes. */
    artifact: digest.optional(),
    /** For people. */
    reason: z.string().max(1000).optional(),
    /** For people: when it was revoked. An entry counts from when it stands in the file, whatever stands here. */
    at: z
      .string()
      .refine((text) => parseRfc3339(text) !== undefined, 'must be a time such as 2026-11-22T14:03:00Z')
      .optional(),
  })
  .refine(
    (item) =>
      [item.key, item.certificate, item.identity, item.artifact].filter((one) => one !== undefined).length === 1,
    'must name one of key, certificate, identity and artifact; write an entry for each',
  );

const file = z.strictObject({
  /** All that is revoked; an empty list says so on purpose. */
  revocations: z
    .array(entry)
    .max(MAX_ENTRIES, `must be ${MAX_ENTRIES} entries at most; put the rest into another file`),
});

/**
 * Parses a revocation file: JSON where it begins with a brace, else YAML. Nothing is skipped: an entry that is not understood might be
 * the one that matters.
 *
 * @throws CodedError `revocations.malformed`, with the first problems and their places
 */
export function parseRevocations(bytes: Uint8Array, name: string): RevocationList {
  const parsed = file.safeParse(readDocument(bytes, name));
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => {
      const extra =
        issue.code === 'unrecognized_keys' ? ` (${issue.keys.map((key) => key.slice(0, 64)).join(', ')})` : '';
      return `${issue.path.join('.') || 'the file'} ${issue.message}${extra}`;
    });
    const more = problems.length > SHOWN_PROBLEMS ? `; and ${problems.length - SHOWN_PROBLEMS} more` : '';
    throw malformed(name, `${problems.slice(0, SHOWN_PROBLEMS).join('; ')}${more}`);
  }
  const keys: Sha256Digest[] = [];
  const certificates: Sha256Digest[] = [];
  const identities: string[] = [];
  const artifacts: Sha256Digest[] = [];
  for (const item of parsed.data.revocations) {
    if (item.key !== undefined) keys.push(item.key);
    if (item.certificate !== undefined) certificates.push(item.certificate);
    if (item.identity !== undefined) identities.push(identityKey(item.identity.issuer, item.identity.subject));
    if (item.artifact !== undefined) artifacts.push(item.artifact);
  }
  return { keys, certificates, identities, artifacts };
}

function readDocument(bytes: Uint8Array, name: string): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    if (/^\s*\{/.test(text)) return parseStrictJsonText(text, { maxBytes: MAX_REVOCATION_BYTES, maxDepth: 8 });
    const document = parseDocument(text, { uniqueKeys: true, strict: true });
    const problem = document.errors[0] ?? document.warnings[0];
    if (problem !== undefined) throw problem;
    // No aliases: they have no use here, and can expand without bound.
    return document.toJS({ maxAliasCount: 0 }) ?? undefined;
  } catch (cause) {
    throw malformed(name, `is no YAML or JSON: ${describeThrown(cause).split('\n')[0]}`, cause);
  }
}

function malformed(name: string, what: string, cause?: unknown): CodedError {
  return new CodedError(
    'revocations.malformed',
    `${name}: ${what}. Correct the file; one that revokes nothing holds "revocations: []"`,
    { detail: { file: name }, ...(cause === undefined ? {} : { cause }) },
  );
}
