import { codeOf, describeThrown } from '../../errors.ts';
import { isJsonObject, type Json, type JsonObject, member } from '../../model/json.ts';
import { parseStrictJson } from '../../model/strict-json.ts';
import { refusal } from '../failure.ts';
import { BUNDLE_LIMITS } from './limits.ts';
import type { Statement } from './statement.ts';

/** The payload type of a DSSE envelope that holds an in-toto Statement. */
export const STATEMENT_PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/** `_type` of an in-toto Statement v1, which is what is written here. */
export const STATEMENT_V1 = 'https://in-toto.io/Statement/v1';

const VERSIONS: ReadonlyMap<unknown, Statement['version']> = new Map([
  ['https://in-toto.io/Statement/v0.1', 'v0.1'],
  [STATEMENT_V1, 'v1'],
]);

/** Hex digits of a digest, by the names of in-toto's DigestSet; git names an object by SHA-1 or SHA-256. */
const HEX_DIGITS: ReadonlyMap<string, readonly number[]> = new Map([
  ['sha1', [40]],
  ['sha224', [56]],
  ['sha256', [64]],
  ['sha384', [96]],
  ['sha512', [128]],
  ['sha512_224', [56]],
  ['sha512_256', [64]],
  ['sha3_224', [56]],
  ['sha3_256', [64]],
  ['sha3_384', [96]],
  ['sha3_512', [128]],
  ['gitCommit', [40, 64]],
  ['gitTree', [40, 64]],
  ['gitBlob', [40, 64]],
  ['gitTag', [40, 64]],
]);
const HEX = /^[0-9a-f]+$/;
// RFC 3986, as far as a type's name needs it: a scheme, and printable ASCII after it.
const TYPE_URI = /^[A-Za-z][A-Za-z0-9+.-]{0,30}:[\x21-\x7e]{1,2000}$/;

/**
 * Reads an in-toto Statement v0.1 or v1 (in-toto/attestation, spec/v1/statement.md) from the payload of a DSSE envelope: the very bytes
 * that its signature covers. Members that the specification does not name are ignored, as it asks; an absent predicate is an empty one.
 * Digests of algorithms that are not known here are kept as they are.
 *
 * @throws CodedError `trust.statement_unsupported` (another payload type or Statement type), `trust.statement_malformed`,
 *   `trust.bundle_too_large` (too many subjects)
 */
export function parseStatement(payloadType: string, payload: Uint8Array): Statement {
  if (payloadType !== STATEMENT_PAYLOAD_TYPE) {
    throw refusal('statement_unsupported', `the envelope's payloadType is not ${STATEMENT_PAYLOAD_TYPE}`);
  }
  const json = parseJson(payload);
  const version = VERSIONS.get(member(json, '_type'));
  if (version === undefined) {
    throw refusal('statement_unsupported', "the payload's _type is neither in-toto's Statement v0.1 nor v1");
  }
  const predicateType = member(json, 'predicateType');
  if (typeof predicateType !== 'string' || !TYPE_URI.test(predicateType)) throw malformed('predicateType is no URI');
  const predicate = Object.hasOwn(json, 'predicate') ? member(json, 'predicate') : {};
  if (!isJsonObject(predicate)) throw malformed('predicate is no object');
  return { version, subjects: parseSubjects(member(json, 'subject')), predicateType, predicate };
}

function parseJson(payload: Uint8Array): JsonObject {
  try {
    const json = parseStrictJson(payload, { maxBytes: BUNDLE_LIMITS.bytes, maxDepth: BUNDLE_LIMITS.statementDepth });
    if (isJsonObject(json)) return json;
  } catch (cause) {
    if (codeOf(cause) === 'json.too_large') throw refusal('bundle_too_large', describeThrown(cause), cause);
    throw refusal('statement_malformed', `the signed payload cannot be read: ${describeThrown(cause)}`, cause);
  }
  throw malformed('it is no JSON object');
}

function parseSubjects(subject: Json | undefined): Statement['subjects'] {
  if (!Array.isArray(subject) || subject.length === 0) throw malformed('subject is no list of at least one');
  if (subject.length > BUNDLE_LIMITS.subjects) {
    throw refusal('bundle_too_large', `the Statement has more than ${BUNDLE_LIMITS.subjects} subjects`);
  }
  return subject.map((item: Json, index) => parseSubject(item, `subject[${index}]`));
}

function parseSubject(item: Json, place: string): Statement['subjects'][number] {
  if (!isJsonObject(item)) throw malformed(`${place} is no object`);
  // v1 lets a subject go without a name: its digest is what counts.
  const name = Object.hasOwn(item, 'name') ? member(item, 'name') : '';
  if (typeof name !== 'string') throw malformed(`${place}.name is no string`);
  const digest = member(item, 'digest');
  if (!isJsonObject(digest)) throw malformed(`${place}.digest is no object`);
  const digests = Object.entries(digest).map(([algorithm, value]) => {
    if (typeof value !== 'string') throw malformed(`a digest of ${place} is no string`);
    const digits = HEX_DIGITS.get(algorithm);
    if (digits !== undefined && !(HEX.test(value) && digits.includes(value.length))) {
      throw malformed(`${place}.digest.${algorithm} is not ${digits.join(' or ')} lower-case hex digits`);
    }
    return [algorithm, value] as const;
  });
  if (digests.length === 0) throw malformed(`${place}.digest is empty`);
  return { name, digest: Object.fromEntries(digests) };
}

function malformed(what: string) {
  return refusal('statement_malformed', `the signed payload is no in-toto Statement: ${what}`);
}
