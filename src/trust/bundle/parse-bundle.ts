import { type Bundle, bundleFromJSON, ValidationError } from '@sigstore/bundle';
import { codeOf, describeThrown } from '../../errors.ts';
import { sha256 } from '../../model/digest.ts';
import { isJsonObject, type JsonObject, member } from '../../model/json.ts';
import { parseStrictJson } from '../../model/strict-json.ts';
import { refusal } from '../failure.ts';
import { FORM_CHECKS, type FormCheck } from './checks.ts';
import { isCosignLegacy, translateCosignLegacy } from './cosign-legacy.ts';
import { BUNDLE_LIMITS } from './limits.ts';
import { BUNDLE_MEDIA_TYPES } from './media-type.ts';
import { parseStatement } from './parse-statement.ts';
import type { ParsedBundle } from './parsed-bundle.ts';
import { BUNDLE_SHAPE } from './shape.ts';
import { inCamelCase } from './spelling.ts';

type BundleOptions = {
  /** Reads cosign's legacy bundle, which proves no inclusion in its log. */
  readonly allowCosignLegacy: boolean;
};

/**
 * Reads a Sigstore bundle of version 0.1, 0.2 or 0.3 (sigstore/protobuf-specs, sigstore_bundle.proto) in protobuf's JSON, or cosign's legacy
 * bundle. It verifies nothing: a good form says only that what follows need not ask what it looks at.
 *
 * @param checks for tests, which prove by leaving one out that it is needed; nothing else passes them
 * @throws CodedError `trust.CODE`, the code one of those of a bundle's or Statement's form; the message names the member
 */
export function parseBundle(
  bytes: Uint8Array,
  options: BundleOptions,
  checks: readonly FormCheck[] = FORM_CHECKS,
): ParsedBundle {
  const read = parseJson(bytes);
  const legacy = isCosignLegacy(read);
  if (legacy && !options.allowCosignLegacy) {
    throw refusal(
      'legacy_not_allowed',
      "this is cosign's legacy bundle, which has no inclusion proof: sign again with cosign 3, or allow it for the authority",
    );
  }
  const sent = legacy ? translateCosignLegacy(read) : read;
  const json = inCamelCase(sent, BUNDLE_SHAPE);
  // Unknown ones are refused just below; where a test leaves that out, as the library takes them.
  const mediaType = member(json, 'mediaType');
  const version = (typeof mediaType === 'string' ? BUNDLE_MEDIA_TYPES.get(mediaType) : undefined) ?? '0.3';
  for (const check of legacy ? checks.filter((each) => each.code !== 'inclusion_proof_missing') : checks) {
    const reason = check.refuse({ sent, json });
    if (reason !== undefined) throw refusal(check.code, `the bundle is refused: ${reason}`);
  }
  const bundle = narrow(json);
  const parsed = { form: legacy ? 'cosign_legacy' : 'sigstore', version, digest: sha256(bytes), bundle } as const;
  if (bundle.content.$case === 'messageSignature') return parsed;
  const { payloadType, payload } = bundle.content.dsseEnvelope;
  return { ...parsed, statement: parseStatement(payloadType, payload) };
}

function parseJson(bytes: Uint8Array): JsonObject {
  try {
    const json = parseStrictJson(bytes, { maxBytes: BUNDLE_LIMITS.bytes, maxDepth: BUNDLE_LIMITS.depth });
    if (isJsonObject(json)) return json;
  } catch (cause) {
    const code = codeOf(cause) === 'json.too_large' ? 'bundle_too_large' : 'bundle_malformed';
    throw refusal(code, `the bundle cannot be read: ${describeThrown(cause)}`, cause);
  }
  throw refusal('bundle_malformed', 'the bundle is no JSON object');
}

/** protobuf's narrowing, and what each version must have. Whatever it throws, the form is not good. */
function narrow(json: JsonObject): Bundle {
  try {
    return bundleFromJSON(json);
  } catch (cause) {
    const what =
      cause instanceof ValidationError
        ? `missing or not of this version: ${cause.fields.join(', ')}`
        : 'it cannot be read';
    throw refusal('bundle_malformed', `the bundle does not hold what its media type asks for: ${what}`, cause);
  }
}
